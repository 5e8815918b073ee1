"""What all of TensorFlow 1's optimizers have as Keras optimizers."""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_models.exact.averages import AveragesAsTF1


class TF1Optimizer(AveragesAsTF1):
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

    def _clip_gradients(self, grads: list) -> list:
        """Clip by TensorFlow 1's ops, which take an embedding's rows as they were looked up."""
        if self.global_clipnorm and self.global_clipnorm > 0:
            return tf.clip_by_global_norm(grads, self.global_clipnorm)[0]
        return super()._clip_gradients(grads)

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
