"""Initial distributions are read off both sides, whatever their initializers are called."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import initializers

from tests.support.examining import examination_of
from training.checking.looks import distributions

tf1 = tf.compat.v1


def compared(ours: Any, theirs: Any) -> list[str]:
    """Return what is said of one kernel, [6, 8]."""

    def tf1_graph() -> dict[str, Any]:
        x, y = (tf1.placeholder(tf.float32, [None, n]) for n in (6, 8))
        outputs = tf.matmul(x, tf1.get_variable("w", [6, 8], initializer=theirs))
        cost = tf.reduce_mean(tf.square(outputs - y))
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}

    def keras_model() -> keras.Model:
        dense = keras.layers.Dense(8, use_bias=False, kernel_initializer=ours)
        model = keras.Sequential([keras.Input([6]), dense])
        model.compile("sgd", "mse")
        return model

    names = {"tf1_graph": tf1_graph, "keras_model": keras_model}
    found = distributions.compare(examination_of(names, steps=1))
    assert found
    rung, said = found
    assert rung.ok == (not said)
    return said


def once(*_: Any, **__: Any) -> np.ndarray:
    """Numbers that no op of TensorFlow's drew."""
    return np.random.default_rng(0).standard_normal((6, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("glorot_uniform", None),
        ("he_normal", tf1.variance_scaling_initializer(2.0)),
        (initializers.RandomNormal(stddev=0.5), tf1.random_normal_initializer(stddev=0.5)),
        (initializers.RandomUniform(-0.1, 0.3), tf1.random_uniform_initializer(-0.1, 0.3)),
        (initializers.Constant(0.1), tf1.constant_initializer(0.1)),
        ("orthogonal", tf1.orthogonal_initializer()),
        (initializers.RandomNormal(stddev=1.0), once),
    ],
)
def test_the_same_distribution_is_no_difference(ours: Any, theirs: Any) -> None:
    assert compared(ours, theirs) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (
            initializers.RandomNormal(stddev=0.1),
            tf1.truncated_normal_initializer(stddev=0.1),
            "truncated normal (deviation 0.1) in TensorFlow 1, normal (deviation 0.1) in Keras",
        ),
        (
            initializers.RandomUniform(-0.05, 0.05),
            tf1.random_uniform_initializer(-0.1, 0.1),
            "uniform from -0.1 to 0.1 in TensorFlow 1, uniform from -0.05 to 0.05 in Keras",
        ),
        (
            initializers.RandomNormal(mean=0.1, stddev=1.0),
            tf1.random_normal_initializer(),
            "normal (deviation 1) in TensorFlow 1, normal (deviation 1, mean 0.1) in Keras",
        ),
        (
            "zeros",
            tf1.constant_initializer(0.1),
            "constant 0.1 in TensorFlow 1, constant 0 in Keras",
        ),
        ("orthogonal", tf1.orthogonal_initializer(2.0), "w: drawn (deviation 0.6"),
    ],
)
def test_another_distribution_is_said_in_numbers(ours: Any, theirs: Any, words: str) -> None:
    (said,) = compared(ours, theirs)
    assert words in said
