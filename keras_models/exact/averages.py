"""TensorFlow 1's averages of weights, where Keras has `use_ema`."""

from typing import Any

import keras
import tensorflow as tf


class AveragesAsTF1(keras.optimizers.Optimizer):
    """Makes an optimizer's `use_ema` be `tf.compat.v1.train.ExponentialMovingAverage`.

    `ema_momentum` is its decay; `ema_num_updates`: it was given the global step as `num_updates`,
    so that after n updates the decay is at most (1 + n) / (10 + n). average -= (average - var) *
    (1 - decay), decay in the dtype of `floatx`, from the variable's initial value; Keras' starts at
    the value after the first update.
    """

    def __init__(self, *args: Any, ema_num_updates: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ema_num_updates = ema_num_updates

    def _backend_apply_gradients(self, grads: list, trainable_variables: list) -> None:
        if self.use_ema:
            first = tf.equal(tf.convert_to_tensor(self.iterations), 0)
            for variable, average in self._averaged():
                average.assign(tf.where(first, variable, average))
        super()._backend_apply_gradients(grads, trainable_variables)

    def _update_model_variables_moving_average(self, trainable_variables: list) -> None:
        dtype = keras.config.floatx()
        decay = tf.constant(self.ema_momentum, dtype)
        if self.ema_num_updates:
            updates = tf.cast(tf.convert_to_tensor(self.iterations) + 1, dtype)
            decay = tf.minimum(decay, (1.0 + updates) / (10.0 + updates))
        for variable, average in self._averaged():
            average.assign_sub((average - variable) * tf.cast(1.0 - decay, average.dtype))

    def _averaged(self) -> list[tuple[tf.Variable, tf.Variable]]:
        both = zip(self._trainable_variables, self._model_variables_moving_average, strict=True)
        return [(variable.value, average.value) for variable, average in both]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to make the optimizer again."""
        return super().get_config() | {"ema_num_updates": self.ema_num_updates}
