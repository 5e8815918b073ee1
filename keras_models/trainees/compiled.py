"""A compiled Keras model as a Trainee: one full-batch update at a time, and no copy of the data."""

from pathlib import Path

import keras
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
        self.model, self._saved = model, saved_paths(hyper)
        at = {variable.path: variable for variable in model.trainable_variables}
        weights = {weight: at[path] for weight, path in weight_paths(hyper).items()}
        super().__init__(
            name, weights, model.optimizer, x, y, device=device, jit_compile=model.jit_compile
        )

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        predicted = self.model(x, training=True)
        if self._dtype != tf.float64:
            return self.model.compute_loss(x=x, y=y, y_pred=predicted)
        # `compute_loss` would round it to float32 on its way.
        weight = self.model._compile_loss._user_loss_weights or 1.0
        return tf.reduce_sum([weight * self.model.loss(y, predicted), *self.model.losses])

    def _forward(self, x: tf.Tensor) -> tf.Tensor:
        return self.model(x, training=False)

    def _moving(self) -> dict[str, keras.Variable]:
        return moving(self.model)

    def state(self) -> State:
        """Return copies of weights, slots and step by the names of a TensorFlow 1 checkpoint."""
        return transfer.to_state(self.model, self._saved)

    def load_state(self, state: State) -> None:
        """Set weights, slots and step; training goes on from there, exactly in the exact lane."""
        transfer.load_state(self.model, state, self._saved)

    def save(self, folder: Path) -> None:
        """Write `folder`/NAME.keras: the compiled model with its optimizer's state."""
        self.model.save(folder / f"{self.name}.keras")
