"""AdamW, LazyAdam and Nadam of TensorFlow 1's `tf.contrib.opt`, rows of embeddings included."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE, TF1Adam
from keras_models.tf1_optimizers.averages import AveragesAsTF1


class _Scalars(NamedTuple):
    """Adam's numbers of one update, in the dtype of the variable."""

    rate: tf.Tensor
    """Of the learning rate, with both bias corrections."""
    beta_1: tf.Tensor
    beta_2: tf.Tensor
    epsilon: tf.Tensor


class AdamOfRows(AveragesAsTF1, TF1Adam):
    """Adam that updates an embedding by the ops that TensorFlow 1's takes for the rows of a batch.

    They round otherwise than the fused op. Every row moves and its slots decay, also where the
    batch does not look it up.
    """

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Update `variable` in place; a row that was looked up twice has one gradient."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        rows, places = tf.unique(gradient.indices)
        values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
        self._update_rows(variable, values, rows, self._scalars(variable.dtype, learning_rate))

    def _scalars(self, dtype: tf.DType, learning_rate: Any) -> _Scalars:
        power_1, power_2, rate, *others = (
            self._as_tf1(value, dtype)
            for value in (
                *(self.beta1_power, self.beta2_power, learning_rate),
                *(self.beta_1, self.beta_2, self.epsilon),
            )
        )
        return _Scalars(rate * tf.sqrt(1 - power_2) / (1 - power_1), *others)

    def _slots_of(self, variable: tf.Variable) -> tuple[tf.Variable, tf.Variable]:
        index = self._get_variable_index(variable)
        return self.slot_variables["m"][index].value, self.slot_variables["v"][index].value

    def _moved(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: _Scalars
    ) -> tuple[tf.Variable, tf.Variable]:
        """Decay the slots m and v of all rows, add what the rows of the batch give; return them."""
        m, v = self._slots_of(variable)
        m.assign(m * numbers.beta_1)
        m.scatter_add(tf.IndexedSlices(values * (1 - numbers.beta_1), rows))
        v.assign(v * numbers.beta_2)
        v.scatter_add(tf.IndexedSlices(values * values * (1 - numbers.beta_2), rows))
        return m, v

    def _update_rows(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: _Scalars
    ) -> None:
        m, v = self._moved(variable, values, rows, numbers)
        variable.assign_sub(numbers.rate * m / (tf.sqrt(v) + numbers.epsilon))


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1AdamW(AdamOfRows):
    """`tf.contrib.opt.AdamWOptimizer`: var -= weight_decay * var, then Adam.

    Keras' AdamW decays by learning rate times weight_decay. Of an embedding only the rows of the
    batch decay. `exclude_from_weight_decay` says what its `decay_var_list` left out. Gradients are
    those of the weights before they decay; TensorFlow 1's graph leaves open which it takes.
    """

    def __init__(
        self, weight_decay: float, *of_adam: Any, name: str = "tf1_adamw", **kwargs: Any
    ) -> None:
        super().__init__(*of_adam, name=name, weight_decay=weight_decay, **kwargs)

    def _apply_weight_decay(self, variables: list[keras.Variable]) -> None:
        """Leave Keras' own decay out."""

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Decay `variable`, then update it, in place."""
        if self._use_weight_decay(variable):
            decay = self._as_tf1(self.weight_decay, variable.dtype)
            if isinstance(gradient, tf.IndexedSlices):
                rows, _ = tf.unique(gradient.indices)
                variable.scatter_sub(tf.IndexedSlices(decay * tf.gather(variable, rows), rows))
            else:
                variable.assign_sub(decay * variable)
        super().update_step(gradient, variable, learning_rate)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1LazyAdam(AdamOfRows):
    """`tf.contrib.opt.LazyAdamOptimizer`: Adam that leaves rows alone which are not looked up."""

    def _update_rows(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: _Scalars
    ) -> None:
        m, v = self._slots_of(variable)
        m_rows = numbers.beta_1 * tf.gather(m, rows) + (1 - numbers.beta_1) * values
        v_rows = numbers.beta_2 * tf.gather(v, rows) + (1 - numbers.beta_2) * tf.square(values)
        m.scatter_update(tf.IndexedSlices(m_rows, rows))
        v.scatter_update(tf.IndexedSlices(v_rows, rows))
        step = numbers.rate * m_rows / (tf.sqrt(v_rows) + numbers.epsilon)
        variable.scatter_sub(tf.IndexedSlices(step, rows))


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Nadam(AdamOfRows):
    """`tf.contrib.opt.NadamOptimizer`: Adam that steps by beta_1 * m + (1 - beta_1) * grad.

    Without Nadam's momentum schedule, which Keras' has. Of an embedding the rows of the batch move.
    """

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        inputs["use_nesterov"] = True
        super()._apply_op(dtype, **inputs)

    def _update_rows(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: _Scalars
    ) -> None:
        m, v = self._moved(variable, values, rows, numbers)
        ahead = values * (1 - numbers.beta_1) + numbers.beta_1 * tf.gather(m, rows)
        step = -numbers.rate * ahead / (tf.sqrt(tf.gather(v, rows)) + numbers.epsilon)
        variable.scatter_add(tf.IndexedSlices(step, rows))
