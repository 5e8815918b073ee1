"""The search for what is wrong: one mistake after another is mended until the ladder holds."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import keras
import tensorflow as tf

from keras_models.rewrite import Pairing, Unmatched
from training.checking import mistakes
from training.checking.case import Candidate, Case
from training.checking.examination import Examination
from training.parity.ladder import NAMES, Rung

UNMATCHED = Rung("variables", False, None, float("inf"), float("inf"), None)
"""Nothing can be compared where variables have no counterpart."""


@dataclass(frozen=True)
class Explanation:
    """Something that was changed, and what that did to the distance."""

    cause: str
    evidence: str


class Search:
    """A float64 model that fails on some rung, and the seconds that may be spent on it."""

    def __init__(self, examination: Examination, wide: keras.Model, budget: float) -> None:
        try:
            pairing: Pairing | None = examination.pairing(wide)
        except Unmatched:
            pairing = None
        self.case = Case(examination, wide, pairing)
        self._until = time.monotonic() + budget

    @property
    def spent(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._until


@dataclass
class _Best:
    """The candidate that makes the most rungs hold."""

    height: int
    candidate: Candidate | None = None
    case: Case | None = None
    left: Rung | None = field(default=None)


def explain(search: Search) -> tuple[list[Explanation], Rung | None]:
    """Mend one mistake after another until the ladder holds; return them and what still fails."""
    found: list[Explanation] = []
    case = search.case
    failing = climb(case)
    case = case.having()  # the other one has been trained
    while failing is not None:
        best = _best(search, case, failing)
        if best.candidate is None or best.case is None:
            return found, failing
        where = "every rung holds" if best.left is None else f"{failing.name} holds"
        evidence = f"{distance(failing)} in float64; changed, {where}"
        found.append(Explanation(best.candidate.cause, evidence))
        case, failing = best.case.having(), best.left
    return found, None


def _best(search: Search, case: Case, failing: Rung) -> _Best:
    best = _Best(height(failing))
    for candidate in mistakes.candidates(case, failing):
        if search.spent:
            break
        try:
            changed = candidate.make()
            left = climb(changed)
        except (Unmatched, ValueError, TypeError, LookupError, AttributeError, tf.errors.OpError):
            continue  # a change that this model cannot take explains nothing
        if height(left) > best.height:
            best = _Best(height(left), candidate, changed, left)
        if left is None:
            break
    return best


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
