"""The search for what is wrong: one mistake after another is mended until the ladder holds."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import keras

from keras_models.pairing import Pairing, Unmatched
from training.checking.case import Candidate, Case
from training.checking.examination import Examination
from training.checking.failures import expected
from training.checking.localization import Located, locate
from training.checking.mistakes import families
from training.parity.ladder import NAMES, Rung

UNMATCHED = Rung("variables", False, None, float("inf"), float("inf"), None)
"""Nothing can be compared where variables have no counterpart."""


Note = Callable[[str], None]
"""What a search calls with a line on how far it has come."""


def silent(line: str) -> None:
    """Say nothing."""


class Effort(NamedTuple):
    """What a search for a cause may take, and whom it tells how it comes on."""

    seconds: float
    note: Note = silent


@dataclass(frozen=True)
class Explanation:
    """Something that was changed, and what that did to the distance."""

    cause: str
    evidence: str
    pairs: bool = False
    """It only pairs variables otherwise."""


class Search:
    """A float64 model that fails on some rung, and the effort that may be spent on it."""

    def __init__(self, examination: Examination, wide: keras.Model, effort: Effort) -> None:
        try:
            pairing: Pairing | None = examination.pairing(wide)
        except Unmatched:
            pairing = None
        self.first = self.case = Case(examination, wide, pairing)
        self.failing: Rung | None = None
        """The first rung that failed, before anything was changed."""
        self.note = effort.note
        self._until = time.monotonic() + effort.seconds

    @property
    def spent(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._until


class Reached(NamedTuple):
    """How far a case comes: the rungs that hold, then the layers that the graph has as well."""

    rungs: int
    layers: int = 0


@dataclass
class _Best:
    """The candidate that comes furthest."""

    reached: Reached
    candidate: Candidate | None = None
    case: Case | None = None
    left: Rung | None = None


def explain(search: Search) -> tuple[list[Explanation], Rung | None]:
    """Mend one mistake after another until the ladder holds; return them and what still fails.

    The search's case is then the last one.
    """
    found: list[Explanation] = []
    case = search.case
    failing = search.failing = climb(case)
    case = case.having()  # the other one has been trained
    while failing is not None:
        located = locate(case) if _of_outputs(failing) else None
        if not found:
            search.note(_beginning(failing, located))
        best = _best(search, case, failing, located)
        if best.candidate is None or best.case is None:
            search.case = case
            return found, failing
        where = "every rung holds" if best.left is None else f"{failing.name} holds"
        if best.left is not None and best.left.name == failing.name:
            where = f"{best.reached.layers} layers agree"
        evidence = f"{distance(failing)} in float64; once changed, {where}"
        found.append(Explanation(best.candidate.cause, evidence, best.candidate.pairs))
        search.note(f"found: {best.candidate.cause}; once changed, {where}")
        case, failing = best.case.having(), best.left
    search.case = case
    return found, None


def _beginning(failing: Rung, located: Located | None) -> str:
    """Say which rung fails and, if that is known, at which layer."""
    where = ""
    if located is not None and located.wrong is not None:
        where = f", first in layer {located.wrong} ({located.kind})"
    return f"searching for the cause: the rung {failing.name} differs in float64{where}"


def _best(search: Search, case: Case, failing: Rung, located: Located | None) -> _Best:
    """Try what could be wrong where the forward pass departs, if that is known; then everything."""
    best = _Best(Reached(height(failing), located.score if located else 0))
    if located is not None and located.wrong is not None:
        near = [c for c in families.candidates(case, failing) if located.near & {*c.layers}]
        best = _first_best(search, best, near, quick=True)
    if best.candidate is None:
        best = _first_best(search, best, families.candidates(case, failing))
    return best


def _first_best(
    search: Search, best: _Best, candidates: Iterable[Candidate], *, quick: bool = False
) -> _Best:
    """Return what comes furthest; whatever makes all rungs hold ends the search."""
    for candidate in candidates:
        if search.spent or (best.candidate is not None and best.left is None):
            break
        best = _better(search, best, candidate, quick=quick)
    return best


def _better(search: Search, best: _Best, candidate: Candidate, *, quick: bool) -> _Best:
    """Return which comes further; `quick`: do not climb where no more layers are right."""
    try:
        changed = candidate.make()
        layers = _layers(changed) if quick else None
        if layers is not None and layers <= best.reached.layers:
            return best
        left = climb(changed)
        if not _of_outputs(left):
            layers = 0
        elif layers is None:
            layers = _layers(changed)
    except Exception as error:
        path = search.first.examination.pair.path
        if not isinstance(error, Unmatched) and not expected(error, path):
            raise
        return best  # a change that this model cannot take explains nothing
    if candidate.least and height(left) <= NAMES.index(candidate.least):
        return best
    reached = Reached(height(left), layers)
    return _Best(reached, candidate, changed, left) if reached > best.reached else best


def _of_outputs(failing: Rung | None) -> bool:
    return failing is not None and failing.name == "forward"


def _layers(case: Case) -> int:
    located = locate(case)
    return located.score if located else 0


def climb(case: Case) -> Rung | None:
    """Return the first rung that fails in float64; climbing stops there."""
    if case.pairing is None:
        return UNMATCHED
    rungs = case.examination.wide.rungs_of(case.model, case.pairing)
    return next((rung for rung in rungs if not rung.ok), None)


def height(failing: Rung | None) -> int:
    """Return how many rungs hold, where `failing` is the first that does not; None: all."""
    return NAMES.index(failing.name) if failing else len(NAMES)


def first_failing(rungs: Sequence[Rung]) -> Rung | None:
    """Return the lowest rung that does not hold."""
    return next((rung for rung in rungs if not rung.ok), None)


def distance(rung: Rung) -> str:
    """Return a rung's distance in a few words: where, ULP, relative."""
    ulp = "" if rung.max_ulp is None else f"{rung.max_ulp:,} ULP, "
    return f"{rung.name}: {rung.where} {ulp}{rung.max_rel:.1e} relative"
