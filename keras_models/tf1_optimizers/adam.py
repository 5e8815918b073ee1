"""AdamW, LazyAdam and Nadam of TensorFlow 1's `tf.contrib.opt`, rows of embeddings included."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE, TF1Adam
from keras_models.exact.adam import Scalars


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1AdamW(TF1Adam):
    """`tf.contrib.opt.AdamWOptimizer`: var -= weight_decay * var, then Adam.

    Keras' AdamW decays by learning rate times weight_decay. Of an embedding only the rows of the
    batch decay. `exclude_from_weight_decay` says what its `decay_var_list` left out. Gradients are
    those of the weights before they decay; TensorFlow 1's graph leaves open which it takes.
    """

    def __init__(self, weight_decay: float, *of_adam: Any, **options: Any) -> None:
        options = {"name": "tf1_adamw", "weight_decay": weight_decay, **options}
        super().__init__(*of_adam, **options)

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
class TF1LazyAdam(TF1Adam):
    """`tf.contrib.opt.LazyAdamOptimizer`: Adam that leaves rows alone which are not looked up."""

    def _update_rows(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: Scalars
    ) -> None:
        m, v = self._slots_of(variable)
        m_rows = numbers.beta_1 * tf.gather(m, rows) + (1 - numbers.beta_1) * values
        v_rows = numbers.beta_2 * tf.gather(v, rows) + (1 - numbers.beta_2) * tf.square(values)
        m.scatter_update(tf.IndexedSlices(m_rows, rows))
        v.scatter_update(tf.IndexedSlices(v_rows, rows))
        step = numbers.rate * m_rows / (tf.sqrt(v_rows) + numbers.epsilon)
        variable.scatter_sub(tf.IndexedSlices(step, rows))


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Nadam(TF1Adam):
    """`tf.contrib.opt.NadamOptimizer`: Adam that steps by beta_1 * m + (1 - beta_1) * grad.

    Without Nadam's momentum schedule, which Keras' has. Of an embedding the rows of the batch move.
    """

    def _apply_op(self, dtype: tf.DType, **inputs: Any) -> None:
        inputs["use_nesterov"] = True
        super()._apply_op(dtype, **inputs)

    def _update_rows(
        self, variable: tf.Variable, values: tf.Tensor, rows: tf.Tensor, numbers: Scalars
    ) -> None:
        m, v = self._moved(variable, values, rows, numbers)
        ahead = values * (1 - numbers.beta_1) + numbers.beta_1 * tf.gather(m, rows)
        step = -numbers.rate * ahead / (tf.sqrt(tf.gather(v, rows)) + numbers.epsilon)
        variable.scatter_add(tf.IndexedSlices(step, rows))
