"""The same convolution and fused batch normalization, bit for bit, moving averages included.

tf1keras check examples/batch_norm_exact.py
"""

import keras
from batch_norm import model, tf1_graph

from keras_models.exact import TF1FusedBatchNorm
from keras_models.tf1_optimizers import TF1Momentum

__all__ = ["keras_model", "tf1_graph"]


def keras_model() -> keras.Model:
    return model(TF1FusedBatchNorm, TF1Momentum(0.1, 0.9))
