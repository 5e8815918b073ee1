"""TensorFlow 1's RMSProp, plain and centered."""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE
from keras_models.tf1_optimizers.fused import FusedOptimizer


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1RMSProp(FusedOptimizer):
    """`tf.compat.v1.train.RMSPropOptimizer`; `rho` is its `decay`.

    ms = rho * ms + (1 - rho) * grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon);
    var -= mom. `centered` takes mg^2 from ms under the root, mg = rho * mg + (1 - rho) * grad.
    `initial_ms` is 1 in TensorFlow 1; Keras' starts at 0.
    """

    hyperparameters = ("rho", "momentum", "epsilon", "centered", "initial_ms")
    slots: ClassVar = {"ms": "initial_ms", "mom": 0.0}

    def __init__(
        self,
        learning_rate: Any,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        centered: bool = False,
        initial_ms: float = 1.0,
        name: str = "tf1_rmsprop",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon
        self.centered, self.initial_ms = centered, initial_ms

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the slots ms and mom of every variable; of a centered one, mg."""
        if self.built:
            return
        super().build(variables)
        if self.centered:
            self.slot_variables["mg"] = self.add_optimizer_variables(variables, "mg")

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        self._fused(
            "CenteredRMSProp" if self.centered else "RMSProp",
            inputs,
            dtype,
            rho=self.rho,
            momentum=self.momentum,
            epsilon=self.epsilon,
        )
