"""A gradient jumps where a relu bends: float32 may be on one side of it, and float64 on the other.

In a network of many relus, such as a residual one for pictures, some number always is.
"""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, losses, optimizers

from tests.support.examining import examine
from training.checking import judgement
from training.checking.judgement import PROVEN

tf1 = tf.compat.v1
KERNEL = np.array([[1.0], [2.0], [1.0]], np.float32)
BEND = [1.0, 2.0**-27, -1.0]
"""Times KERNEL it is 0 in float32, and more in float64."""


def graph() -> dict[str, Any]:
    x, y = (tf1.placeholder(tf.float32, [None, size]) for size in (3, 2))
    hidden = tf.nn.relu(tf.matmul(x, tf1.get_variable("hidden", initializer=KERNEL)))
    outputs = tf.matmul(hidden, tf1.get_variable("output", [1, 2]))
    cost = tf1.losses.huber_loss(y, outputs, delta=3.0, reduction="weighted_mean")
    train_op = tf1.train.AdamOptimizer(0.01).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}


def model() -> keras.Model:
    """Its rewrite; Keras' Adam rounds otherwise, so that float64 is asked."""
    hidden = layers.Dense(1, activation="relu", use_bias=False, name="hidden")
    stack = [hidden, layers.Dense(2, use_bias=False, name="output")]
    made = keras.Sequential([keras.Input([3]), *stack])
    made.compile(optimizers.Adam(0.01, epsilon=1e-8), losses.Huber(delta=3.0))
    return made


def at_a_bend(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = rng.normal(size=(rows, 3)), rng.normal(size=(rows, 2))
    return np.concatenate([[BEND], x[1:]]), np.concatenate([[[9.0, -9.0]], y[1:]])


PAIR = {"tf1_graph": graph, "keras_model": model, "sample_batch": at_a_bend}


def test_float64_on_the_other_side_of_a_bend_is_believed() -> None:
    found = examine(PAIR)
    assert found.verdict in PROVEN, found.unexplained
    assert found.first_difference is not None


def test_a_twin_that_lost_a_setting_is_not_believed_at_a_bend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = judgement.variants.in_float64

    def forgetful(model: keras.Model) -> keras.Model:
        twin = original(model)
        twin.compile(twin.optimizer, losses.Huber(delta=1.0))
        return twin

    monkeypatch.setattr(judgement.variants, "in_float64", forgetful)
    found = examine(PAIR)
    assert found.verdict == "undecided", found
    assert "copy in float64 does not match it" in str(found.unexplained)
