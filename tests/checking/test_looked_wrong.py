"""Right rewrites that looked wrong: none is accused, and what was not compared is said."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, losses, optimizers

from tests.slow import few_of
from tests.support.examining import examine
from tests.support.pairs import TF1, keras_with, tf1, write
from tests.support.pairs.one_layer import (
    Names,
    clipped,
    dense,
    descend,
    dropped,
    huber,
    linear,
    momentum,
    normalized,
    pair,
    regression,
    sequential,
    steps,
    stepwise,
)


def operators() -> keras.Model:
    inputs = keras.Input([6])
    hidden = layers.Dense(6, use_bias=False)(inputs)
    outputs = keras.ops.sqrt(8.0) * hidden + keras.ops.square(inputs) / 3.0
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def operated(x: tf.Tensor) -> tf.Tensor:
    return np.sqrt(8.0) * linear(x, 6) + tf.square(x) / 3.0


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input([6]), layers.Dense(4, use_bias=False)])
    model = keras.Sequential([keras.Input([6]), inner, layers.Dense(1, use_bias=False)])
    model.compile(optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


def two_products(x: tf.Tensor) -> tf.Tensor:
    return tf.matmul(tf.matmul(x, tf1.get_variable("w0", [6, 4])), tf1.get_variable("w1", [4, 1]))


def autoencoder() -> dict[str, Any]:
    x = tf1.placeholder(tf.float32, [None, 6])
    out = linear(x, 6)
    cost = tf.reduce_mean(tf.square(x - out))
    return {"x": x, "y": x, "cost": cost, "train_op": descend(cost), "logits": out}


def clipped_probabilities() -> dict[str, Any]:
    x, y = tf1.placeholder(tf.float32, [None, 6]), tf1.placeholder(tf.float32, [None, 3])
    out = tf.clip_by_value(tf.nn.softmax(linear(x, 3)), 1e-10, 1.0)
    cost = tf.reduce_mean(-tf.reduce_sum(y * tf.math.log(out), 1))
    return {"x": x, "y": y, "cost": cost, "train_op": descend(cost), "logits": out}


def pretrained(x: tf.Tensor) -> tf.Tensor:
    frozen = tf1.get_variable("frozen", [6, 6], trainable=False)
    return linear(tf.nn.relu(tf.matmul(x, frozen)))


def compiled(model: keras.Model) -> keras.Model:
    model.compile(optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


def images(after: Callable = tf.identity, epsilon: float = 1e-3) -> dict[str, Any]:
    x = tf1.placeholder(tf.float32, [None, 4, 4, 3])
    y = tf1.placeholder(tf.float32, [None, 4, 4, 2])
    hidden = tf.nn.conv2d(x, tf1.get_variable("k", [3, 3, 3, 2]), 1, "SAME")
    gamma = tf1.get_variable("gamma", [2], initializer=tf1.ones_initializer())
    beta = tf1.get_variable("beta", [2], initializer=tf1.zeros_initializer())
    out = after(tf1.nn.fused_batch_norm(hidden, gamma, beta, epsilon=epsilon)[0])
    cost = tf.reduce_mean(tf.square(y - out))
    train_op = tf1.train.AdamOptimizer(0.01).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": out}


def biased(x: tf.Tensor) -> tf.Tensor:
    """A bias in front of batch norm, whose gradient is zero but for rounding."""
    hidden = linear(x, 5) + tf1.get_variable("b", [5], initializer=tf1.zeros_initializer())
    mean, variance = tf.nn.moments(hidden, [0])
    gamma = tf1.get_variable("gamma", [5], initializer=tf1.ones_initializer())
    beta = tf1.get_variable("beta", [5], initializer=tf1.zeros_initializer())
    return tf.nn.batch_normalization(hidden, mean, variance, beta, gamma, 1e-3)


def responding(x: tf.Tensor) -> tf.Tensor:
    """A channel whose neighbours are large becomes smaller."""
    return tf.nn.lrn(x[:, None, None, :], 2, alpha=0.1, beta=0.7)[:, 0, 0, :]


RIGHT: dict[str, Names] = {
    "momentum, and a rate that stays": pair(
        regression(linear, lambda cost: momentum(0.1).minimize(cost)),
        sequential(dense(), optimizer=lambda: optimizers.SGD(0.1, 0.9)),
    ),
    "local response normalization": pair(
        regression(lambda x: linear(tf.tanh(3 * responding(x))), descend),
        sequential(lambda: layers.Lambda(lambda x: tf.tanh(3 * responding(x))), dense()),
    ),
    "dropout on both sides": pair(
        regression(dropped, descend), sequential(lambda: layers.Dropout(0.5), dense())
    ),
    "moving averages": pair(
        normalized(0.9), sequential(lambda: layers.BatchNormalization(momentum=0.9))
    ),
    "moving averages and inference": pair(
        normalized(0.9, epsilon=1e-3), sequential(lambda: layers.BatchNormalization(momentum=0.9))
    ),
    "rate that changes": pair(
        regression(linear, stepwise(tf1.train.GradientDescentOptimizer, 1000, [0.1, 0.05])),
        sequential(dense(), optimizer=lambda: optimizers.SGD(steps(1000, [0.1, 0.05]))),
    ),
    "clip that never acted": pair(
        regression(linear, clipped),
        sequential(dense(), optimizer=lambda: optimizers.SGD(0.1, global_clipnorm=50.0)),
    ),
    "Huber's loss": pair(huber(3.0), sequential(dense(), loss=lambda: losses.Huber(delta=3.0))),
    "operators": pair(regression(operated, descend, units=6), operators),
    "nested model": pair(
        regression(two_products, lambda cost: tf1.train.AdamOptimizer(0.01).minimize(cost)), nested
    ),
    "autoencoder": pair(autoencoder, sequential(dense(6))),
    "clipped probabilities": pair(
        clipped_probabilities,
        sequential(dense(3, activation="softmax"), loss=lambda: losses.CategoricalCrossentropy()),
    ),
    "frozen layer": pair(
        regression(pretrained, descend),
        sequential(dense(6, activation="relu", trainable=False), dense()),
    ),
    "fused batch norm": pair(
        images,
        lambda: compiled(
            keras.Sequential(
                [
                    keras.Input([4, 4, 3]),
                    layers.Conv2D(2, 3, padding="same", use_bias=False),
                    layers.BatchNormalization(),
                ]
            )
        ),
    ),
    "fused batch norm and a number of nine digits": pair(
        lambda: images(lambda out: out * 0.123456789, epsilon=0.1),
        lambda: compiled(
            keras.Sequential(
                [
                    keras.Input([4, 4, 3]),
                    layers.Conv2D(2, 3, padding="same", use_bias=False),
                    layers.BatchNormalization(epsilon=0.1),
                    layers.Rescaling(0.123456789),
                ]
            )
        ),
    ),
    "bias before batch norm": pair(
        regression(biased, lambda cost: tf1.train.AdamOptimizer(0.01).minimize(cost), units=5),
        sequential(
            lambda: layers.Dense(5),
            lambda: layers.BatchNormalization(),
            optimizer=lambda: optimizers.Adam(0.01, epsilon=1e-8),
        ),
    ),
}


KEPT = ("dropout on both sides", "nested model", "clipped probabilities", "rate that changes")


@pytest.mark.parametrize("name", few_of(RIGHT, *KEPT))
def test_right_rewrite_that_looked_wrong_is_not_accused(name: str) -> None:
    found = examine(RIGHT[name], steps=4, batch_size=16)
    assert found.verdict in ("identical", "equivalent"), (found.causes, found.unexplained)


@pytest.mark.slow
def test_what_was_not_compared_is_said() -> None:
    both = examine(RIGHT["dropout on both sides"])
    assert [said.partition(" (")[0] for said in both.not_compared][:1] == ["dropout rates"]
    assert len(both.not_compared) == 1  # inference is what both sides ran: dropout was off
    drawn = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.5)}
    assert not examine(write(TF1(), keras_with(options=(drawn, drawn)))).not_compared
    assert not examine(RIGHT["frozen layer"]).not_compared
    assert not examine(RIGHT["rate that changes"]).not_compared
    assert not examine(RIGHT["moving averages and inference"]).not_compared
    narrow = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.01)}
    (said,) = examine(write(TF1(), keras_with(options=(narrow, narrow)))).not_compared
    assert "differ (weights were copied): W0: normal (deviation 0.5) in TensorFlow 1, " in said


@pytest.mark.slow
def test_what_is_said_is_the_same_at_every_run() -> None:
    first, second = (examine(RIGHT["nested model"]) for _ in range(2))
    assert first == second
