"""What rounds otherwise is named only where the distance goes away without it."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, optimizers

from tests.support.examining import examine

tf1 = tf.compat.v1


def recurrent_graph() -> dict[str, Any]:
    """One kernel, used four times: its gradient is a sum of four, in some order."""
    x, y = (tf1.placeholder(tf.float32, [None, n]) for n in (5, 4))
    w, hidden = tf1.get_variable("w", [5, 5]), x
    for _ in range(4):
        hidden = tf.tanh(tf.matmul(hidden, w) + x * hidden)
    outputs = tf.matmul(hidden, tf1.get_variable("out", [5, 4]))
    cost = tf.reduce_mean(tf.square(outputs - y))
    train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}


def recurrent_model() -> keras.Model:
    x = hidden = keras.Input([5])
    again = layers.Dense(5, use_bias=False, name="w")
    for _ in range(4):
        hidden = keras.ops.tanh(again(hidden) + x * hidden)
    model = keras.Model(x, layers.Dense(4, use_bias=False, name="out")(hidden))
    model.compile(optimizers.SGD(0.1), lambda y, outputs: tf.reduce_mean(tf.square(outputs - y)))
    return model


def unit_graph() -> dict[str, Any]:
    """A layer of one unit, its bias added by BiasAdd."""
    x, y = (tf1.placeholder(tf.float32, [None, n]) for n in (6, 1))
    w, bias = tf1.get_variable("w", [6, 1]), tf1.get_variable("bias", [1])
    outputs = tf.nn.bias_add(tf.matmul(x, w), bias)
    cost = tf.reduce_mean(tf.square(outputs - y))
    train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}


def unit_model() -> keras.Model:
    model = keras.Sequential([keras.Input([6]), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def test_how_a_bias_of_one_unit_is_added_is_named() -> None:
    found = examine({"tf1_graph": unit_graph, "keras_model": unit_model}, batch_size=16)
    (cause,) = found.causes
    assert cause.cause.startswith("bias of one unit: Keras adds it with AddV2")
    assert cause.evidence.endswith("; 0 with the exact piece")


def test_what_tensorflows_graph_optimizers_do_is_not_put_down_to_the_model() -> None:
    names = {"tf1_graph": recurrent_graph, "keras_model": recurrent_model}
    found = examine(names, batch_size=13)
    assert found.verdict == "equivalent"
    (cause,) = found.causes
    assert cause.cause.startswith("graph optimizers: TensorFlow's Grappler")
    assert cause.evidence.startswith("gradients: w ")
    assert cause.evidence.endswith("; 0 without them, and with tf.gradients")
    again = tf.config.optimizer.get_experimental_options()
    assert not again.get("disable_meta_optimizer")
