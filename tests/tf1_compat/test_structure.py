"""What is read off a graph: whether gradients are clipped on their way."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tf1_compat.reading import structure
from tf1_compat.reading.inspection import inspect

tf1 = tf.compat.v1


def over_rows(gradient: Any, x: Any) -> Any:
    """As a mean's gradient in TensorFlow 1.15 divides by a count that is at least one."""
    return gradient / tf.cast(tf.maximum(tf.shape(x)[0], 1), tf.float32)


@pytest.mark.parametrize(
    ("change", "clipped"),
    [
        (over_rows, False),
        (lambda gradient, x: tf.clip_by_value(gradient, -1.0, 1.0), True),
        (lambda gradient, x: tf.clip_by_norm(gradient, 1.0), True),
    ],
)
def test_clip_is_told_from_a_count(change: Callable[[Any, Any], Any], clipped: bool) -> None:
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 3])
        cost = tf.reduce_sum(tf.matmul(x, tf1.get_variable("w", [3, 1], use_resource=False)))
        optimizer = tf1.train.GradientDescentOptimizer(0.1)
        [(gradient, w)] = optimizer.compute_gradients(cost)
        train_op = optimizer.apply_gradients([(change(gradient, x), w)])
        ends = {"x": x, "y": x, "cost": cost, "train_op": train_op, "logits": None}
        found = structure.read(ends, inspect(graph, ends))
    assert found.clipped == clipped
