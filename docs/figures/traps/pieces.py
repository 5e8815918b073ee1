"""What stock Keras has not got of TensorFlow 1, as docs/understand/tf1-to-keras.md shows it."""

import keras
import numpy as np
import tensorflow as tf


class SummedAdam(keras.optimizers.Adam):
    """Adam on an embedding's gradient with every row of the table in it once, as a sum."""

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        """Update from dense gradients."""
        super().apply([tf.convert_to_tensor(one) for one in grads], trainable_variables)


def lstm_weights(kernel: np.ndarray, bias: np.ndarray, forget_bias: float = 1.0) -> list:
    """LSTMCell's two arrays -> the three of keras.layers.LSTM."""
    units = len(bias) // 4
    reordered = [0, 2, 1, 3]  # input, candidate, forget, output -> input, forget, candidate, output
    both = np.concatenate([np.split(kernel, 4, axis=1)[gate] for gate in reordered], axis=1)
    parts = [np.split(bias, 4)[gate] for gate in reordered]
    parts[1] = parts[1] + np.float32(forget_bias)
    return [both[:-units], both[-units:], np.concatenate(parts)]


def gru_weights(gates: np.ndarray, bias: np.ndarray, kernel: np.ndarray, own: np.ndarray) -> list:
    """GRUCell's gates/kernel, gates/bias, candidate/kernel, candidate/bias -> GRU's three."""
    reset, update = np.split(gates, 2, axis=1)
    both = np.concatenate([update, reset, kernel], axis=1)
    return [both[: -len(own)], both[-len(own) :], np.concatenate([*np.split(bias, 2)[::-1], own])]
