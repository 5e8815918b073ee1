"""TensorFlow 1's recurrent cells in its ops, for its classes are gone with `tf.nn.rnn_cell`."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.support.exactness import variable

UNITS = 4

Step = Callable[[Any, Any], tuple[Any, Any]]
"""(inputs, state) -> (outputs, state)."""


class Cell:
    """A cell as `dynamic_rnn` calls it, with so many states."""

    def __init__(self, step: Step, states: int) -> None:
        self.step, self.output_size = step, UNITS
        self.state_size = (UNITS,) * states if states > 1 else UNITS

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        return self.step(inputs, state)

    def zero_state(self, rows: Any, dtype: Any) -> Any:
        zero = tf.zeros([rows, UNITS], dtype)
        return tuple(zero for _ in self.state_size) if isinstance(self.state_size, tuple) else zero


def affine(inputs: int, columns: int, name: str = "") -> Callable[[Any, Any], Any]:
    size = inputs + UNITS
    kernel, bias = variable(f"{name}kernel", size, columns), variable(f"{name}bias", columns)
    return lambda x, h: tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), kernel), bias)


def basic(inputs: int) -> Step:
    linear = affine(inputs, UNITS)

    def step(x: Any, h: Any) -> tuple[Any, Any]:
        h = tf.tanh(linear(x, h))
        return h, h

    return step


def lstm(inputs: int) -> Step:
    linear = affine(inputs, 4 * UNITS)

    def step(x: Any, state: Any) -> tuple[Any, Any]:
        c, h = state
        i, j, f, o = tf.split(linear(x, h), 4, 1)
        c = c * tf.sigmoid(f + tf.constant(1.0)) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, (c, h)

    return step


def gru(inputs: int) -> Step:
    gates, candidate = affine(inputs, 2 * UNITS, "gates_"), affine(inputs, UNITS, "candidate_")

    def step(x: Any, h: Any) -> tuple[Any, Any]:
        r, u = tf.split(tf.sigmoid(gates(x, h)), 2, 1)
        new = tf.tanh(candidate(x, r * h))
        h = u * h + (1 - u) * new
        return h, h

    return step
