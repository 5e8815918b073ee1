"""TensorFlow 1's recurrent cells, for `keras.layers.RNN`; and `tf.nn.static_rnn` of them.

    keras.layers.RNN(TF1LSTMCell(64), return_sequences=True)

TensorFlow 1 multiplied the inputs and the state, side by side, by one kernel, [inputs + units,
gates * units]; Keras multiplies each by its own and adds, which rounds otherwise. So weights need
no map here: they are TensorFlow 1's own. Formulas and orders of gates:
`tensorflow/python/ops/rnn_cell_impl.py`.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE

Step = tuple[tf.Tensor, list[tf.Tensor]]
"""Outputs of a step, [N, units], and the states after it."""


class _Cell(keras.layers.Layer):
    """A cell with `units` numbers in each of its states; the first state is the output."""

    states = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units, self.output_size = units, units
        self.state_size = [units] * self.states
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def _add(
        self, inputs: int, gates: int, prefix: str = "", bias: str = "zeros"
    ) -> tuple[keras.Variable, keras.Variable]:
        """Create a kernel and a bias of so many gates."""
        shape = (inputs + self.units, gates * self.units)
        return (
            self.add_weight(shape, self.kernel_initializer, name=f"{prefix}kernel"),
            self.add_weight(shape[1:], bias, name=f"{prefix}bias"),
        )

    def _linear(self, inputs: tf.Tensor, state: tf.Tensor, kernel: Any, bias: Any) -> tf.Tensor:
        """[N, inputs], [N, units] -> [N, gates * units]."""
        product = tf.matmul(tf.concat([inputs, state], 1), tf.convert_to_tensor(kernel))
        return tf.nn.bias_add(product, tf.convert_to_tensor(bias))

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def get_build_config(self) -> None:
        """Return None: its layer builds it, so that its variables have paths in the layer's."""


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1RNNCell(_Cell):
    """`tf.nn.rnn_cell.BasicRNNCell`: kernel [inputs + units, units], bias [units]."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create the kernel and the bias."""
        self.kernel, self.bias = self._add(input_shape[-1], 1)

    def call(self, inputs: tf.Tensor, states: list[tf.Tensor]) -> Step:
        """Return the outputs of a step and the state after it."""
        (h,) = states
        h = self.activation(self._linear(inputs, h, self.kernel, self.bias))
        return h, [h]


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1LSTMCell(_Cell):
    """`tf.nn.rnn_cell.BasicLSTMCell`, and `LSTMCell` without peepholes, clip and projection.

    States h and c; kernel [inputs + units, 4 * units] and bias [4 * units] of the gates i, j, f, o.
    `forget_bias` is added to f at every step.
    """

    states = 2

    def __init__(self, units: int, forget_bias: float = 1.0, **options: Any) -> None:
        super().__init__(units, **options)
        self.forget_bias = forget_bias

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create the kernel and the bias."""
        self.kernel, self.bias = self._add(input_shape[-1], 4)

    def call(self, inputs: tf.Tensor, states: list[tf.Tensor]) -> Step:
        """Return the outputs of a step and the states after it."""
        h, c = states
        i, j, f, o = tf.split(self._linear(inputs, h, self.kernel, self.bias), 4, 1)
        kept = c * tf.sigmoid(f + tf.constant(self.forget_bias, f.dtype))
        c = kept + tf.sigmoid(i) * self.activation(j)
        h = self.activation(c) * tf.sigmoid(o)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"forget_bias": self.forget_bias}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1GRUCell(_Cell):
    """`tf.nn.rnn_cell.GRUCell`.

    Kernel [inputs + units, 2 * units] and bias [2 * units] of the gates r and u, the bias from
    ones; kernel [inputs + units, units] and bias [units] of the candidate.
    """

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Create both kernels and both biases."""
        inputs = input_shape[-1]
        self.gates_kernel, self.gates_bias = self._add(inputs, 2, "gates_", "ones")
        self.candidate_kernel, self.candidate_bias = self._add(inputs, 1, "candidate_")

    def call(self, inputs: tf.Tensor, states: list[tf.Tensor]) -> Step:
        """Return the outputs of a step and the state after it."""
        (h,) = states
        gates = tf.sigmoid(self._linear(inputs, h, self.gates_kernel, self.gates_bias))
        r, u = tf.split(gates, 2, 1)
        # Before u * h, or h's gradients are summed in another order.
        candidate = self._linear(inputs, r * h, self.candidate_kernel, self.candidate_bias)
        h = u * h + (1 - u) * self.activation(candidate)
        return h, [h]


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
