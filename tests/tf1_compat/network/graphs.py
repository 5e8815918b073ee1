"""Small graphs for the tests of what is read of one."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf1_compat import network
from tf1_compat.network import Given, Network

tf1 = tf.compat.v1


def variable(name: str, *shape: int) -> Any:
    return tf1.get_variable(name, shape, use_resource=False)


def images(*sizes: int) -> Any:
    return tf1.placeholder(tf.float32, [None, *sizes], "x")


def read(
    outputs: Any,
    optimizer: Any = None,
    given: Given = Given(),  # noqa: B008 (it is frozen)
    cost: Callable[[Any, Any], Any] = lambda outputs, y: tf.reduce_mean(tf.square(outputs - y)),
    **how: Any,
) -> Network:
    """Read the graph in which `outputs` are trained."""
    y = tf1.placeholder(tf.float32, outputs.shape, "y")
    optimizer = optimizer or tf1.train.GradientDescentOptimizer(0.5)
    with tf.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
        optimizer.minimize(cost(outputs, y), **how)
    return network.read(tf1.get_default_graph(), given)[0]


def line() -> Any:
    """Outputs of one kernel."""
    return tf.matmul(images(4), variable("a/kernel", 4, 2))
