"""Averages of weights: `tf.train.ExponentialMovingAverage` against Keras' `use_ema`."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf

from keras_models.tf1_optimizers import TF1GradientDescent
from tests.support.examining import examine
from tests.support.pairs.graph_parts import dense, mean_square, placeholder

tf1 = tf.compat.v1
EMA: dict[str, Any] = {"use_ema": True, "ema_momentum": 0.9}


def graph(decay: float = 0.9, counted: bool = False) -> Callable[[], dict[str, Any]]:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 4), placeholder(None, 2)
        out = dense(x, 2, "out")
        cost = mean_square(out, y)
        step = tf1.train.get_or_create_global_step()
        update = tf1.train.GradientDescentOptimizer(0.1).minimize(cost, global_step=step)
        averages = tf1.train.ExponentialMovingAverage(decay, step if counted else None)
        with tf.control_dependencies([update]):
            train_op = averages.apply(tf1.trainable_variables())
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": train_op}

    return tf1_graph


def model(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    built = keras.Sequential([keras.Input([4]), keras.layers.Dense(2, name="out")])
    built.compile(optimizer, "mse")
    return built


def exact(**options: Any) -> keras.optimizers.Optimizer:
    return TF1GradientDescent(0.1, **EMA | options)


@pytest.mark.parametrize("counted", [False, True])
def test_exact_averages_are_equal_in_every_bit(counted: bool) -> None:
    right = lambda: model(exact(ema_num_updates=counted))  # noqa: E731
    found = examine({"tf1_graph": graph(counted=counted), "keras_model": right})
    (averages,) = (rung for rung in found.rungs if rung.name == "moving averages")
    assert (averages.ok, averages.max_ulp) == (True, 0)
    assert found.verdict in ("identical", "equivalent")
    assert found.beginning
    assert found.beginning.where == "out/kernel"  # averages of weights begin where the weights do


WRONG: dict[str, tuple[Any, Callable[[], keras.optimizers.Optimizer], str]] = {
    "Keras' own": (
        graph(),
        lambda: keras.optimizers.SGD(0.1, **EMA),
        "averages of weights: Keras' use_ema starts them at the values after the first update",
    ),
    "decay": (graph(0.8), exact, "ema_momentum: 0.9 in Keras, 0.8 in TensorFlow 1"),
    "not counted": (
        graph(counted=True),
        exact,
        "decay of averages of weights: after n updates at most (1 + n) / (10 + n)",
    ),
    "counted": (
        graph(),
        lambda: exact(ema_num_updates=True),
        "ema_num_updates: True in Keras, not in TensorFlow 1",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_averages_are_named(name: str) -> None:
    tf1_graph, optimizer, cause = WRONG[name]
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: model(optimizer())})
    assert found.verdict == "different"
    assert found.in_float64
    assert found.in_float64.name == "moving averages"
    (named,) = found.causes
    assert cause in named.cause


@pytest.mark.parametrize("side", ["TensorFlow 1", "Keras"])
def test_averages_of_one_side_are_said(side: str) -> None:
    def without() -> dict[str, Any]:
        ends = graph()()
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(ends["cost"])
        return ends | {"train_op": train_op}

    tf1_graph, options = (graph(), {}) if side == "TensorFlow 1" else (without, EMA)
    right = lambda: model(TF1GradientDescent(0.1, **options))  # noqa: E731
    found = examine({"tf1_graph": tf1_graph, "keras_model": right})
    assert found.verdict in ("identical", "equivalent")
    other = "Keras" if side == "TensorFlow 1" else "TensorFlow 1"
    said = f"averages of weights, which {side} keeps and {other} does not"
    assert said in found.not_compared


def in_a_branch() -> dict[str, Any]:
    """Return a graph whose batch norm keeps its averages in a branch that only training takes."""
    x, y = placeholder(None, 4), placeholder(None, 3)
    training = tf1.placeholder(tf.bool, name="training")
    hidden = dense(x, 3, "hidden")
    mean, variance = tf1.nn.moments(hidden, [0])
    averages = tf1.train.ExponentialMovingAverage(0.5)

    def of_batch() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.control_dependencies([averages.apply([mean, variance])]):
            return tf.identity(mean), tf.identity(variance)

    kept = lambda: (averages.average(mean), averages.average(variance))  # noqa: E731
    mean, variance = tf1.cond(training, of_batch, kept)
    out = tf.nn.batch_normalization(hidden, mean, variance, None, None, 1e-3)
    cost = mean_square(out, y)
    train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    ends = {"x": x, "y": y, "cost": cost, "logits": out, "train_op": train_op}
    return ends | {"feeds": {training: (True, False)}}


@pytest.mark.slow
def test_averages_that_move_in_a_branch_are_compared() -> None:
    def keras_model(momentum: float = 0.5) -> keras.Model:
        norm = keras.layers.BatchNormalization(momentum=momentum, center=False, scale=False)
        built = keras.Sequential([keras.Input([4]), keras.layers.Dense(3), norm])
        built.compile(keras.optimizers.SGD(0.1), "mse")
        return built

    found = examine({"tf1_graph": in_a_branch, "keras_model": keras_model})
    assert (found.verdict, found.unexplained) == ("equivalent", None)
    assert [rung.name for rung in found.rungs][-2:] == ["moving averages", "inference"]
    wrong = examine({"tf1_graph": in_a_branch, "keras_model": lambda: keras_model(0.9)})
    assert wrong.verdict == "different"
    (momentum,) = wrong.causes
    assert momentum.cause.startswith("momentum of layer batch_normalization")
    assert momentum.cause.endswith(": 0.9 in Keras, 0.5 in TensorFlow 1")
