"""TensorFlow 1's Ftrl."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE
from keras_models.tf1_optimizers.fused import Shrinking


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Ftrl(Shrinking):
    """`tf.compat.v1.train.FtrlOptimizer`, by its parameters' names.

    With n = accum, z = linear and p = -`learning_rate_power`: new = n + grad^2;
    z += grad + 2 * l2_shrinkage * var - (new^p - n^p) / lr * var; n = new;
    var = 0 where |z| <= l1, else (sign(z) * l1 - z) / (n^p / lr + 2 * l2)
    (McMahan et al.: Ad click prediction, KDD 2013).
    """

    hyperparameters = (
        "learning_rate_power",
        "initial_accumulator_value",
        *Shrinking.hyperparameters,
        "l2_shrinkage_regularization_strength",
    )
    slots: ClassVar = {"accum": "initial_accumulator_value", "linear": 0.0}

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l2_shrinkage_regularization_strength: float = 0.0,
        name: str = "tf1_ftrl",
        **strengths: Any,
    ) -> None:
        super().__init__(learning_rate, name, **strengths)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        numbers = {**self._strengths, "lr_power": self.learning_rate_power}
        shrinkage = self.l2_shrinkage_regularization_strength
        if shrinkage > 0:  # as there: the other op rounds otherwise
            self._fused("FtrlV2", inputs, dtype, l2_shrinkage=shrinkage, **numbers)
        else:
            self._fused("Ftrl", inputs, dtype, **numbers)
