"""The losses of `tf.losses`, with TensorFlow 1's reductions.

    TF1Loss("softmax_cross_entropy", label_smoothing=0.1)

Keras divides by the number of rows, or by the sum of the weights; TensorFlow 1 divided by the
number of weights that are not zero, unless told otherwise. Formulas:
`tensorflow/python/ops/losses/losses_impl.py`.
"""

import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, get_args

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE

Reduction = Literal[
    "weighted_sum_by_nonzero_weights",
    "weighted_sum_over_batch_size",
    "weighted_mean",
    "weighted_sum",
]
"""The values of `tf.losses.Reduction` that give one number."""
Plain = Literal["mean", "sum"]
"""tf.reduce_mean and tf.reduce_sum, of all numbers."""
Formula = Callable[..., tf.Tensor]
"""(labels, predictions, its own options) -> the loss of each of them."""


def absolute_difference(labels: tf.Tensor, predictions: tf.Tensor) -> tf.Tensor:
    """|predictions - labels|, of any shape."""
    return tf.abs(predictions - labels)


def cosine_distance(labels: tf.Tensor, predictions: tf.Tensor, axis: int = -1) -> tf.Tensor:
    """1 - the sum of the products along `axis`, which is kept; both are unit vectors."""
    return 1 - tf.reduce_sum(predictions * labels, axis, keepdims=True)


def hinge_loss(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """max(0, 1 - (2 * labels - 1) * logits), of any shape; labels are 0 or 1."""
    return tf.nn.relu(1 - (2 * labels - 1) * logits)


def huber_loss(labels: tf.Tensor, predictions: tf.Tensor, delta: float = 1.0) -> tf.Tensor:
    """Half the square up to `delta`, linear beyond, of any shape."""
    error = tf.abs(predictions - labels)
    quadratic = tf.minimum(error, delta)
    linear = error - quadratic
    return 0.5 * (quadratic * quadratic) + delta * linear


def log_loss(labels: tf.Tensor, predictions: tf.Tensor, epsilon: float = 1e-7) -> tf.Tensor:
    """The cross-entropy of probabilities, to which `epsilon` is added, of any shape."""
    ones = labels * tf.math.log(predictions + epsilon)
    return -ones - (1 - labels) * tf.math.log(1 - predictions + epsilon)


def mean_squared_error(labels: tf.Tensor, predictions: tf.Tensor) -> tf.Tensor:
    """(predictions - labels)^2, of any shape."""
    return tf.math.squared_difference(predictions, labels)


def sigmoid_cross_entropy(
    labels: tf.Tensor, logits: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """The cross-entropy of each output, of any shape."""
    if label_smoothing:
        labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)


def one_hot(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Return labels, made one-hot where they are classes, of a rank less than the outputs."""
    if labels.shape.rank >= outputs.shape.rank:
        return labels
    return tf.one_hot(tf.cast(labels, tf.int64), outputs.shape[-1], dtype=outputs.dtype)


def softmax_cross_entropy(
    labels: tf.Tensor, logits: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """The cross-entropy of each row: [..., classes], [..., classes] -> [...].

    Labels, [...], that are classes are made one-hot, which sparse_softmax_cross_entropy is not: it
    rounds otherwise.
    """
    labels = one_hot(labels, logits)
    if label_smoothing:
        classes = tf.cast(tf.shape(labels)[-1], logits.dtype)
        labels = labels * (1 - label_smoothing) + label_smoothing / classes
    return tf.nn.softmax_cross_entropy_with_logits(tf.stop_gradient(labels), logits)


def sparse_softmax_cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The cross-entropy of each row: [...] or [..., 1] of classes, [..., classes] -> [...]."""
    if labels.shape.rank == logits.shape.rank:
        labels = tf.squeeze(labels, -1)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int64), logits)


FORMULAS: dict[str, Formula] = {
    formula.__name__: formula
    for formula in (
        *(absolute_difference, cosine_distance, hinge_loss, huber_loss, log_loss),
        *(mean_squared_error, sigmoid_cross_entropy, softmax_cross_entropy),
        sparse_softmax_cross_entropy,
    )
}
"""By their names in `tf.losses`."""


def _check(given: str, known: Collection[str]) -> None:
    if given not in known:
        raise ValueError(f"{given!r}: expected one of {', '.join(known) or 'none'}.")


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Loss(keras.losses.Loss):
    """A loss of `tf.losses` by its name there, with its options; `sample_weight` are its weights.

    Or, with the reductions mean and sum, as people wrote it by hand, where `sum_along` axes numbers
    are added up first. Labels and predictions of one shape, but for sparse labels and a last axis
    of one -> [], in the dtype of the predictions. Raises ValueError for an unknown loss, reduction
    or option, and for shapes that do not fit.
    """

    def __init__(
        self,
        loss: str,
        reduction: Reduction | Plain = "weighted_sum_by_nonzero_weights",
        name: str | None = None,
        sum_along: int | Sequence[int] | None = None,
        **options: float,
    ) -> None:
        _check(loss, FORMULAS)
        _check(reduction, (*get_args(Reduction), *get_args(Plain)))
        parameters = inspect.signature(FORMULAS[loss]).parameters.values()
        known = {one.name: one.default for one in parameters if one.default is not one.empty}
        for option in options:
            _check(option, known)
        super().__init__(name=name or loss)
        self.loss, self.weighted, self.sum_along = loss, reduction, sum_along
        self._fn_kwargs = known | options  # by the name that Keras' own losses have for theirs

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> tf.Tensor:
        """Return the weighted loss; a weight for each row is one for all of its numbers."""
        labels, predictions = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        labels = self._fitting(labels, predictions)
        losses = FORMULAS[self.loss](labels, predictions, **self._fn_kwargs)
        if self.sum_along is not None:
            losses = tf.reduce_sum(losses, self.sum_along)
        if self.weighted in get_args(Plain) and sample_weight is None:
            return (tf.reduce_mean if self.weighted == "mean" else tf.reduce_sum)(losses)
        weights = tf.cast(1.0 if sample_weight is None else sample_weight, losses.dtype)
        while 0 < weights.shape.rank < losses.shape.rank:
            weights = weights[..., tf.newaxis]
        total = tf.reduce_sum(losses * weights)
        if self.weighted in ("weighted_sum", "sum"):
            return total
        return tf.math.divide_no_nan(total, self._divisor(losses, weights))

    def _fitting(self, labels: tf.Tensor, predictions: tf.Tensor) -> tf.Tensor:
        """Return labels as the formula takes them; ValueError for shapes that do not fit."""
        fewer = labels.shape.rank < predictions.shape.rank
        if self.loss.startswith("sparse") or (fewer and self.loss == "softmax_cross_entropy"):
            return labels  # classes
        if fewer and predictions.shape[-1] == 1:
            labels = labels[..., tf.newaxis]
        if not labels.shape.is_compatible_with(predictions.shape):
            raise ValueError(f"labels {labels.shape}: expected {predictions.shape}, as outputs.")
        return tf.cast(labels, predictions.dtype)

    def _divisor(self, losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        if self.weighted == "weighted_mean":
            return tf.reduce_sum(tf.ones_like(losses) * weights)
        if self.weighted in ("weighted_sum_over_batch_size", "mean"):
            return tf.cast(tf.size(losses), losses.dtype)
        return tf.reduce_sum(tf.ones_like(losses) * tf.cast(weights != 0, losses.dtype))

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        given = {"loss": self.loss, "reduction": self.weighted, "name": self.name}
        return given | {"sum_along": self.sum_along} | self._fn_kwargs
