"""The article's squared error and the penalties, in TensorFlow 1's own ops.

With `keras_models/exact/` they make a Keras model bit-identical to a TensorFlow 1 graph that has
them. Two things that Keras' own mean otherwise: `MeanSquaredError` averages over the outputs of a
row, too, and has no half; `regularizers.L2(c)` is c * sum W^2, `tf.nn.l2_loss` half of that.
"""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class HalfSquaredError(keras.losses.Loss):
    """The article's 1 / 2N * sum (f(X; theta) - Y)^2: [N, outputs], [N, outputs] -> []."""

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return half the squared error of each row, [N]; Keras takes the mean."""
        return tf.reduce_sum(tf.square(y_pred - y_true), axis=-1) / 2


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Penalty(keras.regularizers.Regularizer):
    """l1 * sum |W| + l2 / 2 * sum W^2 of a kernel W, as TensorFlow 1's graph computes it."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = l1, l2

    def __call__(self, x: Any) -> tf.Tensor:
        """Return the penalty, [], in the dtype of `x`."""
        size = tf.abs(tf.convert_to_tensor(x))
        return tf.reduce_sum(size * (self.l1 + self.l2 / 2 * size))

    def get_config(self) -> dict[str, float]:
        """Return what `from_config` needs."""
        return {"l1": self.l1, "l2": self.l2}
