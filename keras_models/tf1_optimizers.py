"""TensorFlow 1's SGD, Momentum, RMSProp and Adagrad as Keras optimizers, on its fused kernels.

Each is bit-identical to the optimizer of `tf.compat.v1.train` that it names. Two of them differ
from Keras' own in more than rounding: TensorFlow 1's RMSProp starts its mean square at one and
Keras' at zero; TensorFlow 1's Adagrad has no epsilon. As there, the learning rate has no default.
Adam is in `keras_models/exact.py`.
"""

from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE, TF1Optimizer


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1GradientDescent(TF1Optimizer):
    """`tf.compat.v1.train.GradientDescentOptimizer`."""

    def __init__(
        self, learning_rate: Any, name: str = "tf1_gradient_descent", **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        # It has its own names: var -= alpha * delta.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=inputs["var"], alpha=inputs["lr"], delta=inputs["grad"]
        )


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Momentum(TF1Optimizer):
    """`tf.compat.v1.train.MomentumOptimizer`; `nesterov` is its `use_nesterov`.

    accum = momentum * accum + grad; var -= lr * accum. Keras' SGD keeps -lr * accum instead.
    """

    hyperparameters = ("momentum", "nesterov")
    slots: ClassVar = {"accum": 0.0}
    leaves_rows = True

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
        ops = tf.raw_ops
        sparse = "indices" in inputs
        op = ops.ResourceSparseApplyMomentum if sparse else ops.ResourceApplyMomentum
        op(**inputs, momentum=self._as_tf1(self.momentum, dtype), use_nesterov=self.nesterov)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1RMSProp(TF1Optimizer):
    """`tf.compat.v1.train.RMSPropOptimizer`; `rho` is its `decay`.

    ms = rho * ms + (1 - rho) * grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon);
    var -= mom. `initial_ms` is 1 in TensorFlow 1.
    """

    hyperparameters = ("rho", "momentum", "epsilon", "initial_ms")
    slots: ClassVar = {"ms": "initial_ms", "mom": 0.0}
    leaves_rows = True

    def __init__(
        self,
        learning_rate: Any,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        initial_ms: float = 1.0,
        name: str = "tf1_rmsprop",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.rho, self.momentum = rho, momentum
        self.epsilon, self.initial_ms = epsilon, initial_ms

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        ops = tf.raw_ops
        op = ops.ResourceSparseApplyRMSProp if "indices" in inputs else ops.ResourceApplyRMSProp
        op(
            **inputs,
            rho=self._as_tf1(self.rho, dtype),
            momentum=self._as_tf1(self.momentum, dtype),
            epsilon=self._as_tf1(self.epsilon, dtype),
        )


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adagrad(TF1Optimizer):
    """`tf.compat.v1.train.AdagradOptimizer`: accum += grad^2; var -= lr * grad / sqrt(accum)."""

    hyperparameters = ("initial_accumulator_value",)
    slots: ClassVar = {"accum": "initial_accumulator_value"}
    leaves_rows = True

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
        ops = tf.raw_ops
        (ops.ResourceSparseApplyAdagrad if "indices" in inputs else ops.ResourceApplyAdagrad)(
            **inputs
        )
