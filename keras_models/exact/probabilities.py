"""Cross-entropies as people wrote them by hand in TensorFlow 1, of labels times logarithms.

Keras' own of probabilities keep them within 1e-7 and 1 - 1e-7; these as the graph did.
"""

from typing import Any, Literal

import keras
import tensorflow as tf

from keras_models.exact.losses import one_hot
from keras_models.exact.package import PACKAGE

Along = Literal["mean", "sum"] | None
Bounds = tuple[float | None, float | None]


class _ByHand(keras.losses.Loss):
    """`epsilon` is added to probabilities, or they are kept within the bounds of `clip`.

    `along`: what is done along the last axis, mean, sum or, so that a loss is of each number, None.
    """

    def __init__(
        self,
        along: Along,
        epsilon: float = 0.0,
        clip: Bounds = (None, None),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.along, self.epsilon, self.clip = along, epsilon, tuple(clip)

    def kept(self, probabilities: tf.Tensor) -> tf.Tensor:
        """Return probabilities kept from 0."""
        lowest, highest = self.clip
        if highest is not None:
            probabilities = tf.minimum(probabilities, highest)
        if lowest is not None:
            probabilities = tf.maximum(probabilities, lowest)
        return probabilities

    def log(self, probabilities: tf.Tensor) -> tf.Tensor:
        """Return the logarithm of probabilities to which epsilon is added."""
        return tf.math.log(probabilities + self.epsilon if self.epsilon else probabilities)

    def less(self, likelihoods: tf.Tensor) -> tf.Tensor:
        """Return the losses that are these logarithms of likelihoods."""
        if self.along is None:
            return -likelihoods
        return -(tf.reduce_mean if self.along == "mean" else tf.reduce_sum)(likelihoods, -1)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        own = {"along": self.along, "epsilon": self.epsilon, "clip": self.clip}
        return super().get_config() | own


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1CategoricalCrossentropy(_ByHand):
    """-sum(y log p) over classes: [..., classes], [..., classes] -> [...].

    Labels, [...], that are classes are made one-hot. With `from_logits` log p is log_softmax.
    """

    def __init__(self, *, along: Along = "sum", from_logits: bool = False, **options: Any) -> None:
        super().__init__(along, **options)
        self.from_logits = from_logits

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row."""
        log = tf.nn.log_softmax(y_pred) if self.from_logits else self.log(self.kept(y_pred))
        return self.less(one_hot(y_true, y_pred) * log)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"from_logits": self.from_logits}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1BinaryCrossentropy(_ByHand):
    """The mean of -y log p - (1 - y) log(1 - p): [..., outputs], [..., outputs] -> [...]."""

    def __init__(self, *, along: Along = "mean", **options: Any) -> None:
        super().__init__(along, **options)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row."""
        y_pred = self.kept(y_pred)
        # Or Grappler takes 1 + epsilon - p, as it cannot where TensorFlow 1 asked for shapes.
        rest = tf.ensure_shape(1 - y_pred, y_pred.shape)
        return self.less(y_true * self.log(y_pred) + (1 - y_true) * self.log(rest))
