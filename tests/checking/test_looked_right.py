"""Wrong rewrites that looked right: each comes out different, with the cause."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import layers, losses, optimizers

from tests.slow import few_of
from tests.support.examining import examine
from tests.support.pairs import TF1, Keras, keras_with, tf1, write
from tests.support.pairs.one_layer import (
    Names,
    clipped,
    dense,
    descend,
    dropped,
    embedded,
    embedding_model,
    huber,
    linear,
    masked,
    momentum,
    normalized,
    pair,
    regression,
    sequential,
    steps,
    stepwise,
)


class HalfAStep(keras.Sequential):
    """A model that does not train as its optimizer says."""

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True)) / 2
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss}


def half_a_step() -> keras.Model:
    model = HalfAStep([keras.Input([6]), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(linear(x), 0.1)


def branched(x: tf.Tensor) -> tf.Tensor:
    """A branch as TensorFlow 1 wrote it: Switch and Merge, of which one side never runs."""
    tf1.disable_control_flow_v2()
    try:
        training = tf1.placeholder_with_default(True, [])
        return tf1.cond(training, lambda: linear(tf.nn.relu(x)), lambda: tf.zeros([1, 1]))
    finally:
        tf1.enable_control_flow_v2()


def three_layers(trained: Callable = lambda name: True) -> TF1:
    return TF1(units=(6, 5, 4, 3), trained=trained)


WRONG: dict[str, tuple[Names, str]] = {
    "momentum under a changing rate": (
        pair(
            regression(linear, stepwise(momentum, 2, [0.1, 0.01])),
            sequential(dense(), optimizer=lambda: optimizers.SGD(steps(2, [0.1, 0.01]), 0.9)),
        ),
        "momentum: Keras' SGD keeps it in units of the learning rate of then",
    ),
    "Adam and an id drawn twice": (
        pair(
            regression(
                embedded,
                lambda cost: tf1.train.AdamOptimizer(0.01).minimize(cost),
                units=2,
                dtype=tf.int32,
            ),
            lambda: embedding_model(ids=5),
        ),
        "Adam on an embedding",
    ),
    "own train_step": (
        pair(regression(linear, descend), half_a_step),
        "train_step: HalfAStep's own does something else",
    ),
    "dropout forgotten": (
        pair(regression(dropped, descend), sequential(dense())),
        "dropout: in TensorFlow 1, none in Keras",
    ),
    "momentum of moving averages": (
        pair(
            normalized(0.9),
            sequential(lambda: layers.BatchNormalization(momentum=0.99, name="norm")),
        ),
        "momentum of layer norm: 0.99 in Keras, 0.9 in TensorFlow 1",
    ),
    "inference": (
        pair(
            normalized(0.9, epsilon=1e-2),
            sequential(lambda: layers.BatchNormalization(momentum=0.9)),
        ),
        "inference: logits",
    ),
    "rate beyond the steps": (
        pair(
            regression(linear, stepwise(tf1.train.GradientDescentOptimizer, 1000, [0.1, 0.05])),
            sequential(dense()),
        ),
        "learning rate: at update 1,001 it is 0.1 in Keras, 0.05 in TensorFlow 1",
    ),
    "clip that never acted": (
        pair(regression(linear, clipped), sequential(dense())),
        "gradient clipping: global_clipnorm 50 in TensorFlow 1, none in Keras",
    ),
    "clip that never acted, in Keras": (
        pair(
            regression(linear, descend),
            sequential(dense(), optimizer=lambda: optimizers.SGD(0.1, clipnorm=1000.0)),
        ),
        "clipnorm: 1000 in Keras",
    ),
    "delta of Huber's loss": (
        pair(huber(1.0), sequential(dense(), loss=lambda: losses.Huber(delta=3.0))),
        "delta of the loss: 3 in Keras, 1 in TensorFlow 1",
    ),
    "an id that only one side masks": (
        pair(
            regression(masked, descend, units=2, dtype=tf.int32),
            lambda: embedding_model(optimizers.SGD(0.1)),
        ),
        "only in rows of x with id 9",
    ),
    "slope": (
        pair(
            regression(leaky, descend),
            sequential(dense(), lambda: layers.LeakyReLU(0.2, name="leaky")),
        ),
        "negative_slope of layer leaky: 0.2 in Keras, 0.1 in TensorFlow 1",
    ),
    "a branch of the graph": (
        pair(
            regression(branched, descend),
            sequential(lambda: layers.Activation("tanh", name="before"), dense()),
        ),
        "activation of layer before: tanh in Keras, relu in TensorFlow 1",
    ),
    "two layers frozen in TensorFlow 1": (
        write(
            three_layers(lambda name: name.endswith("2")),
            Keras((6, 5, 4, 3), ("relu", "relu", "linear"), ({}, {}, {})),
        ),
        "layers h0, h1 are trained, TensorFlow 1 leaves them as they are",
    ),
    "two mistakes": (
        write(
            TF1(),
            keras_with(
                activations=("tanh", "linear"),
                optimizer=lambda: optimizers.Adam(0.02, epsilon=1e-8),
            ),
        ),
        "activation of layer h0: tanh in Keras, relu in TensorFlow 1 / learning_rate: 0.02",
    ),
}


KEPT = ("own train_step", "inference", "slope", "Adam and an id drawn twice", "two mistakes")


@pytest.mark.parametrize("name", few_of(WRONG, *KEPT))
def test_wrong_rewrite_that_looked_right_is_different(name: str) -> None:
    names, cause = WRONG[name]
    found = examine(names, steps=4, batch_size=16)
    assert found.verdict == "different"
    said = " / ".join([*(one.cause for one in found.causes), str(found.unexplained)])
    assert cause in said, said


def test_the_search_ends_when_its_budget_is_spent() -> None:
    names, _ = WRONG["two mistakes"]
    found = examine(names, budget=0.0)
    assert found.verdict == "different"
    assert not found.causes
    assert "none of the causes tried in 0 s explains it" in str(found.unexplained)
