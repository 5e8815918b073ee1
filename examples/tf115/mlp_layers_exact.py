"""The same network, bit for bit: TensorFlow 1's Adam.

tf1keras check examples/tf115/mlp_layers_exact.py
"""

import keras
from mlp_layers import model, rate, tf1_graph

from keras_models.exact import TF1Adam

__all__ = ["keras_model", "tf1_graph"]


def keras_model() -> keras.Model:
    return model(TF1Adam(rate()))
