"""The article's model in TensorFlow 2 without Keras' layers, as a Trainee.

It does what `keras_models/tf2_listing.py` does, with all that is varied of the article. Its
optimizer is Keras' own, for TensorFlow 2 has no other, or TensorFlow 1's; with the latter it is the
TensorFlow 1 graph bit for bit.
"""

from pathlib import Path

import keras
import tensorflow as tf

from keras_models import transfer
from keras_models.article import PIECES, Lane, optimizer_of
from keras_models.costs import TF1Penalty
from keras_models.pairing import View
from keras_models.trainees.full_batch import FullBatchTrainee
from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.state import State


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
            weights = [tf.Variable(tf.zeros(shape, x.dtype)) for shape in shapes]
            optimizer = optimizer_of(PIECES[pieces], hyper)
        named = dict(zip(hyper.names, weights, strict=True))
        super().__init__(name, named, optimizer, x, y, device=device)

    def _forward(self, x: tf.Tensor) -> tf.Tensor:
        hidden_layer = output_layer = x
        for number, (W, b) in enumerate(zip(self._trained[::2], self._trained[1::2], strict=True)):
            if number:
                hidden_layer = tf.nn.relu(output_layer)
            # [N, inputs] @ [inputs, units] + [units] -> [N, units]
            output_layer = tf.matmul(hidden_layer, W) + b
        return output_layer

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        output_layer = self._forward(x)
        if self._hyper.cost == "mse":  # 1 / 2N * sum (f(X; theta) - Y)^2
            cost = tf.reduce_mean(tf.reduce_sum(tf.square(output_layer - y), axis=1) / 2)
        else:
            cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, output_layer))
        if not (self._hyper.l1 or self._hyper.l2):
            return cost
        penalty = TF1Penalty(self._hyper.l1, self._hyper.l2)
        return tf.reduce_sum([cost, *map(penalty, self._trained[::2])])

    def state(self) -> State:
        """Return copies of weights, slots and step by the names of a TensorFlow 1 checkpoint."""
        return transfer.reached(self._saved(), self._optimizer)

    def load_state(self, state: State) -> None:
        """Set weights, slots and step; training goes on from there."""
        moves = transfer.moves(self._saved(), self._optimizer, state)
        moves += [(name, variable, state.weights[name]) for name, variable in self._saved().items()]
        for _, variable, array in moves:
            variable.assign(array)

    def _saved(self) -> dict[str, View]:
        named = zip(self._hyper.variables, self._trained, strict=True)
        return {name: View([variable]) for name, variable in named}

    def _moving(self) -> dict[str, tf.Variable | keras.Variable]:
        numbered = enumerate(self._optimizer.variables)
        return {**self._named, **{f"optimizer {number}": one for number, one in numbered}}

    def save(self, folder: Path) -> None:
        """Write `folder`/NAME/ckpt.*, a TensorFlow 2 checkpoint of weights and optimizer."""
        (folder / self.name).mkdir()
        saved = tf.train.Checkpoint(**self._named, optimizer=self._optimizer)
        saved.write(str(folder / self.name / "ckpt"))
