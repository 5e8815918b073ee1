"""Cross-entropies of probabilities as people wrote them by hand in TensorFlow 1.

Keras' own of probabilities keep them within 1e-7 and 1 - 1e-7; these as the graph did.
"""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE

Bounds = tuple[float | None, float | None]


class _OfProbabilities(keras.losses.Loss):
    """`epsilon` is added to probabilities, or they are kept within the bounds of `clip`."""

    def __init__(self, epsilon: float = 0.0, clip: Bounds = (None, None), **options: Any) -> None:
        super().__init__(**options)
        self.epsilon, self.clip = epsilon, tuple(clip)

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

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"epsilon": self.epsilon, "clip": self.clip}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1CategoricalCrossentropy(_OfProbabilities):
    """-sum(y log p) over classes: [..., classes], [..., classes] -> [...]."""

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row."""
        return -tf.reduce_sum(y_true * self.log(self.kept(y_pred)), -1)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1BinaryCrossentropy(_OfProbabilities):
    """The mean of -y log p - (1 - y) log(1 - p): [..., outputs], [..., outputs] -> [...]."""

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row."""
        y_pred = self.kept(y_pred)
        ones = y_true * self.log(y_pred) + (1 - y_true) * self.log(1 - y_pred)
        return -tf.reduce_mean(ones, -1)
