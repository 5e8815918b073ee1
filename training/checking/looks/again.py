"""The ladder climbed once more where the first climb is blind: clips, thresholds, dropout."""

import math
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np

from training.checking import beginning
from training.checking.examination import Examination
from training.checking.judgement import PROVEN, Diagnosis, judge
from training.checking.looks import dropping, reaching
from training.checking.search import Effort, Explanation
from training.errors import UserError, first_line
from training.parity.tolerances import TOLERANCES

SCALES = (1, 10, 100, 1_000, 10_000)
"""How many times as large x is made to see a clip act."""

Seen = tuple[Diagnosis, list[str]]
"""What is known then, and what was not compared."""


def look(examination: Examination, found: Diagnosis, effort: Effort) -> Seen:
    """Judge again, as long as nothing is wrong; return what is known then, and what is not."""
    unseen: list[str] = []
    for once_more in LOOKS:
        if found.verdict in PROVEN:
            found, said = once_more(examination, found, effort)
            unseen += said
    return found, unseen


def _clipped(examination: Examination, found: Diagnosis, effort: Effort) -> Seen:
    """On larger numbers, where a gradient is clipped only then."""
    in_keras = _clips(examination.pair.sample.optimizer)
    if not examination.pair.structure.clipped and not in_keras:
        return found, []
    factor = next((f for f in SCALES if _acts(examination, f)), None)
    if factor == 1:
        return found, []
    if factor is None and not in_keras:
        return found, ["clipping, which did nothing even where x was made larger"]
    by = factor or SCALES[-1]
    where = f"with x {by:,} times as large"
    found, unknown = _once_more(lambda: examination.scaled(by), found, effort, where)
    return found, [f"clipping ({unknown})"] if unknown else []


def _reaching(examination: Examination, found: Diagnosis, effort: Effort) -> Seen:
    """On numbers spread wider, where those of before leave a side of some op unseen."""
    missed = reaching.missed(examination)
    factor, unseen, why = missed.factor, missed.still, ""
    if factor is not None:
        where = f"with x and constant weights spread {factor:,} times as wide"
        found, unknown = _once_more(lambda: examination.widened(factor), found, effort, where)
        if unknown:
            unseen, why = missed.sides, f" ({unknown})"
    sides = ", ".join(unseen[:3]) + " ..." * (len(unseen) > 3)
    return found, [f"what no number reached: {sides}{why}"] if unseen else []


def _once_more(
    other: Callable[[], Examination], found: Diagnosis, effort: Effort, where: str
) -> tuple[Diagnosis, str | None]:
    """Judge another examination; return what is known then, or why that gave nothing."""
    try:
        again = judge(other(), effort)
    except (UserError, TypeError) as error:
        return found, first_line(error)
    if again.verdict in PROVEN:
        return found, None
    failing = again.in_float64 or again.first_difference
    assert failing is not None
    if not math.isfinite(failing.max_rel):
        return found, f"{where}, numbers are not finite"
    if again.verdict == "undecided":
        return found, again.unexplained
    if failing.max_rel <= TOLERANCES["float64_ladder_of_large"].relative:
        return found, f"{where}, rounding decides"
    causes = [replace(c, evidence=f"{where}: {c.evidence}") for c in again.causes]
    left = again.unexplained and f"{where}: {again.unexplained}"
    return replace(found, verdict="different", causes=causes, unexplained=left), None


def _acts(examination: Examination, factor: float) -> bool:
    """Whether the graph changes a gradient on its way where x is `factor` times as large."""
    x, y = beginning.larger(examination.batches[0], factor)
    program = examination.program
    examination.start_over(program)
    raw, applied = program.observe(x, y).gradients, program.applied_gradients(x, y)
    return any(not np.array_equal(applied[name], raw[name]) for name in applied)


def _clips(optimizer: keras.optimizers.Optimizer) -> bool:
    config = optimizer.get_config()
    return any(config.get(name) for name in ("clipnorm", "clipvalue", "global_clipnorm"))


def _dropping(examination: Examination, found: Diagnosis, effort: Effort) -> Seen:
    """With dropout on, and the same masks on both sides."""
    on = dropping.switched_on(examination)
    if on is None or on.fixed == examination.fixed:
        return found, []
    again = judge(examination.fed(on.fixed), Effort(0, effort.note))  # nothing else is left to seek
    if again.verdict == "different":
        cause = "dropout: in another place, or of another kind, in Keras than in TensorFlow 1"
        evidence = f"with the same rates and masks: {again.unexplained or 'the rungs differ'}"
        causes = [Explanation(cause, evidence)]
        return replace(found, verdict="different", causes=causes), []
    unknown = [] if again.verdict in PROVEN else [f"dropout's places ({again.unexplained})"]
    return found, unknown


LOOKS: tuple[Callable[[Examination, Diagnosis, Effort], Seen], ...] = (
    *(_clipped, _reaching, _dropping),
)
