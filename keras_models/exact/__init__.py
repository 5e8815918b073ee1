"""Pieces that make a Keras model bit-identical to a TensorFlow 1 graph: layers, losses and Adam.

The other optimizers are in `keras_models.tf1_optimizers`.
"""

from keras_models.exact.adam import TF1Adam
from keras_models.exact.batch_norm import TF1BatchNorm, TF1FusedBatchNorm
from keras_models.exact.bias import (
    AddV2Conv2D,
    AddV2Dense,
    BiasAddConv2D,
    BiasAddDense,
    BiasAddSeparableConv2D,
    add_bias,
)
from keras_models.exact.cells import TF1GRUCell, TF1LSTMCell, TF1RNNCell, TF1StaticRNN
from keras_models.exact.costs import TF1L2, TF1Cost, TF1Model
from keras_models.exact.distances import TF1Contrastive
from keras_models.exact.dropout import TF1Dropout
from keras_models.exact.images import TF1LocalResponseNormalization, TF1ResizeBilinear
from keras_models.exact.losses import TF1Loss
from keras_models.exact.optimizer import TF1Optimizer
from keras_models.exact.outputs import OutputAsLoss
from keras_models.exact.package import PACKAGE
from keras_models.exact.probabilities import TF1BinaryCrossentropy, TF1CategoricalCrossentropy

__all__ = [
    "PACKAGE",
    "TF1L2",
    "AddV2Conv2D",
    "AddV2Dense",
    "BiasAddConv2D",
    "BiasAddDense",
    "BiasAddSeparableConv2D",
    "OutputAsLoss",
    "TF1Adam",
    "TF1BatchNorm",
    "TF1BinaryCrossentropy",
    "TF1CategoricalCrossentropy",
    "TF1Contrastive",
    "TF1Cost",
    "TF1Dropout",
    "TF1FusedBatchNorm",
    "TF1GRUCell",
    "TF1LSTMCell",
    "TF1LocalResponseNormalization",
    "TF1Loss",
    "TF1Model",
    "TF1Optimizer",
    "TF1RNNCell",
    "TF1ResizeBilinear",
    "TF1StaticRNN",
    "add_bias",
]
