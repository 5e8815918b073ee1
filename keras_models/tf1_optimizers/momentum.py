"""TensorFlow 1's Momentum, Nesterov's included."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE
from keras_models.tf1_optimizers.fused import FusedOptimizer


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Momentum(FusedOptimizer):
    """`tf.compat.v1.train.MomentumOptimizer`; `nesterov` is its `use_nesterov`.

    accum = momentum * accum + grad; var -= lr * accum, with Nesterov's
    var -= lr * (grad + momentum * accum). Keras' SGD keeps -lr * accum instead.
    """

    hyperparameters = ("momentum", "nesterov")
    slots: ClassVar = {"accum": 0.0}

    def __init__(
        self,
        learning_rate: Any,
        momentum: float = 0.9,
        nesterov: bool = False,
        name: str = "tf1_momentum",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.momentum, self.nesterov = momentum, nesterov

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        inputs["use_nesterov"] = self.nesterov
        self._fused("Momentum", inputs, dtype, momentum=self.momentum)
