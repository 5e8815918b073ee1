"""The same, bit for bit: dropout by TensorFlow 1's seeds.

tf1keras check examples/tf115/convnet_layers_exact.py
"""

import keras
from convnet_layers import model, tf1_graph

from keras_models.exact import BiasAddConv2D, TF1Dropout, TF1Loss
from keras_models.tf1_optimizers import TF1RMSProp

__all__ = ["keras_model", "tf1_graph"]


def keras_model() -> keras.Model:
    network = model(BiasAddConv2D, TF1Dropout(0.4, seed=1234, seed2=76))
    network.compile(TF1RMSProp(0.01), TF1Loss("softmax_cross_entropy"))
    return network
