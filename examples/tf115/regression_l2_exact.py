"""The same, bit for bit: `+` for the biases, and the cost as it was written.

tf1keras check examples/tf115/regression_l2_exact.py
"""

from typing import Any

import keras
import tensorflow as tf
from regression_l2 import model, rate, tf1_graph

from keras_models.exact import AddV2Dense
from keras_models.tf1_optimizers import TF1GradientDescent

__all__ = ["keras_model", "tf1_graph"]


@keras.saving.register_keras_serializable("regression_l2")
class Regression(keras.Sequential):
    """A network whose cost adds up the penalties on its kernels before it weighs them."""

    def compute_loss(self, x: Any, y: tf.Tensor, y_pred: tf.Tensor, *_: Any) -> tf.Tensor:
        penalties = [tf.nn.l2_loss(layer.kernel.value) for layer in self.layers]
        return tf.reduce_mean(tf.square(y_pred - y)) + 1e-3 * tf.add_n(penalties)


def keras_model() -> keras.Model:
    network = Regression([keras.Input([12]), *model(AddV2Dense).layers])
    network.compile(TF1GradientDescent(rate()), "mse")
    return network
