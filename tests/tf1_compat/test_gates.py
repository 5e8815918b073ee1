"""An LSTM's gates and forget bias are read off the graph, however it is run."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tests.support.exact_pieces import PIECES
from tests.support.exactness import loops_of_tensorflow_1
from tests.support.pairs import of_cells
from tf1_compat.reading import gates
from tf1_compat.reading.updates import ancestors

tf1 = tf.compat.v1


@pytest.mark.parametrize(("order", "forget_bias"), [("icfo", 1.0), ("ofic", 0.7), ("cfio", 0.0)])
def test_gates_of_a_cell_written_out_are_read(
    order: str, forget_bias: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_cells, "GATES", order)
    monkeypatch.setattr(of_cells, "FORGET_BIAS", forget_bias)
    with tf.Graph().as_default():
        x = tf1.placeholder(tf.float32, [None, of_cells.STEPS, of_cells.INPUTS])
        found = gates.read(ancestors([of_cells.lstm(tf.unstack(x, axis=1))[-1].op]))
    options = {"gates": order, "forget_bias": forget_bias}
    assert found == {"lstm/kernel": options, "lstm/bias": options}


@pytest.mark.parametrize("loops", [loops_of_tensorflow_1, contextlib.nullcontext])
def test_gates_are_read_within_a_loop(loops: Callable[[], Any]) -> None:
    """Of Enter and Exit, and in a function of its own; also once it is differentiated."""
    net = PIECES["TF1LSTMCell"]
    with tf.Graph().as_default(), loops():
        logits = net.net(tf1.placeholder(tf.float32, [None, *net.inputs]))
        tf.gradients(logits, tf1.trainable_variables())
        found = gates.read(ancestors([logits.op]))
    assert found["bias"] == found["kernel"] == {"gates": "icfo", "forget_bias": 1.0}
