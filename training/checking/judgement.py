"""The verdict on a pair, proven: identical, equivalent, different or undecided.

identical: from the same weights every bit is equal. equivalent: in float64, with the user's own
optimizer and loss, both sides agree to within rounding, and each side's float64 run is its own
float32 run but for rounding. different: a difference beyond rounding was seen; then mistakes are
tried out (`training/checking/search.py`) until the float64 ladder holds. undecided: the proof could
not be run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import keras

from keras_models.clones import variants
from keras_models.pairing import Pairing
from training.checking import pieces, rows
from training.checking.examination import Examination
from training.checking.float64_answer import ask
from training.checking.search import (
    UNMATCHED,
    Effort,
    Explanation,
    Search,
    distance,
    explain,
    first_failing,
)
from training.errors import UserError
from training.parity.ladder import Rung, Trace
from training.parity.tolerances import TOLERANCES

PROVEN = ("identical", "equivalent")


@dataclass(frozen=True)
class Diagnosis:
    """What examining a pair found."""

    verdict: str
    """identical, equivalent, different or undecided."""
    rungs: Sequence[Rung]
    """The user's model, in float32, as it is."""
    causes: Sequence[Explanation] = ()
    unexplained: str | None = None
    """What is left when every cause found is mended, or why nothing could be proven."""
    beginning: Rung | None = None
    """Whether both sides' initial weights have the same distributions; no verdict depends on it."""
    not_compared: Sequence[str] = ()
    """What no rung has looked at."""
    better: Pairing | None = None
    """Another pairing, of variables that only their order had told apart, that mends everything."""
    in_float64: Rung | None = None
    """The first rung that fails in float64, where that says that the pair is different."""
    model: keras.Model | None = field(default=None, compare=False, repr=False)
    """A fresh model whose layers have the names that causes give them; None: causes name none."""
    in_order: Mapping[str, str] = field(default_factory=dict)
    """TensorFlow 1 variable -> Keras', where only the order told several of one shape apart."""

    @property
    def first_difference(self) -> Rung | None:
        """The lowest rung that does not hold."""
        return first_failing(self.rungs)


def judge(examination: Examination, effort: Effort) -> Diagnosis:
    """Return the verdict on a pair; raises UserError where variables cannot be matched at all."""
    with examination.masked():
        return _judge(examination, *examination.user_climb(), effort)


def _judge(
    examination: Examination, rungs: Sequence[Rung], did: Trace | None, effort: Effort
) -> Diagnosis:
    failing = first_failing(rungs)
    if failing is None:
        return Diagnosis("identical", rungs)
    if not failing.finite:
        return Diagnosis(
            "undecided",
            rungs,
            unexplained=f"{failing.name}: {failing.where} is not finite on either side, which "
            "proves nothing; take smaller numbers, such as a lower learning rate or scaled data",
        )
    model = examination.fresh_model()
    try:
        variants.variant(model)
    except Exception:  # whatever a user's layers do when they are cloned
        return _without_clones(examination, rungs, did)
    answer = ask(examination, lambda: variants.in_float64(model), did)
    if answer.rungs is None or answer.doubt:
        return _by_float32(rungs, answer.doubt or "the run in float64 failed")
    if answer.holds:
        swapped, found = pieces.explain(examination, model, rungs)
        left = [] if first_failing(swapped) is None else [_rounding(swapped, answer.rungs)]
        return Diagnosis("equivalent", rungs, [*found, *left])
    with examination.wide.scope():
        return _find_mistakes(examination, model, rungs, effort)


def _without_clones(
    examination: Examination, rungs: Sequence[Rung], did: Trace | None
) -> Diagnosis:
    """Judge a model that cannot be cloned by the float64 ladder alone; no mistake is tried out."""
    reason = "Keras cannot clone this model (it may be subclassed), so no cause was tried out"
    made = lambda: variants.recompiled_in_float64(examination.fresh_model())  # noqa: E731
    answer = ask(examination, made, did)
    if answer.rungs is None or answer.doubt:
        return _by_float32(rungs, f"{reason}; {answer.doubt}")
    if answer.rungs[0] is UNMATCHED:
        note = rungs[0].note or "some have no counterpart"
        raise UserError(f"{examination.pair.path}: the variables cannot be matched, {note}.")
    if answer.holds:
        return Diagnosis("equivalent", rungs, [_rounding(rungs, answer.rungs)])
    left = first_failing(answer.rungs)
    return Diagnosis("different", rungs, unexplained=reason, in_float64=left)


def _by_float32(rungs: Sequence[Rung], doubt: str) -> Diagnosis:
    """Judge by float32 alone: different where no rounding makes such a distance, else undecided."""
    failing = first_failing(rungs)
    assert failing is not None
    most = 2 * TOLERANCES["float64_of_float32"].relative  # each side may be so far from the truth
    observed = failing.name in ("forward", "loss", "gradients")
    verdict = "different" if observed and failing.max_rel > most else "undecided"
    return Diagnosis(verdict, rungs, unexplained=f"{distance(failing)}; {doubt}")


def _find_mistakes(
    examination: Examination, model: keras.Model, rungs: Sequence[Rung], effort: Effort
) -> Diagnosis:
    """Return the verdict "different" with its causes; to be called within float64."""
    search = Search(examination, variants.in_float64(model), effort)
    found, left = explain(search)
    if not found and search.case.pairing is None:
        raise UserError(
            f"{examination.pair.path}: the variables cannot be matched, {rungs[0].note}.\n"
            'Say how with weight_map = {"TensorFlow 1 name": "layer/kernel"}, or fix the model.'
        )
    unexplained = None
    if left is not None:
        what = "no cause that was tried explains it"
        if search.spent:
            seconds = f"{effort.seconds:g} s"
            what = f"none of the causes tried in {seconds} explains it (--budget gives more time)"
        unexplained = f"{distance(left)} in float64{_where(search)}, and {what}"
    better = _better_pairing(search, found) if left is None else None
    return Diagnosis(
        *("different", rungs, found, unexplained),
        better=better,
        in_float64=search.failing,
        model=model,
    )


def _better_pairing(search: Search, found: Sequence[Explanation]) -> Pairing | None:
    """Return the pairing that mends everything, where nothing but a guess was wrong."""
    before, after = search.first.pairing, search.case.pairing
    if before is None or after is None or not all(one.pairs for one in found):
        return None
    moved = [name for name in after if after[name] != before[name]]
    if not all(before[name].guessed for name in moved):
        return None  # names say so: it is the model that uses them otherwise
    return after


def _where(search: Search) -> str:
    """Say which ids the rows that differ have in common, if any."""
    case, wide = search.case, search.case.examination.wide
    if case.pairing is None:
        return ""
    ours, theirs = wide.observation(case.model, case.pairing).logits, wide.trace.observed.logits
    ids = rows.in_common(wide.batches[0], ours, theirs)
    return f", only in rows of x with id {' or '.join(map(str, ids))}" if ids else ""


def _rounding(rungs: Sequence[Rung], in_double: Sequence[Rung]) -> Explanation:
    """The cause that is left when float64 makes everything agree."""
    failing = first_failing(rungs)
    assert failing is not None
    there = next(rung for rung in in_double if rung.name == failing.name)
    return Explanation(
        "rounding: the same operations in another order",
        f"{distance(failing)} in float32; {there.max_rel:.1e} in float64",
    )
