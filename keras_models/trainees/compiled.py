"""A compiled Keras model as a Trainee: one full-batch update at a time, and no copy of the data."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_models import transfer
from keras_models.article import moving, saved_paths, weight_paths
from keras_models.trainees.full_batch import FullBatchTrainee
from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.state import State


class KerasTrainee(FullBatchTrainee):
    """`model` bound to training data that lies on `device` already.

    `x` is [N, 784] and `y` is [N, 10], in the dtype of the model's variables. A step does what one
    full batch of `model.fit` does (the compiled loss, its gradient, the compiled optimizer),
    without its metrics.
    """

    def __init__(
        self,
        name: str,
        model: keras.Model,
        x: tf.Tensor,
        y: tf.Tensor,
        *,
        device: str | None = "/CPU:0",
        hyper: Hyperparameters = LISTING,
    ) -> None:
        self.model = model
        self._paths, self._saved = weight_paths(hyper), saved_paths(hyper)
        self._variables = {variable.path: variable for variable in model.trainable_variables}
        with tf.device(device):
            model.optimizer.build(model.trainable_variables)
        dtype = model.trainable_variables[0].dtype
        super().__init__(name, x, y, dtype, device=device, jit_compile=model.jit_compile)

    def _update(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self._loss(x, y)
        variables = self.model.trainable_variables
        self.model.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        predicted = self.model(x, training=True)
        if self._dtype != "float64":
            return self.model.compute_loss(x=x, y=y, y_pred=predicted)
        # `compute_loss` would round it to float32 on its way.
        weight = self.model._compile_loss._user_loss_weights or 1.0
        return tf.reduce_sum([weight * self.model.loss(y, predicted), *self.model.losses])

    def _forward(self, x: tf.Tensor) -> tf.Tensor:
        return self.model(x, training=False)

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays by the article's names: W1, b1, ..."""
        return {name: self._variables[path].numpy() for name, path in self._paths.items()}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set W1, b1, ...; the optimizer's state stays as it is."""
        for name, path in self._paths.items():
            self._variables[path].assign(weights[name])

    def state(self) -> State:
        """Return copies of weights, slots and step by the names of a TensorFlow 1 checkpoint."""
        return transfer.to_state(self.model, self._saved)

    def load_state(self, state: State) -> None:
        """Set weights, slots and step; training goes on from there, exactly in the exact lane."""
        transfer.load_state(self.model, state, self._saved)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of all that training depends on, random state included, by paths."""
        return {name: variable.numpy() for name, variable in moving(self.model).items()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        for name, variable in moving(self.model).items():
            variable.assign(snapshot[name])

    def save(self, folder: Path) -> None:
        """Write `folder`/NAME.keras: the compiled model with its optimizer's state."""
        self.model.save(folder / f"{self.name}.keras")
