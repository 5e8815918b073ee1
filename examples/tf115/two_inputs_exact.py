"""The same, bit for bit: TensorFlow 1's Adam, and `bias_add` for one unit, too.

tf1keras check examples/tf115/two_inputs_exact.py
"""

import keras
from two_inputs import model, tf1_graph, weight_map

from keras_models.exact import BiasAddDense, TF1Adam

__all__ = ["keras_model", "tf1_graph", "weight_map"]


def keras_model() -> keras.Model:
    return model(BiasAddDense, TF1Adam(0.01, beta_1=0.85, epsilon=1e-6))
