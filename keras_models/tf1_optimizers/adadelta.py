"""TensorFlow 1's Adadelta."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE
from keras_models.tf1_optimizers.fused import FusedOptimizer


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adadelta(FusedOptimizer):
    """`tf.compat.v1.train.AdadeltaOptimizer`, with its defaults.

    accum = rho * accum + (1 - rho) * grad^2;
    update = grad * sqrt(accum_update + epsilon) / sqrt(accum + epsilon);
    accum_update = rho * accum_update + (1 - rho) * update^2; var -= lr * update.
    """

    hyperparameters = ("rho", "epsilon")
    slots: ClassVar = {"accum": 0.0, "accum_update": 0.0}

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-8, **options: Any
    ) -> None:
        super().__init__(learning_rate, options.pop("name", "tf1_adadelta"), **options)
        self.rho, self.epsilon = rho, epsilon

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        self._fused("Adadelta", inputs, dtype, rho=self.rho, epsilon=self.epsilon)
