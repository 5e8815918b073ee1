"""TensorFlow 1's Adam as a Keras optimizer.

Keras' `Adam` computes 1 - beta in float64 and beta^t by `pow`. TensorFlow 1 kept float32 betas,
float32 running products of them, and one fused kernel, ApplyAdam
(`tensorflow/python/training/adam.py`, `core/kernels/training_ops.cc`).
"""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_models.exact.optimizer import TF1Optimizer
from keras_models.exact.package import PACKAGE


class Scalars(NamedTuple):
    """Adam's numbers of one update, in the dtype of the variable."""

    rate: tf.Tensor
    """Of the learning rate, with both bias corrections."""
    beta_1: tf.Tensor
    beta_2: tf.Tensor
    epsilon: tf.Tensor


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adam(TF1Optimizer):
    """`tf.compat.v1.train.AdamOptimizer` as a Keras optimizer, with its defaults.

    Per variable a slot m and a slot v in the variable's dtype; per optimizer two float32 scalars,
    `beta1_power` and `beta2_power`, that hold beta^(t+1) after t updates, as in a TensorFlow 1
    checkpoint. In a float64 twin they have its precision.

    An embedding is updated by the ops that TensorFlow 1 takes for the rows of a batch, which round
    otherwise than the fused one: all rows move and their slots decay, looked up or not.
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

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Update `variable` in place; a row that was looked up twice has one gradient."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        rows, places = tf.unique(gradient.indices)
        values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
        self._update_rows(variable, values, rows, self._scalars(variable.dtype, learning_rate))

    def _scalars(self, dtype: tf.DType, learning_rate: Any) -> Scalars:
        power_1, power_2, rate, *others = (
            self._as_tf1(value, dtype)
            for value in (
                *(self.beta1_power, self.beta2_power, learning_rate),
                *(self.beta_1, self.beta_2, self.epsilon),
            )
        )
        return Scalars(rate * tf.sqrt(1 - power_2) / (1 - power_1), *others)

    def _slots_of(self, variable: tf.Variable) -> tuple[tf.Variable, tf.Variable]:
        index = self._get_variable_index(variable)
        return self.slot_variables["m"][index].value, self.slot_variables["v"][index].value

    def _moved(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: Scalars
    ) -> tuple[tf.Variable, tf.Variable]:
        """Decay the slots m and v of all rows, add what the rows of the batch give; return them."""
        m, v = self._slots_of(variable)
        m.assign(m * numbers.beta_1)
        m.scatter_add(tf.IndexedSlices(values * (1 - numbers.beta_1), rows))
        v.assign(v * numbers.beta_2)
        v.scatter_add(tf.IndexedSlices(values * values * (1 - numbers.beta_2), rows))
        return m, v

    def _update_rows(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: Scalars
    ) -> None:
        m, v = self._moved(variable, values, rows, numbers)
        variable.assign_sub(numbers.rate * m / (tf.sqrt(v) + numbers.epsilon))
