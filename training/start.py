"""From a source to a model that is ready to train, with the proof that nothing was lost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from training import handoff
from training.data import Examples
from training.errors import UserError
from training.handoff import Handoff
from training.model_files.pretrained import Pretrained
from training.tuning import logits

if TYPE_CHECKING:
    import keras

Scale = float | Literal["auto"] | None


@dataclass(frozen=True)
class Start:
    """A model handed over, and how."""

    model: "keras.Model"
    handoff: Handoff
    new_head: bool
    scale: float
    reason: str


def hand_over(
    source: Pretrained,
    train: Examples,
    classes: tuple[int, ...],
    scale: Scale,
    new_head: bool,
    seed: int,
    exact: bool = True,
) -> Start:
    """Return a copy of the source's model to train on `train`, checked on its rows.

    The head is new where asked for or where the classes are others. `scale` is what weights are
    multiplied by (`keras_models.stack.rescale`), "auto" or None. Raises UserError where the
    hand-off does not hold.
    """
    from keras_models import stack

    new_head = new_head or source.classes != classes
    model = stack.rebuild(source.model)
    if scale == "auto":
        chosen, reason = stack.suggest_scale(model)
    else:
        chosen, reason = (1.0, "not asked for") if scale is None else (scale, "as asked for")
    factor = stack.rescale(model, chosen)
    outputs = source.outputs(train.x)
    if not np.isfinite(outputs.logits).all():
        raise UserError(f"{source.path}: its logits on this data are not all finite numbers.")
    if new_head:
        model = stack.rebuild(model, classes=len(classes), seed=seed)
        hidden = logits(stack.hidden(model), train.x)
        found = handoff.check(outputs.hidden, hidden, factor / chosen, None, "hidden", exact)
    else:
        found = handoff.check(
            outputs.logits, logits(model, train.x), factor, train, "logits", exact
        )
    return Start(model, found, new_head, chosen, reason)
