"""TensorFlow 1's optimizers as Keras optimizers, on its fused kernels.

Each is bit-identical to the optimizer of `tf.compat.v1.train` that it names, also where a batch
looks up a few rows of an embedding: then a row that it looks up twice has one gradient, the sum,
and rows that it does not look up stay, slots included. As there, only Adadelta's learning rate has
a default. Adam is in `keras_models.exact`; `tf.contrib.opt`'s are here. With `use_ema` all
average as TensorFlow 1's ExponentialMovingAverage does.
"""

from keras_models.tf1_optimizers.adadelta import TF1Adadelta
from keras_models.tf1_optimizers.adagrad import TF1Adagrad, TF1ProximalAdagrad
from keras_models.tf1_optimizers.adam import TF1AdamW, TF1LazyAdam, TF1Nadam
from keras_models.tf1_optimizers.descent import TF1GradientDescent, TF1ProximalGradientDescent
from keras_models.tf1_optimizers.ftrl import TF1Ftrl
from keras_models.tf1_optimizers.momentum import TF1Momentum
from keras_models.tf1_optimizers.rmsprop import TF1RMSProp

__all__ = [
    "TF1Adadelta",
    "TF1Adagrad",
    "TF1AdamW",
    "TF1Ftrl",
    "TF1GradientDescent",
    "TF1LazyAdam",
    "TF1Momentum",
    "TF1Nadam",
    "TF1ProximalAdagrad",
    "TF1ProximalGradientDescent",
    "TF1RMSProp",
]
