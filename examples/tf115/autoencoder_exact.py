"""The same, bit for bit: `+` for the biases, and the cost in TensorFlow 1's ops.

tf1keras check examples/tf115/autoencoder_exact.py
"""

import keras
import tensorflow as tf
from autoencoder import Autoencoder, tf1_graph, weight_map

from keras_models.tf1_optimizers import TF1Adagrad

__all__ = ["keras_model", "tf1_graph", "weight_map"]


@keras.saving.register_keras_serializable("autoencoder")
class AddV2Autoencoder(Autoencoder):
    """In TensorFlow 1's ops."""

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        hidden = tf.add(tf.matmul(pixels, self.W.value), self.b_encoder.value)
        code = tf.sigmoid(tf.ensure_shape(hidden, hidden.shape))  # or Grappler makes one op of all
        return tf.add(tf.matmul(code, tf.transpose(self.W.value)), self.b_decoder.value)


@keras.saving.register_keras_serializable("autoencoder")
def tf1_cross_entropy(pixels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Of each row, [N], the sum of its pixels'."""
    of_pixels = tf.nn.sigmoid_cross_entropy_with_logits(labels=pixels, logits=logits)
    return tf.reduce_sum(of_pixels, axis=1)


def keras_model() -> keras.Model:
    model = keras.Sequential([keras.Input([36]), AddV2Autoencoder(name="autoencoder")])
    model.compile(TF1Adagrad(0.1), tf1_cross_entropy)
    return model
