"""Dropout is compared: how much is dropped, and where, from the same masks on both sides."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, optimizers

from keras_models import masks
from keras_models.exact import TF1Dropout
from tests.slow import few_of
from tests.support.examining import examine
from training.checking.judgement import PROVEN

tf1 = tf.compat.v1
UNITS = ((12, "inner"), (2, "outer"))
Drop = Callable[[tf.Tensor], tf.Tensor]


def graph(hidden: Drop = tf.identity, inputs: Drop = tf.identity) -> Callable[[], dict[str, Any]]:
    """A net with something done to its inputs and to its hidden layer."""

    def build() -> dict[str, Any]:
        x = tf1.placeholder(tf.float32, [None, 4, 3])
        y = tf1.placeholder(tf.float32, [None, 2])
        flat = tf.reshape(inputs(x), [-1, 12])
        inner = hidden(tf.nn.relu(tf.matmul(flat, tf1.get_variable("inner", [12, 12]))))
        outer = tf.matmul(inner, tf1.get_variable("outer", [12, 2]))
        cost = tf.reduce_mean(tf.square(outer - y))
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outer}

    return build


def model(
    hidden: float = 0.0, inputs: float = 0.0, flat: float = 0.0, before: float = 0.0
) -> Callable[[], keras.Model]:
    """Its rewrite, with these rates in these places."""

    def make() -> keras.Model:
        inner, outer = (layers.Dense(n, use_bias=False, name=of) for n, of in UNITS)
        stack = [inputs, layers.Flatten(), flat, inner, before, layers.ReLU(), hidden, outer]
        made = keras.Sequential([keras.Input([4, 3])])
        for one in stack:
            if one:
                made.add(layers.Dropout(one) if isinstance(one, float) else one)
        made.compile(optimizers.SGD(0.1), "mse")
        return made

    return make


def drop(rate: float) -> Drop:
    return lambda x: tf1.nn.dropout(x, rate=rate)


def floor(keep: float) -> Drop:
    """As TensorFlow 1 spelled it before 1.13."""
    return lambda x: x / keep * tf.floor(keep + tf.random.uniform(tf.shape(x)))


def below(keep: float) -> Drop:
    return lambda x: tf.where(tf.random.uniform(tf.shape(x)) < keep, x / keep, tf.zeros_like(x))


def fed(x: tf.Tensor) -> tf.Tensor:
    return tf1.nn.dropout(x, rate=1 - tf1.placeholder_with_default(1.0, [], "keep_prob"))


def switched(x: tf.Tensor) -> tf.Tensor:
    training = tf1.placeholder_with_default(False, [], "is_training")
    return tf1.nn.dropout(x, rate=tf.where(training, 0.5, 0.0))


def both(x: tf.Tensor) -> tf.Tensor:
    """Two places, one keep_prob."""
    keep = tf1.placeholder_with_default(1.0, [], "keep_prob")
    return tf1.nn.dropout(tf.nn.relu(tf1.nn.dropout(x, rate=1 - keep)), rate=1 - keep)


def seen(graph: Callable, model: Callable) -> Any:
    return examine({"tf1_graph": graph, "keras_model": model, "weight_map": MAP})


MAP = {"inner": "inner/kernel", "outer": "outer/kernel"}


SAME: dict[str, tuple] = {
    "a rate": (graph(drop(0.35)), model(0.35), None),
    "floor": (graph(floor(0.7)), model(0.3), None),
    "less": (graph(below(0.9)), model(0.1), None),
    # [N, 4, 3] and [N, 12]
    "flat or not": (graph(drop(0.5), drop(0.2)), model(0.5, flat=0.2), None),
    "is_training": (graph(switched), model(0.5), None),
    "some": (graph(fed, drop(0.2)), model(0.4, 0.2), "has what keep_prob is fed in training"),
    "keep_prob": (graph(fed), model(0.4), "has what keep_prob is fed in training"),
}


@pytest.mark.parametrize("name", few_of(SAME, "a rate", "less", "flat or not", "keep_prob"))
def test_dropout_that_is_the_same_is_proven(name: str) -> None:
    graph, model, unseen = SAME[name]
    found = seen(graph, model)
    assert found.verdict in PROVEN, found
    assert [unseen or "" in said for said in found.not_compared] == [unseen] * bool(unseen)


ANOTHER: dict[str, tuple] = {
    "a rate": (graph(drop(0.5)), model(0.3), "rate 0.3 in Keras, 0.5 in TensorFlow 1"),
    "is_training": (graph(switched), model(0.4), "rate 0.4 in Keras, 0.5 in TensorFlow 1"),
    "one rate for two": (
        graph(both),
        model(0.5, before=0.3),
        "rate 0.3, 0.5 in Keras, 0.3 in TensorFlow 1",
    ),
    "inputs": (graph(fed), model(inputs=0.5), "dropout: in another place"),
    "exchanged": (
        graph(fed, drop(0.2)),
        model(0.2, 0.5),
        "rate 0.5, 0.2 in Keras, 0.2 in TensorFlow 1",
    ),
}


@pytest.mark.parametrize("name", few_of(ANOTHER, "a rate", "inputs"))
def test_dropout_that_is_another_is_named(name: str) -> None:
    graph, model, words = ANOTHER[name]
    found = seen(graph, model)
    assert found.verdict == "different", found
    assert any(words in cause.cause for cause in found.causes), found.causes


def test_given_masks_are_what_keras_would_make_of_those_numbers() -> None:
    stream = np.random.default_rng(0).random(64, np.float32)
    x = np.random.default_rng(1).standard_normal((2, 5, 6)).astype(np.float32)
    with masks.given(stream) as asked:
        whole = layers.Dropout(0.25)(x, training=True)
        rows = layers.SpatialDropout1D(0.5)(x, training=True)
    kept = stream[:60].reshape(x.shape) >= 0.25
    assert np.array_equal(whole, np.where(kept, x * np.float32(1 / 0.75), 0))
    assert np.array_equal(rows, np.where(stream[:12].reshape(2, 1, 6) >= 0.5, x * 2, 0))
    assert asked == [0.25, 0.5]
    assert not np.array_equal(layers.Dropout(0.25)(x, training=True), whole)  # as it was before


@pytest.mark.parametrize(("seed", "same"), [(7, True), (8, False)])
def test_dropout_by_the_ops_own_seeds_is_compared_with_them(seed: int, same: bool) -> None:
    def made() -> keras.Model:
        drops = TF1Dropout(0.5, 87654321, seed)  # what TensorFlow 1 takes where the graph has none
        stack = [layers.Flatten(), layers.Dense(12, "relu", use_bias=False, name="inner"), drops]
        model = keras.Sequential([keras.Input([4, 3]), *stack])
        model.add(layers.Dense(2, use_bias=False, name="outer"))
        model.compile(optimizers.SGD(0.1), "mse")
        return model

    def seeded() -> dict[str, Any]:
        tf1.set_random_seed(None)
        return graph(lambda x: tf1.nn.dropout(x, rate=0.5, seed=7))()

    found = seen(seeded, made)
    assert (found.verdict in PROVEN) == same, found
    assert same or "seed2 8, as layer" in found.causes[-1].cause


def test_nothing_else_is_blamed_for_what_a_forgotten_dropout_does() -> None:
    found = seen(graph(drop(0.5)), model())
    assert [cause.cause for cause in found.causes] == ["dropout: in TensorFlow 1, none in Keras"]
    assert "whatever else differs, until dropout is the same" in found.not_compared
