"""TensorFlow 1's Adagrad and ProximalAdagrad."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE
from keras_models.tf1_optimizers.fused import FusedOptimizer, Shrinking


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adagrad(FusedOptimizer):
    """`tf.compat.v1.train.AdagradOptimizer`: accum += grad^2; var -= lr * grad / sqrt(accum).

    Keras' adds an epsilon.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("initial_accumulator_value",)
    slots: ClassVar = {"accum": "initial_accumulator_value"}

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        name: str = "tf1_adagrad",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        self._fused("Adagrad", inputs, dtype)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1ProximalAdagrad(Shrinking):
    """`tf.compat.v1.train.ProximalAdagradOptimizer`; Keras has none.

    accum += grad^2; rate = lr / sqrt(accum); w = var - rate * grad;
    var = sign(w) * max(|w| - rate * l1, 0) / (1 + rate * l2), where l1 and l2 are the
    `..._regularization_strength`s (Duchi and Singer, JMLR 10, 2009).
    """

    hyperparameters = ("initial_accumulator_value", *Shrinking.hyperparameters)
    slots = TF1Adagrad.slots

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, **options: Any
    ) -> None:
        super().__init__(learning_rate, options.pop("name", "tf1_proximal_adagrad"), **options)
        self.initial_accumulator_value = initial_accumulator_value

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        self._fused("ProximalAdagrad", inputs, dtype, **self._strengths)
