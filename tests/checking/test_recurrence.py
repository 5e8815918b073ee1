"""`check` on recurrent nets: TensorFlow 1's loops, and its cells in Keras."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.tf1_optimizers import TF1GradientDescent
from tests.support.exact_pieces import PIECES
from tests.support.exactness import (
    CLASSES,
    cross_entropy,
    keras_cross_entropy,
    loops_of_tensorflow_1,
)
from tests.support.examining import examine

tf1 = tf.compat.v1
RNN = PIECES["TF1RNNCell"]


def graph() -> dict[str, Any]:
    with loops_of_tensorflow_1():
        x = tf1.placeholder(tf.float32, [None, *RNN.inputs])
        y = tf1.placeholder(tf.float32, [None, CLASSES])
        logits = RNN.net(x)
        cost = cross_entropy(y, logits)
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": logits}


def model(rate: float) -> keras.Model:
    made = keras.Sequential([keras.Input(RNN.inputs), *RNN.ours()])
    made.compile(TF1GradientDescent(rate), keras_cross_entropy())
    return made


def test_net_in_a_loop_of_tensorflow_1_is_identical_with_its_cell() -> None:
    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.1)})
    assert found.verdict == "identical", found.rungs
    assert tf1.control_flow_v2_enabled()


def test_mistake_beside_a_loop_of_tensorflow_1_is_found_in_float64() -> None:
    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.2)})
    assert [one.cause for one in found.causes] == [
        "learning_rate: 0.2 in Keras, 0.1 in TensorFlow 1"
    ]
