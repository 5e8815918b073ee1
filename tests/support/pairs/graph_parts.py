"""What graphs of TensorFlow 1 are made of in tests: layers, placeholders, costs, an update."""

from typing import Any

import tensorflow as tf

tf1 = tf.compat.v1
NORMAL = tf1.random_normal_initializer()


def dense(x: tf.Tensor, units: int, name: str) -> tf.Tensor:
    """Return x W + b, without an activation."""
    with tf1.variable_scope(name):
        kernel = tf1.get_variable("kernel", [x.shape[1], units], initializer=NORMAL)
        bias = tf1.get_variable("bias", [units], initializer=tf1.zeros_initializer())
    return tf1.nn.bias_add(tf.matmul(x, kernel), bias)


def descent(cost: tf.Tensor) -> tf.Operation:
    """Return an update of plain gradient descent."""
    return tf1.train.GradientDescentOptimizer(0.1).minimize(cost)


def placeholder(*shape: int | None, dtype: Any = tf.float32, name: str | None = None) -> tf.Tensor:
    return tf1.placeholder(dtype, shape, name)


def mean_square(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf1.squared_difference(one, other))
