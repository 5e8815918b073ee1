"""The same, bit for bit: the cost as slim adds it up, dropout by TensorFlow 1's seeds.

tf1keras check examples/tf115/slim_style_exact.py
"""

from typing import Any

import keras
import tensorflow as tf
from slim_style import KEPT, model, tf1_graph

from keras_models.exact import BiasAddConv2D, TF1Dropout, TF1Loss
from keras_models.tf1_optimizers import TF1Momentum

__all__ = ["keras_model", "tf1_graph"]

SEEDS = {"seed": 1234, "seed2": 77}
"""Of the op `lenet/dropout3/dropout_1/random_uniform/RandomUniform`."""


@keras.saving.register_keras_serializable("slim_style")
class Penalized(keras.Sequential):
    """A network whose cost is that of its outputs and the sum of what its kernels cost."""

    def compute_loss(self, x: Any, y: tf.Tensor, y_pred: tf.Tensor, *_: Any) -> tf.Tensor:
        kernels = [layer.kernel.value for layer in self.layers if hasattr(layer, "kernel")]
        penalties = [0.0005 * tf.nn.l2_loss(kernel) for kernel in kernels]
        return self.loss(tf.one_hot(y, 5), y_pred) + tf.ensure_shape(tf.add_n(penalties), [])


def keras_model() -> keras.Model:
    layers = model(BiasAddConv2D, TF1Dropout(1 - KEPT, **SEEDS)).layers
    network = Penalized([keras.Input([12, 12, 3]), *layers])
    network.compile(TF1Momentum(0.02, 0.9, nesterov=True), TF1Loss("softmax_cross_entropy"))
    return network
