"""A Keras model as a Trainee whose full-batch gradient is summed over slices of the rows.

For data, or activations, that do not fit in memory: a step reads every slice once, from a
`tf.data.Dataset`, and updates once. It is the same gradient, but for the order of its sums.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.trainees.compiled import KerasTrainee


def slices(x: tf.Tensor, y: tf.Tensor, rows: int) -> tf.data.Dataset:
    """Return `x` [N, 784] and `y` [N, 10] as a dataset of slices of `rows` rows, in order."""
    starts = tf.data.Dataset.range(0, len(x), rows)
    return starts.map(lambda start: (x[start : start + rows], y[start : start + rows]))


class MicroBatchTrainee(KerasTrainee):
    """`model` bound to `data`, a dataset of slices (x [n, 784], y [n, 10]) of `rows` rows in all.

    Slices may differ in size: each counts by its rows. Penalties count once.
    """

    def __init__(
        self, name: str, model: keras.Model, data: tf.data.Dataset, rows: int, **options: Any
    ) -> None:
        super().__init__(name, model, data, rows, **options)
        with tf.device(self._device):
            self._sums = [
                tf.Variable(tf.zeros_like(variable.value), trainable=False)
                for variable in self._trained
            ]
            self._loss_sum = tf.Variable(tf.zeros([], self._dtype), trainable=False)
        self._add = tf.function(self._add_slice, autograph=False, reduce_retracing=True)
        self._apply = tf.function(self._apply_sums, autograph=False)
        self._train = self._train_on_slices

    def steps(self, count: int) -> list[np.floating]:
        """Run `count` updates, one by one; return the loss before each."""
        return [self.step() for _ in range(count)]

    def _train_on_slices(self, data: tf.data.Dataset, rows: int) -> tf.Tensor:
        for total in (self._loss_sum, *self._sums):
            total.assign(tf.zeros_like(total))
        for x, y in data:
            self._add(x, y, tf.constant(len(x) / rows, self._dtype))
        self._apply()
        return self._loss_sum.read_value()

    def _add_slice(self, x: tf.Tensor, y: tf.Tensor, share: tf.Tensor) -> None:
        """Add a slice's loss and gradient, times its `share` of the rows."""
        with tf.GradientTape() as tape:
            loss = self._loss(x, y)
        gradients = tape.gradient(loss, self._trained)
        self._loss_sum.assign_add(share * loss)
        for total, gradient in zip(self._sums, gradients, strict=True):
            total.assign_add(share * gradient)

    def _apply_sums(self) -> None:
        sums = [tf.convert_to_tensor(total) for total in self._sums]
        self._optimizer.apply(sums, self._trained)
