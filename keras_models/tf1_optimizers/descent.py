"""TensorFlow 1's GradientDescent and ProximalGradientDescent, which keep nothing."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE, TF1Optimizer
from keras_models.tf1_optimizers.fused import Shrinking


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1GradientDescent(TF1Optimizer):
    """`tf.compat.v1.train.GradientDescentOptimizer`: var -= lr * grad."""

    def __init__(
        self, learning_rate: Any, name: str = "tf1_gradient_descent", **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Update `variable` in place; a row that was looked up twice is moved twice."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        delta = gradient.values * self._as_tf1(learning_rate, variable.dtype)
        variable.scatter_sub(tf.IndexedSlices(delta, gradient.indices))

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        # It has its own names: var -= alpha * delta.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=inputs["var"], alpha=inputs["lr"], delta=inputs["grad"]
        )


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1ProximalGradientDescent(Shrinking):
    """`tf.compat.v1.train.ProximalGradientDescentOptimizer`; Keras has none.

    w = var - lr * grad; var = sign(w) * max(|w| - lr * l1, 0) / (1 + lr * l2), where l1 and l2 are
    the `..._regularization_strength`s (Duchi and Singer, JMLR 10, 2009).
    """

    def __init__(
        self, learning_rate: Any, name: str = "tf1_proximal_gradient_descent", **strengths: Any
    ) -> None:
        super().__init__(learning_rate, name, **strengths)

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        inputs["alpha"] = inputs.pop("lr")
        if "indices" not in inputs:
            inputs["delta"] = inputs.pop("grad")
        self._fused("ProximalGradientDescent", inputs, dtype, **self._strengths)
