"""The hand-off: from a source to a model ready to train that still predicts what it predicted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.data import Examples
from training.errors import UserError
from training.finetuning.recipe import cross_entropy
from training.finetuning.split import Task
from training.machine.devices import Device
from training.model_files.pretrained import Pretrained, logits
from training.options.finetune import FinetuneConfig
from training.parity.distance import ulp_distance
from training.parity.tolerances import TOLERANCES

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Handoff:
    """What was found on `rows` rows, before the first step.

    `of` says what was compared: logits, or what a new head is fed with (hidden). Losses are mean
    cross-entropies of the rows' labels, None where there is a new head.
    """

    of: str
    rows: int
    loss_before: float | None
    loss_after: float | None
    logit_scale: float
    largest_relative: float
    identical: bool
    predictions_equal: bool


@dataclass(frozen=True)
class HandedOver:
    """A model handed over, and how."""

    model: "keras.Model"
    handoff: Handoff
    new_head: bool
    scale: float
    reason: str


def hand_over(config: FinetuneConfig, source: Pretrained, task: Task, device: Device) -> HandedOver:
    """Return a copy of the source's model to train on `task`, checked on the rows that train.

    The head is new where asked for or where the classes are others, weights are multiplied as asked
    for (`stack.rescale`). The check is in bits for a stack on a CPU. Raises UserError where the
    hand-off does not hold.
    """
    from keras_models.classifiers import kinds, stack

    kind = kinds.of(source.model)
    train, scale = task.train, config.scale
    exact = device.kind == "CPU" and kind is stack
    new_head = config.new_head or source.classes != task.classes
    model = kind.rebuild(source.model)
    if scale == "auto":
        chosen, reason = kind.suggest_scale(model)
    else:
        chosen, reason = (1.0, "not asked for") if scale is None else (scale, "as asked for")
    try:
        factor = kind.rescale(model, chosen)
    except stack.NotAStack as error:
        raise UserError(f"--rescale {config.rescale}: {source.path} is {error}.") from error
    outputs = source.outputs(train.x)
    if not np.isfinite(outputs.logits).all():
        raise UserError(f"{source.path}: its logits on this data are not all finite numbers.")
    if new_head:
        model = _with_new_head(source, model, len(task.classes), config.seed)
        hidden = logits(kind.hidden(model), train.x)
        found = check(outputs.hidden, hidden, factor / chosen, None, "hidden", exact)
    else:
        found = check(outputs.logits, logits(model, train.x), factor, train, "logits", exact)
    return HandedOver(model, found, new_head, chosen, reason)


def _with_new_head(
    source: Pretrained, model: "keras.Model", classes: int, seed: int
) -> "keras.Model":
    from keras_models.classifiers import kinds, network

    try:
        return kinds.of(model).rebuild(model, classes=classes, seed=seed)
    except network.NotAClassifier as error:
        raise UserError(f"{source.path}: {error}.") from error


def check(
    source: np.ndarray,
    handed: np.ndarray,
    scale: float,
    labelled: Examples | None,
    of: str,
    exact: bool = True,
) -> Handoff:
    """Compare outputs [N, M] of the source, times `scale`, with those of the model handed over.

    Where `scale` is a power of two, and `exact` says that both sides have the same kernels, bit for
    bit; else within the tolerance `rescaled`. Raises UserError where they differ, and where a row's
    largest output is another, unless it was no farther from the largest than that tolerance.
    """
    exact = exact and bool(np.frexp(scale)[0] == 0.5)
    expected = source * np.float32(scale)
    size = float(np.abs(expected).max())
    largest = float(np.abs(handed.astype(np.float64) - expected).max()) / (size or 1.0)
    identical = bool((ulp_distance(handed, expected) == 0).all())
    allowed = 0.0 if exact else TOLERANCES["rescaled"].relative
    here, there = (outputs.argmax(axis=1) for outputs in (handed, expected))
    gap = expected.max(axis=1) - np.take_along_axis(expected, here[:, None], axis=1)[:, 0]
    equal = bool(((here == there) | (gap <= allowed * size)).all())
    if not (equal and (identical if exact else largest <= allowed)):
        raise UserError(
            f"the hand-off does not hold: the {of} of the model handed over differ from the "
            f"source's times {scale:g} by {largest:.1e} relative, where {allowed:g} is allowed, "
            f"and {int((here != there).sum())} of {len(source)} predictions are others.\n"
            "Nothing was trained: the source is not what it seems, or its layers do more than "
            "their names say."
        )
    return Handoff(
        of=of,
        rows=len(source),
        loss_before=None if labelled is None else cross_entropy(source, labelled.y),
        loss_after=None if labelled is None else cross_entropy(handed, labelled.y),
        logit_scale=scale,
        largest_relative=largest,
        identical=identical,
        predictions_equal=equal,
    )
