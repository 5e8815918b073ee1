"""The article's model in TensorFlow 2 without Keras' layers, as a Trainee.

It does what `keras_models/tf2_listing.py` does, with all that is varied of the article. Its
optimizer is Keras' own, for TensorFlow 2 has no other, or TensorFlow 1's; with the latter it is the
TensorFlow 1 graph bit for bit.
"""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_models import transfer, translation
from keras_models.article import PIECES, Lane, optimizer_of
from keras_models.costs import TF1Penalty
from keras_models.trainees.full_batch import FullBatchTrainee
from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.state import POWERS, State


class TF2Trainee(FullBatchTrainee):
    """Weights of zeros, bound to training data that lies on `device` already.

    `x` is [N, 784] and `y` is [N, 10], in the dtype that all is computed in. `pieces` says whose
    optimizer it is: the idiomatic lane's, Keras' own, or the exact lane's, TensorFlow 1's.
    """

    def __init__(
        self,
        name: str,
        x: tf.Tensor,
        y: tf.Tensor,
        pieces: Lane = "idiomatic",
        *,
        device: str = "/CPU:0",
        hyper: Hyperparameters = LISTING,
    ) -> None:
        self._hyper = hyper
        shapes = [shape for inputs, units in hyper.layers for shape in ([inputs, units], [units])]
        with tf.device(device):
            self._weights = [tf.Variable(tf.zeros(shape, x.dtype)) for shape in shapes]
            self._optimizer: keras.optimizers.Optimizer = optimizer_of(PIECES[pieces], hyper)
            self._optimizer.build(self._weights)
        super().__init__(name, x, y, x.dtype.name, device=device)

    def _update(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            cost = self._cost(self._forward(x), y)
        gradients = tape.gradient(cost, self._weights)
        self._optimizer.apply_gradients(zip(gradients, self._weights, strict=True))
        return cost

    def _forward(self, x: tf.Tensor) -> tf.Tensor:
        hidden_layer = output_layer = x
        for number, (W, b) in enumerate(zip(self._weights[::2], self._weights[1::2], strict=True)):
            if number:
                hidden_layer = tf.nn.relu(output_layer)
            # [N, inputs] @ [inputs, units] + [units] -> [N, units]
            output_layer = tf.matmul(hidden_layer, W) + b
        return output_layer

    def _cost(self, output_layer: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        if self._hyper.cost == "mse":  # 1 / 2N * sum (f(X; theta) - Y)^2
            cost = tf.reduce_mean(tf.reduce_sum(tf.square(output_layer - y), axis=1) / 2)
        else:
            cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, output_layer))
        if not (self._hyper.l1 or self._hyper.l2):
            return cost
        penalty = TF1Penalty(self._hyper.l1, self._hyper.l2)
        return tf.reduce_sum([cost, *map(penalty, self._weights[::2])])

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays by the article's names: W1, b1, ..."""
        return {n: w.numpy() for n, w in zip(self._hyper.names, self._weights, strict=True)}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set W1, b1, ...; the optimizer's state stays as it is."""
        for name, variable in zip(self._hyper.names, self._weights, strict=True):
            variable.assign(weights[name])

    def state(self) -> State:
        """Return copies of weights, slots and step by the names of a TensorFlow 1 checkpoint."""
        names, optimizer = self._hyper.variables, self._optimizer
        weights = dict(zip(names, self.weights().values(), strict=True))
        slots = {
            slot: {name: one.numpy() for name, one in zip(names, variables, strict=True)}
            for slot, variables in translation.slots(optimizer).items()
        }
        rule, step = translation.rule(optimizer), int(optimizer.iterations.numpy())
        return State(
            weights, slots, transfer.powers(optimizer, rule, step), step, rule if slots else None
        )

    def load_state(self, state: State) -> None:
        """Set weights, slots and step; training goes on from there."""
        names, optimizer = self._hyper.variables, self._optimizer
        own = zip(self._hyper.names, names, strict=True)
        self.load_weights({name: state.weights[saved] for name, saved in own})
        for slot, variables in translation.slots(optimizer).items():
            for name, variable in zip(names, variables, strict=True):
                variable.assign(state.slots[slot][name])
        if hasattr(optimizer, "beta1_power"):
            for power in POWERS:
                getattr(optimizer, power).assign(state.powers[power])
        optimizer.iterations.assign(state.step or 0)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of all that training depends on."""
        return {name: variable.numpy() for name, variable in self._moving().items()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        for name, variable in self._moving().items():
            variable.assign(snapshot[name])

    def _moving(self) -> dict[str, tf.Variable | keras.Variable]:
        own = dict(zip(self._hyper.names, self._weights, strict=True))
        numbered = enumerate(self._optimizer.variables)
        return own | {f"optimizer {number}": variable for number, variable in numbered}

    def save(self, folder: Path) -> None:
        """Write `folder`/NAME/ckpt.*, a TensorFlow 2 checkpoint of weights and optimizer."""
        (folder / self.name).mkdir()
        own = dict(zip(self._hyper.names, self._weights, strict=True))
        saved = tf.train.Checkpoint(**own, optimizer=self._optimizer)
        saved.write(str(folder / self.name / "ckpt"))
