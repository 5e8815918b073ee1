"""The same, bit for bit: TensorFlow 1's cell and Adam.

tf1keras check examples/tf115/text_lstm_exact.py
"""

import keras
from text_lstm import model, sample_batch, tf1_graph

from keras_models.exact import TF1Adam, TF1LSTMCell

__all__ = ["keras_model", "sample_batch", "tf1_graph"]


def keras_model() -> keras.Model:
    return model(keras.layers.RNN(TF1LSTMCell(24)), TF1Adam(0.01, global_clipnorm=1.0))
