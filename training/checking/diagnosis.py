"""The verdict on a pair, proven: identical, equivalent or different.

identical: every bit is equal on every rung. equivalent: the rewrite means the same, and that is
shown in one of two ways: with Keras' own pieces swapped for TensorFlow 1's arithmetic every bit is
equal, or in float64 both sides agree to within rounding. different: everything else; then mistakes
are tried out (`training/checking/mistakes.py`) until the float64 ladder holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from keras_models import translation, variants
from keras_models.rewrite import Pairing, Unmatched
from training.checking import mistakes
from training.checking.case import Candidate, Case
from training.checking.examination import Examination, in_float64
from training.errors import UserError, first_line
from training.parity.ladder import NAMES, Rung
from training.parity.tolerances import TOLERANCES


@dataclass(frozen=True)
class Explanation:
    """Something that was changed, and what that did to the distance."""

    cause: str
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """What examining a pair found."""

    verdict: str
    """identical, equivalent or different."""
    rungs: Sequence[Rung]
    """The user's model, in float32, as it is."""
    causes: Sequence[Explanation] = ()
    unexplained: str | None = None
    """What is left when every cause found is mended, or why nothing could be proven."""

    @property
    def first_difference(self) -> Rung | None:
        """The lowest rung that does not hold."""
        return first_failing(self.rungs)


def diagnose(examination: Examination) -> Diagnosis:
    """Return the diagnosis. Raises UserError where variables cannot be matched at all."""
    rungs = examination.user_rungs()
    if first_failing(rungs) is None:
        return Diagnosis("identical", rungs)
    model = examination.fresh_model()
    try:
        variants.variant(model)
    except Exception:  # whatever a user's layers do when they are cloned
        return _examine_without_clones(examination, rungs)
    try:
        with in_float64():
            wide = _climb_in_float64(examination, model)
    except (tf.errors.OpError, TypeError) as error:
        wide = None
        reason = f"float64 could not be asked: {first_line(error)[:200]}"
    swapped: Sequence[Rung] = rungs
    pieces: list[Explanation] = []
    if wide is None or _may_be_arithmetic(wide):
        swapped, pieces = _swap_pieces(examination, model, rungs)
        if first_failing(swapped) is None:
            return Diagnosis("equivalent", rungs, pieces)
    if wide is None:
        return Diagnosis("different", rungs, unexplained=reason)
    if first_failing(wide) is None:
        return Diagnosis("equivalent", rungs, [*pieces, _rounding(swapped, wide)])
    with in_float64():
        return _find_mistakes(examination, model, rungs)


def _examine_without_clones(examination: Examination, rungs: Sequence[Rung]) -> Diagnosis:
    """Judge a model that cannot be cloned by the float64 ladder alone; no mistake is tried out."""
    reason = "Keras cannot clone this model (it may be subclassed), so no cause was tried out"
    try:
        with in_float64():
            wide = variants.recompiled_in_float64(examination.fresh_model())
            there = list(examination.wide_rungs(wide, examination.pairing(wide)))
    except Unmatched as unmatched:
        raise UserError(
            f"{examination.pair.path}: the variables cannot be matched, {unmatched}."
        ) from None
    except (tf.errors.OpError, TypeError, ValueError):
        return Diagnosis("different", rungs, unexplained=f"{reason}, nor float64")
    if first_failing(there) is None:
        return Diagnosis("equivalent", rungs, [_rounding(rungs, there)])
    return Diagnosis("different", rungs, unexplained=reason)


def _climb_in_float64(examination: Examination, model: keras.Model) -> list[Rung]:
    wide = variants.in_float64(model)
    try:
        rungs = []
        for rung in examination.wide_rungs(wide, examination.pairing(wide)):
            rungs.append(rung)
            if not rung.ok:  # the rungs above have nothing to say any more
                break
        return rungs
    except Unmatched:
        return [UNMATCHED]


def _may_be_arithmetic(wide: Sequence[Rung]) -> bool:
    """Say whether what differs in float64 could be a constant that was read wrongly there."""
    failing = first_failing(wide)
    return failing is None or failing.max_rel <= TOLERANCES["constant_in_float32"].relative


UNMATCHED = Rung("variables", False, None, float("inf"), float("inf"), None)
"""Nothing can be compared where variables have no counterpart."""


def first_failing(rungs: Sequence[Rung]) -> Rung | None:
    """Return the lowest rung that does not hold."""
    return next((rung for rung in rungs if not rung.ok), None)


Piece = tuple[str, Callable[[keras.Model], keras.Model | None]]


def _without_xla(model: keras.Model) -> keras.Model | None:
    return variants.variant(model) if model.jit_compile else None


def _with_tf1_optimizer(model: keras.Model) -> keras.Model | None:
    optimizer = translation.translate(model.optimizer)
    return variants.variant(model, optimizer=optimizer) if optimizer else None


PIECES: tuple[Piece, ...] = (
    ("XLA (jit_compile) fuses and reorders", _without_xla),
    (
        "bias_add: Keras adds a bias with another op than TensorFlow 1's +, and its gradient sums "
        "in another order",
        variants.with_addv2,
    ),
    ("", _with_tf1_optimizer),
)
"""What a piece of Keras does, and the model without it; None where it has no such piece."""

OPTIMIZER_PIECES = {
    "Adam": "Adam: Keras computes 1 - beta in float64 and beta^t by pow, TensorFlow 1 both in "
    "float32, the powers as running products",
    "RMSProp": "RMSProp: Keras updates in separate steps, TensorFlow 1 in one fused kernel",
    "Adagrad": "Adagrad: Keras updates in separate steps, TensorFlow 1 in one fused kernel",
    "Momentum": "momentum: Keras accumulates learning rate times gradient, TensorFlow 1 the "
    "gradient",
    "GradientDescent": "SGD: Keras updates in separate steps, TensorFlow 1 in one fused kernel",
}


def _swap_pieces(
    examination: Examination, model: keras.Model, rungs: Sequence[Rung]
) -> tuple[Sequence[Rung], list[Explanation]]:
    """Swap Keras' pieces for exact ones while that makes a further rung hold."""
    kept: list[Explanation] = []
    waiting = list(PIECES)
    progress = True
    while progress and (failing := first_failing(rungs)):
        progress = False
        for name, swap in waiting:
            candidate = swap(model)
            if candidate is None:
                continue
            again = examination.rungs(candidate)
            if _height(again) > _height(rungs):
                name = name or OPTIMIZER_PIECES[translation.rule(candidate.optimizer) or "Adam"]
                kept.append(Explanation(name, f"{_distance(failing)}; 0 with the exact piece"))
                # What was climbed has been trained; the next piece wants it fresh.
                model, rungs, progress = variants.variant(candidate), again, True
                waiting.remove((name, swap) if (name, swap) in waiting else ("", swap))
                break
    return rungs, kept


def _height(rungs: Sequence[Rung]) -> int:
    """How many rungs are below the first that fails."""
    failing = first_failing(rungs)
    return NAMES.index(failing.name) if failing else len(NAMES)


def _distance(rung: Rung) -> str:
    ulp = "" if rung.max_ulp is None else f"{rung.max_ulp:,} ULP, "
    return f"{rung.name}: {rung.where} {ulp}{rung.max_rel:.1e} relative"


def _find_mistakes(
    examination: Examination, model: keras.Model, rungs: Sequence[Rung]
) -> Diagnosis:
    """Return the verdict "different" with its causes; to be called within float64."""
    wide = variants.in_float64(model)
    try:
        pairing: Pairing | None = examination.pairing(wide)
    except Unmatched:
        pairing = None
    found, left = _explain(Case(examination, wide, pairing))
    if not found and pairing is None:
        raise UserError(
            f"{examination.pair.path}: the variables cannot be matched, {rungs[0].note}.\n"
            'Say how with weight_map = {"TensorFlow 1 name": "layer/kernel"}, or mend the model.'
        )
    unexplained = None
    if left is not None:
        unexplained = f"{_distance(left)} in float64, and no cause that was tried explains it"
    return Diagnosis("different", rungs, found, unexplained)


def _rounding(rungs: Sequence[Rung], in_double: Sequence[Rung]) -> Explanation:
    """The cause that is left when float64 makes everything agree."""
    failing = first_failing(rungs)
    assert failing is not None
    there = next(rung for rung in in_double if rung.name == failing.name)
    return Explanation(
        "rounding: the same operations in another order",
        f"{_distance(failing)} in float32; {there.max_rel:.1e} in float64",
    )


def _explain(case: Case) -> tuple[list[Explanation], Rung | None]:
    """Mend one mistake after another until the ladder holds; return them and what still fails."""
    found: list[Explanation] = []
    failing = _climb(case)
    case = case.having()  # the other one has been trained
    while failing is not None:
        best: tuple[int, Candidate, Case, Rung | None] | None = None
        for candidate in mistakes.candidates(case, failing):
            try:
                changed = candidate.make()
                left = _climb(changed)
            except (Unmatched, ValueError, TypeError, tf.errors.OpError):
                continue  # a change that this model cannot take explains nothing
            height = NAMES.index(left.name) if left else len(NAMES)
            if height > NAMES.index(failing.name) and (best is None or height > best[0]):
                best = height, candidate, changed, left
            if left is None:
                break
        if best is None:
            return found, failing
        _, candidate, case, left = best
        where = "every rung holds" if left is None else f"{failing.name} holds"
        found.append(
            Explanation(candidate.cause, f"{_distance(failing)} in float64; changed, {where}")
        )
        case, failing = case.having(), left
    return found, None


def _climb(case: Case) -> Rung | None:
    """Return the first rung that fails in float64; climbing stops there."""
    if case.pairing is None:
        return UNMATCHED
    rungs = case.examination.wide_rungs(case.model, case.pairing)
    return next((rung for rung in rungs if not rung.ok), None)
