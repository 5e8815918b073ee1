"""`tf.nn.static_rnn`: the steps of a cell as ops of their own, in no loop."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1StaticRNN(keras.layers.RNN):
    """`keras.layers.RNN` whose gradients are added up over steps as TensorFlow 1 did.

    A tape adds them up from the last step to the first, `tf.gradients` by one op, whose inputs have
    the order of their names in the end. [N, steps, inputs] -> as RNN. Takes no mask.
    """

    def inner_loop(
        self, sequences: tf.Tensor, initial_state: Sequence[tf.Tensor], mask: Any, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Return the last outputs, all of them, and the states behind them."""

        def run(sequences: tf.Tensor, *states: tf.Tensor) -> tuple[list[tf.Tensor], Any]:
            steps, outputs, first = tf.unstack(sequences, axis=1), [], [*states]
            for step in steps[::-1] if self.go_backwards else steps:
                output, states = self.cell.call(step, [*states])
                outputs.append(output)
            every = tf.stack(outputs, 1) if self.return_sequences else outputs[-1]
            made = [outputs[-1], every, *states]

            def gradient(*upstream: tf.Tensor, variables: Any = ()) -> tuple[list[Any], list[Any]]:
                of = [sequences, *first, *variables]
                found = tf.gradients(made, of, grad_ys=[*upstream])
                return found[: 1 + len(first)], found[1 + len(first) :]

            return made, gradient

        if tf.executing_eagerly():
            (last, outputs, *states), _ = run(sequences, *initial_state)
        else:
            last, outputs, *states = tf.custom_gradient(run)(sequences, *initial_state)
        return last, outputs, states
