"""Losses as Keras source: one row a kind."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from keras_models.writing.expressions import Calling
from tf1_compat.network import Loss


class Row(NamedTuple):
    """How a kind of loss is written."""

    name: str
    """In keras.losses, or in `module`."""
    options: Mapping[str, Any] = {}
    module: str | None = None
    positional: tuple[str, ...] = ()
    summed: str = "sum"
    """The reduction that adds rows up."""


class Cost(NamedTuple):
    """What a TF1Cost is made with, beside losses."""

    formula: str
    order: list[str] | None
    """The weights that `penalties` in the formula are of; None: all, in the model's order."""


LOGITS = {"from_logits": True}
EXACT = "keras_models.exact"
COST = "TF1Cost"
OF_TF1 = {
    "softmax_cross_entropy": "softmax_cross_entropy",
    "sparse_softmax_cross_entropy": "sparse_softmax_cross_entropy",
    "sigmoid_cross_entropy": "sigmoid_cross_entropy",
    "mean_squared_error": "mean_squared_error",
    "mean_absolute_error": "absolute_difference",
    "huber": "huber_loss",
    "hinge": "hinge_loss",
    "binary_log_loss": "log_loss",
}
"""Kind -> what `tf.losses` calls it."""
ROWS: Mapping[str, Row] = {
    "softmax_cross_entropy": Row("CategoricalCrossentropy", LOGITS),
    "sparse_softmax_cross_entropy": Row("SparseCategoricalCrossentropy", LOGITS),
    "sigmoid_cross_entropy": Row("BinaryCrossentropy", LOGITS),
    "categorical_cross_entropy": Row("CategoricalCrossentropy"),
    "sparse_categorical_cross_entropy": Row("SparseCategoricalCrossentropy"),
    "binary_cross_entropy": Row("BinaryCrossentropy"),
    "categorical_log_loss": Row("TF1CategoricalCrossentropy", module=EXACT),
    "binary_log_loss": Row("TF1BinaryCrossentropy", module=EXACT),
    "mean_squared_error": Row("MeanSquaredError"),
    "mean_absolute_error": Row("MeanAbsoluteError"),
    "contrastive": Row("TF1Contrastive", module=EXACT),
    "huber": Row("Huber"),
    "own": Row("OutputAsLoss", module=EXACT),
    "own_squares": Row("OutputAsLoss", {"squared": True}, EXACT),
    "hinge": Row("TF1Loss", module=EXACT, positional=("hinge_loss",), summed="weighted_sum"),
    **{
        f"tf1_{kind}": Row("TF1Loss", module=EXACT, positional=(name,))
        for kind, name in OF_TF1.items()
    },
}
"""Kind, as `tf1_compat.network` calls it -> how it is written."""


def compiled(losses: Sequence[Loss], cost: Cost | None) -> tuple[Any, dict[str, Any]]:
    """Return the loss that a model is compiled with, or those of its outputs, and the weights.

    By a formula they are one `cost`.
    """
    written = [_loss(one) for one in losses]
    if cost is not None:
        order = {} if cost.order is None else {"order": cost.order}
        return Calling(COST, [cost.formula, *written], order), {}
    weights = [one.weight for one in losses]
    named = {} if set(weights) == {1.0} else {"loss_weights": weights}
    return written[0] if len(written) == 1 else written, named


def pieces(losses: Sequence[Loss], cost: Cost | None) -> dict[str, str]:
    """Return the losses that are not Keras' own -> the module of each."""
    rows = [ROWS[one.kind] for one in losses]
    more = {} if cost is None else {COST: EXACT, "TF1Model": EXACT}
    return {row.name: row.module for row in rows if row.module} | more


def _loss(found: Loss) -> Calling:
    row = ROWS[found.kind]
    reduction = {"reduction": row.summed} if found.summed else {}
    name = row.name if row.module else f"keras.losses.{row.name}"
    return Calling(name, row.positional, {**row.options, **found.options, **reduction})
