"""Random numbers in a graph for anything but dropout: a sampler's, noise that is added."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, optimizers

from keras_models import draws
from tests.support.examining import examine
from training.checking.judgement import PROVEN
from training.errors import UserError

tf1 = tf.compat.v1
Draw = Callable[[Any], Any]


def variational(draw: Draw) -> Callable[[], dict[str, Any]]:
    """An autoencoder whose code is drawn."""

    def build() -> dict[str, Any]:
        x = tf1.placeholder(tf.float32, [None, 6])
        mean, log = (tf.matmul(x, tf1.get_variable(name, [6, 2])) for name in ("mean", "log"))
        code = mean + tf.exp(0.5 * log) * draw(tf.shape(mean))
        outputs = tf.matmul(code, tf1.get_variable("out", [2, 6]))
        prior = tf.reduce_sum(1 + log - tf.square(mean) - tf.exp(log), 1)
        cost = tf.reduce_mean(tf.square(outputs - x)) - 0.5 * tf.reduce_mean(prior)
        train_op = tf1.train.AdamOptimizer(0.01).minimize(cost)
        return {"x": x, "y": x, "cost": cost, "train_op": train_op, "logits": outputs}

    return build


class Sampling(layers.Layer):
    def call(self, mean: Any, log: Any) -> Any:
        ops = keras.ops
        prior = ops.sum(1 + log - ops.square(mean) - ops.exp(log), 1)
        self.add_loss(-0.5 * ops.mean(prior))
        return mean + ops.exp(0.5 * log) * keras.random.normal(ops.shape(mean))


def sampled() -> keras.Model:
    x = keras.Input([6])
    mean, log = (layers.Dense(2, use_bias=False, name=name)(x) for name in ("mean", "log"))
    outputs = layers.Dense(6, use_bias=False, name="out")(Sampling()(mean, log))
    model = keras.Model(x, outputs)
    model.compile(optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


@pytest.mark.slow
def test_a_variational_autoencoder_is_judged_by_the_same_numbers_on_both_sides() -> None:
    found = examine({"tf1_graph": variational(tf1.random_normal), "keras_model": sampled}, steps=2)
    assert found.verdict in PROVEN, found
    assert not found.not_compared


def noisy(noise: Draw) -> Callable[[], dict[str, Any]]:
    """Products with noise added to the inputs."""

    def build() -> dict[str, Any]:
        x, y = tf1.placeholder(tf.float32, [None, 6]), tf1.placeholder(tf.float32, [None, 2])
        outputs = tf.matmul(x + noise(tf.shape(x)), tf1.get_variable("w", [6, 2]))
        cost = tf.reduce_mean(tf.square(outputs - y))
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}

    return build


def with_noise(deviation: float | None = None) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        stack = [layers.GaussianNoise(deviation, name="noise")] if deviation else []
        last = layers.Dense(2, use_bias=False)
        model = keras.Sequential([keras.Input([6]), *stack, last])
        model.compile(optimizers.SGD(0.1), "mse")
        return model

    return make


def normal(shape: tf.Tensor) -> tf.Tensor:
    return tf1.random_normal(shape, stddev=0.3, name="noise")


def test_noise_that_is_another_is_named() -> None:
    found = examine({"tf1_graph": noisy(normal), "keras_model": with_noise(0.1)}, steps=2)
    (cause,) = found.causes
    assert cause.cause == "stddev of layer noise: 0.1 in Keras, 0.3 in TensorFlow 1"
    assert found.verdict == "different"


def test_noise_of_tensorflow_1_alone_is_refused_with_the_way_out() -> None:
    names = {"tf1_graph": noisy(normal), "keras_model": with_noise()}
    with pytest.raises(UserError, match=r"(?s)noise.*\(normal\), and none in Keras.*keras.random"):
        examine(names, steps=2)


def test_numbers_of_several_places_are_said_to_be_the_same() -> None:
    graph = noisy(lambda shape: normal(shape) + normal(shape))
    found = examine({"tf1_graph": graph, "keras_model": with_noise(0.6)}, steps=2)
    assert found.verdict in PROVEN, found
    assert any("at 2 places in TensorFlow 1, 1 in Keras" in said for said in found.not_compared)


def shuffled(shape: tf.Tensor) -> tf.Tensor:
    return tf1.random_shuffle(tf.ones(shape) * tf.range(6.0)[:, None], name="shuffled")


def test_what_cannot_be_given_is_refused_with_a_way_out_that_fits_it() -> None:
    with pytest.raises(UserError, match=r"(?s)shuffled .RandomShuffle.*leave rows in their order"):
        examine({"tf1_graph": noisy(shuffled), "keras_model": with_noise()}, batch_size=6)


@pytest.mark.parametrize("random", [keras.random, tf.random])
def test_draws_of_keras_and_tensorflow_are_made_of_given_numbers(random: Any) -> None:
    kinds = ("normal", "truncated normal", "uniform")
    streams = {kind: np.arange(n, n + 7, dtype=np.float32) for n, kind in enumerate(kinds)}
    with draws.made_of(streams) as asked:
        drawn = random.normal((3, 4), 10.0, 2.0), random.truncated_normal((2,), stddev=3.0)
        whole = tf.random.uniform((100,), maxval=3, dtype="int32")
        assert np.array_equal(drawn[0], np.resize(streams["normal"] * 2 + 10, (3, 4)))
        assert np.array_equal(drawn[1], [3.0, 6.0])
        assert np.array_equal(random.uniform((2,), -1.0, 1.0), [3.0, 5.0])
    assert asked == [*kinds]
    assert set(whole.numpy()) <= {0, 1, 2}
    assert not np.array_equal(random.normal((3, 4)), random.normal((3, 4)))  # as it was before
