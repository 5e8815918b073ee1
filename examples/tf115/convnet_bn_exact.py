"""The same, bit for bit, moving averages included.

tf1keras check examples/tf115/convnet_bn_exact.py
"""

import keras
from convnet_bn import model, rate, tf1_graph

from keras_models.exact import TF1FusedBatchNorm
from keras_models.tf1_optimizers import TF1Momentum

__all__ = ["keras_model", "tf1_graph"]


def keras_model() -> keras.Model:
    return model(TF1FusedBatchNorm, TF1Momentum(rate(), 0.9))
