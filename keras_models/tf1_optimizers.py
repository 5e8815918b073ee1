"""TensorFlow 1's SGD, Momentum, RMSProp and Adagrad as Keras optimizers, on its fused kernels.

Each is bit-identical to the optimizer of `tf.compat.v1.train` that it names. Two of them differ
from Keras' own in more than rounding: TensorFlow 1's RMSProp starts its mean square at one and
Keras' at zero; TensorFlow 1's Adagrad has no epsilon. Adam is in `keras_models/exact.py`.
"""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_models.exact import PACKAGE, rounded


class TF1Optimizer(keras.optimizers.Optimizer):
    """What the four share: hyperparameters rounded to float32, slots, one fused op per variable.

    `hyperparameters` are the constructor's arguments besides `learning_rate`; `slots` maps a
    slot's name to its initial value or to the hyperparameter that gives it.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ()
    slots: ClassVar[dict[str, float | str]] = {}
    precision = "float32"
    """What hyperparameters are rounded to; float64 is for a model's float64 twin."""

    def __init__(self, learning_rate: Any, name: str, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        if self.gradient_accumulation_steps:
            raise ValueError(
                f"gradient_accumulation_steps={self.gradient_accumulation_steps}: expected None, "
                "for TensorFlow 1's optimizers update at every step."
            )

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the slots of every variable."""
        if self.built:
            return
        super().build(variables)
        self.slot_variables = {
            slot: self.add_optimizer_variables(variables, slot, initializer=self._constant(value))
            for slot, value in self.slots.items()
        }

    def _constant(self, value: float | str) -> keras.initializers.Initializer:
        number = getattr(self, value) if isinstance(value, str) else value
        return keras.initializers.Constant(np.float64(number))

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Apply one fused update to `variable`, in place."""

        def as_tf1(value: Any) -> tf.Tensor:
            return rounded(value, self.precision, variable.dtype)

        index = self._get_variable_index(variable)
        handles = {name: of[index].value.handle for name, of in self.slot_variables.items()}
        self.apply_op(
            var=variable.handle,
            lr=as_tf1(learning_rate),
            grad=tf.cast(gradient, variable.dtype),
            as_tf1=as_tf1,
            **handles,
        )

    def apply_op(self, *, as_tf1: Any, **inputs: Any) -> None:
        """Call the fused op; `inputs` are var, lr, grad, the slots, and the cast `as_tf1`."""
        raise NotImplementedError  # abstract: each of the four below calls its own op

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to make the optimizer again."""
        return super().get_config() | {name: getattr(self, name) for name in self.hyperparameters}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1GradientDescent(TF1Optimizer):
    """`tf.compat.v1.train.GradientDescentOptimizer`."""

    def __init__(
        self, learning_rate: Any = 0.01, name: str = "tf1_gradient_descent", **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)

    def apply_op(self, *, as_tf1: Any, **inputs: Any) -> None:
        """Call ResourceApplyGradientDescent, which has its own names: var -= alpha * delta."""
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

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.9,
        nesterov: bool = False,
        name: str = "tf1_momentum",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.momentum, self.nesterov = momentum, nesterov

    def apply_op(self, *, as_tf1: Any, **inputs: Any) -> None:
        """Call ResourceApplyMomentum."""
        momentum = as_tf1(self.momentum)
        tf.raw_ops.ResourceApplyMomentum(**inputs, momentum=momentum, use_nesterov=self.nesterov)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1RMSProp(TF1Optimizer):
    """`tf.compat.v1.train.RMSPropOptimizer`; `rho` is its `decay`.

    ms = rho * ms + (1 - rho) * grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon);
    var -= mom. `initial_ms` is 1 in TensorFlow 1.
    """

    hyperparameters = ("rho", "momentum", "epsilon", "initial_ms")
    slots: ClassVar = {"ms": "initial_ms", "mom": 0.0}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-10,
        initial_ms: float = 1.0,
        name: str = "tf1_rmsprop",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon
        self.initial_ms = initial_ms

    def apply_op(self, *, as_tf1: Any, **inputs: Any) -> None:
        """Call ResourceApplyRMSProp."""
        tf.raw_ops.ResourceApplyRMSProp(
            **inputs,
            rho=as_tf1(self.rho),
            momentum=as_tf1(self.momentum),
            epsilon=as_tf1(self.epsilon),
        )


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adagrad(TF1Optimizer):
    """`tf.compat.v1.train.AdagradOptimizer`: accum += grad^2; var -= lr * grad / sqrt(accum)."""

    hyperparameters = ("initial_accumulator_value",)
    slots: ClassVar = {"accum": "initial_accumulator_value"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        name: str = "tf1_adagrad",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value

    def apply_op(self, *, as_tf1: Any, **inputs: Any) -> None:
        """Call ResourceApplyAdagrad."""
        tf.raw_ops.ResourceApplyAdagrad(**inputs)
