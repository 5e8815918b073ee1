"""The ladder climbed once more where the first climb is blind: clips that act, dropout on."""

from collections.abc import Callable
from dataclasses import replace

import keras

from training.checking.examination import Examination
from training.checking.judgement import PROVEN, Diagnosis, judge
from training.checking.looks import dropping
from training.checking.search import Effort, Explanation
from training.errors import UserError, first_line

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
    factor = next((f for f in SCALES if examination.clips(f)), None)
    if factor == 1:
        return found, []
    if factor is None and not in_keras:
        return found, ["clipping, which did nothing even where x was made larger"]
    factor = factor or SCALES[-1]
    try:
        larger = examination.scaled(factor)
        again = judge(larger, effort)
    except (UserError, TypeError) as error:
        return found, [f"clipping ({first_line(error)})"]
    if again.verdict == "different":
        where = f"with x {factor:,} times as large"
        causes = [replace(c, evidence=f"{where}: {c.evidence}") for c in again.causes]
        return replace(found, verdict="different", causes=causes, unexplained=again.unexplained), []
    return found, [] if again.verdict in PROVEN else [f"clipping ({again.unexplained})"]


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


LOOKS: tuple[Callable[[Examination, Diagnosis, Effort], Seen], ...] = (_clipped, _dropping)
