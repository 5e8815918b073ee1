"""TensorFlow 1's optimizers as Keras optimizers: what all of them have, and Adam.

Keras' `Adam` computes 1 - beta in float64 and beta^t by `pow`. TensorFlow 1 kept float32 betas,
float32 running products of them, and one fused kernel, ApplyAdam
(`tensorflow/python/training/adam.py`, `core/kernels/training_ops.cc`).
"""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_models.exact.package import PACKAGE


class TF1Optimizer(keras.optimizers.Optimizer):
    """One of TensorFlow 1's optimizers: slots, and one fused op per variable.

    `hyperparameters` are the constructor's arguments besides `learning_rate`, rounded to float32
    whatever the dtype of the variables, as TensorFlow 1 did; `slots` maps a slot's name to its
    initial value or to the hyperparameter that gives it.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ()
    slots: ClassVar[dict[str, float | str]] = {}
    leaves_rows: ClassVar[bool] = False
    """Rows of an embedding that a batch does not look up stay, and so do their slots."""
    precision = "float32"
    """What hyperparameters are rounded to; float64 is for a model's float64 twin."""
    whose_steps = "optimizers update"
    """Who updates, as the refusal to accumulate gradients says it."""

    def __init__(self, learning_rate: Any, name: str, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        if self.gradient_accumulation_steps:
            raise ValueError(
                f"gradient_accumulation_steps={self.gradient_accumulation_steps}: expected None, "
                f"for TensorFlow 1's {self.whose_steps} at every step."
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
        dtype, index = variable.dtype, self._get_variable_index(variable)
        inputs = {slot: of[index].value.handle for slot, of in self.slot_variables.items()}
        if self.leaves_rows and isinstance(gradient, tf.IndexedSlices):
            # A row that was looked up twice has one gradient, as in TensorFlow 1's Optimizer.
            inputs["indices"], places = tf.unique(gradient.indices)
            rows = tf.size(inputs["indices"])
            gradient = tf.math.unsorted_segment_sum(gradient.values, places, rows)
        self._apply_op(
            dtype,
            var=variable.handle,
            lr=self._as_tf1(learning_rate, dtype),
            grad=tf.cast(gradient, dtype),
            **inputs,
        )

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        """Call the fused op in `dtype`; `inputs` are var, lr, grad, the slots, and any indices."""
        raise NotImplementedError  # abstract: each optimizer calls its own op

    def _as_tf1(self, value: Any, dtype: tf.DType) -> tf.Tensor:
        """Return `value` in `dtype`, rounded as TensorFlow 1 did; it casts Python's by float32."""
        number = np.float64(value) if isinstance(value, float) else value
        return tf.cast(tf.cast(number, self.precision), dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to make the optimizer again (learning rate included)."""
        return super().get_config() | {name: getattr(self, name) for name in self.hyperparameters}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adam(TF1Optimizer):
    """`tf.compat.v1.train.AdamOptimizer` as a Keras optimizer, with its defaults.

    Per variable a slot m and a slot v in the variable's dtype; per optimizer two float32 scalars,
    `beta1_power` and `beta2_power`, that hold beta^(t+1) after t updates, as in a TensorFlow 1
    checkpoint. In a float64 twin they have its precision.
    """

    hyperparameters = ("beta_1", "beta_2", "epsilon")
    whose_steps = "Adam updates"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        name: str = "tf1_adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the slots m and v of every variable and the two beta powers."""
        if self.built:
            return
        super().build(variables)
        # A .keras file has m and v of a variable side by side.
        m, v = self.add_optimizer_variables(variables, ["m", "v"])
        self.slot_variables = {"m": m, "v": v}
        self.beta1_power, self.beta2_power = (
            self.add_variable((), initializer=self._constant(beta), dtype=self.precision, name=name)
            for name, beta in (("beta1_power", self.beta_1), ("beta2_power", self.beta_2))
        )

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        """Update every variable, then advance the beta powers by one float32 product each."""
        super().apply(grads, trainable_variables)
        for power, beta in ((self.beta1_power, self.beta_1), (self.beta2_power, self.beta_2)):
            power.assign(tf.convert_to_tensor(power) * tf.constant(beta, self.precision))

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        tf.raw_ops.ResourceApplyAdam(
            **inputs,
            beta1_power=self._as_tf1(self.beta1_power, dtype),
            beta2_power=self._as_tf1(self.beta2_power, dtype),
            beta1=self._as_tf1(self.beta_1, dtype),
            beta2=self._as_tf1(self.beta_2, dtype),
            epsilon=self._as_tf1(self.epsilon, dtype),
        )
