"""`tf1keras check` accuses no right rewrite, catches every wrong one, and names the cause."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf

import keras_models
from tests.slow import few_of
from tests.support.examining import examine
from tests.support.pairs import TF1, Keras, keras_with, tf1, write

losses, optimizers, layers = keras.losses, keras.optimizers, keras.layers


def with_(optimizer: Callable) -> Keras:
    return keras_with(optimizer=optimizer)


def adam(**options: Any) -> Keras:
    return with_(lambda: optimizers.Adam(**{"learning_rate": 0.01, "epsilon": 1e-8, **options}))


def sgd(**options: Any) -> Keras:
    return with_(lambda: optimizers.SGD(0.1, **options))


GRADIENT_DESCENT = TF1(optimizer=lambda: tf1.train.GradientDescentOptimizer(0.1))
MOMENTUM = TF1(optimizer=lambda: tf1.train.MomentumOptimizer(0.1, 0.9))
SQUARE = TF1(units=(5, 5, 5), y=(None, 5))
SQUARE_KERAS = keras_with(units=(5, 5, 5))


def clip_by_global_norm(pairs: list) -> list:
    gradients, variables = zip(*pairs, strict=True)
    return list(zip(tf.clip_by_global_norm(gradients, 0.05)[0], variables, strict=True))


def smoothed(labels: Any, logits: Any) -> Any:
    return tf1.losses.softmax_cross_entropy(labels, logits, label_smoothing=0.1)


def summed(labels: Any, logits: Any) -> Any:
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))


def squared(labels: Any, logits: Any) -> Any:
    return tf.reduce_mean(tf.square(labels - logits))


def decaying() -> Any:
    step = tf1.train.get_or_create_global_step()
    rate = tf1.train.exponential_decay(0.1, step, 2, 0.5)
    return tf1.train.GradientDescentOptimizer(rate)


CCE = losses.CategoricalCrossentropy

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "epsilon": (write(TF1(), adam(epsilon=1e-7)), "epsilon: 1e-07 in Keras, 1e-08 in TensorFlow 1"),
    "learning rate": (write(TF1(), adam(learning_rate=0.02)), "learning_rate: 0.02 in Keras, 0.01"),
    "beta_1": (write(TF1(), adam(beta_1=0.95)), "beta_1: 0.95 in Keras, 0.9 in TensorFlow 1"),
    "beta_2": (write(TF1(), adam(beta_2=0.99)), "beta_2: 0.99 in Keras, 0.999 in TensorFlow 1"),
    "amsgrad": (write(TF1(), adam(amsgrad=True)), "amsgrad: True in Keras"),
    "momentum": (write(MOMENTUM, sgd(momentum=0.8)), "momentum: 0.8 in Keras, 0.9 in"),
    "no momentum": (write(MOMENTUM, sgd()), "momentum: 0 in Keras, 0.9 in TensorFlow 1"),
    "nesterov": (write(MOMENTUM, sgd(momentum=0.9, nesterov=True)), "nesterov: True in Keras"),
    "SGD for Adam": (write(TF1(), sgd()), "optimizer: SGD in Keras, Adam in TensorFlow 1"),
    "Nadam for Adam": (
        write(TF1(), with_(lambda: optimizers.Nadam(0.01))),
        "optimizer: Nadam in Keras, Adam in TensorFlow 1",
    ),
    "RMSprop from zero": (
        write(
            TF1(optimizer=lambda: tf1.train.RMSPropOptimizer(0.01)),
            with_(lambda: optimizers.RMSprop(0.01, epsilon=1e-10)),
        ),
        "initial_ms: 0 in Keras, 1 in TensorFlow 1",
    ),
    "Adagrad epsilon": (
        write(
            TF1(optimizer=lambda: tf1.train.AdagradOptimizer(0.1)),
            with_(lambda: optimizers.Adagrad(0.1)),
        ),
        "epsilon: 1e-07 in Keras, none in TensorFlow 1",
    ),
    "weight decay": (write(TF1(), adam(weight_decay=0.01)), "weight_decay: 0.01 in Keras"),
    "clipnorm": (write(GRADIENT_DESCENT, sgd(clipnorm=0.05)), "clipnorm: 0.05 in Keras"),
    "clipping in TensorFlow 1": (
        write(
            TF1(
                optimizer=lambda: tf1.train.GradientDescentOptimizer(0.1), clip=clip_by_global_norm
            ),
            sgd(),
        ),
        "gradient clipping: global_clipnorm 0.05 in TensorFlow 1, none in Keras",
    ),
    "decaying learning rate": (
        write(TF1(optimizer=decaying), sgd()),
        "learning rate schedule: from 0.1 to 0.05 in TensorFlow 1, 0.1 in Keras",
    ),
    "no activation": (
        write(TF1(), keras_with(activations=("linear", "linear"))),
        "activation of layer h0: none in Keras, relu in TensorFlow 1",
    ),
    "other activation": (
        write(TF1(activation=tf.nn.tanh), Keras()),
        "activation of layer h0: relu in Keras, tanh in TensorFlow 1",
    ),
    "activation too many": (
        write(TF1(), keras_with(activations=("relu", "relu"))),
        "activation of layer h1: relu in Keras, none in TensorFlow 1",
    ),
    "dropout": (
        write(TF1(), keras_with(extra=lambda: layers.Dropout(0.5, name="drop"))),
        "dropout: in Keras, none in TensorFlow 1",
    ),
    "scaled": (
        write(TF1(), keras_with(extra=lambda: layers.Rescaling(0.5, name="scale"))),
        "layer scale (Rescaling) has no counterpart in TensorFlow 1",
    ),
    "logits as probabilities": (
        write(TF1(), keras_with(loss=lambda: CCE())),
        "logits are taken as probabilities",
    ),
    "sum in Keras": (
        write(TF1(), keras_with(loss=lambda: CCE(from_logits=True, reduction="sum"))),
        "reduction: a sum over the batch in Keras, a mean in TensorFlow 1",
    ),
    "sum in TensorFlow 1": (
        write(TF1(cost=summed), Keras()),
        "reduction: a mean over the batch in Keras, a sum in TensorFlow 1",
    ),
    "half the loss": (
        write(
            TF1(cost=lambda y, z: squared(y, z) / 2),
            keras_with(loss=lambda: losses.MeanSquaredError()),
        ),
        "factor: TensorFlow 1's loss is 0.5 times Keras'",
    ),
    "smoothing in Keras": (
        write(TF1(), keras_with(loss=lambda: CCE(from_logits=True, label_smoothing=0.1))),
        "label smoothing: 0.1 in Keras, 0 in TensorFlow 1",
    ),
    "smoothing in TensorFlow 1": (
        write(TF1(cost=smoothed), Keras()),
        "label smoothing: 0 in Keras, 0.1 in TensorFlow 1",
    ),
    "another loss": (
        write(TF1(), keras_with(loss=lambda: losses.MeanSquaredError())),
        "loss: MeanSquaredError in Keras, CategoricalCrossentropy in TensorFlow 1",
    ),
    "L2 in Keras": (
        write(TF1(), keras_with(options=({"kernel_regularizer": keras.regularizers.L2(0.01)}, {}))),
        "regularizer in Keras only: h0's kernel_regularizer",
    ),
    "L2 in TensorFlow 1": (
        write(TF1(penalty=0.02), Keras()),
        "regularizer: l2 of h0/kernel 0.01, h1/kernel 0.01 in TensorFlow 1, none in Keras",
    ),
    "frozen layer": (
        write(TF1(), keras_with(options=({"trainable": False}, {}))),
        "layer h0 is frozen",
    ),
    "layer frozen in TensorFlow 1": (
        write(TF1(trained=lambda name: not name.endswith("0")), Keras()),
        "layer h0 is trained, TensorFlow 1 leaves it as it is",
    ),
    "no bias": (
        write(TF1(), keras_with(options=({}, {"use_bias": False}))),
        "layer h1 has no bias, TensorFlow 1 adds one",
    ),
    "transposed square": (
        write(TF1(units=(5, 5, 5), y=(None, 5), transpose=True), SQUARE_KERAS),
        "transposed weights: W0, W1",
    ),
    "transposed": (
        write(TF1(units=(4, 3), transpose=True), keras_with(units=(4, 3), activations=("linear",))),
        "transposed weights: W0",
    ),
    "swapped": (
        write(
            SQUARE,
            SQUARE_KERAS,
            {"W0": "h1/kernel", "b0": "h0/bias", "W1": "h0/kernel", "b1": "h1/bias"},
        ),
        "swapped weights: W0 belongs to h0/kernel, W1 belongs to h1/kernel",
    ),
    "constraint": (
        write(
            GRADIENT_DESCENT,
            keras_with(
                optimizer=lambda: optimizers.SGD(0.1),
                options=({"kernel_constraint": keras.constraints.MaxNorm(0.1)}, {}),
            ),
        ),
        "weight constraints",
    ),
}


KINDS = (
    *("epsilon", "learning rate", "no momentum", "SGD for Adam", "RMSprop from zero"),
    *("clipping in TensorFlow 1", "decaying learning rate", "no activation", "dropout", "scaled"),
    *("logits as probabilities", "sum in Keras", "smoothing in Keras", "L2 in Keras"),
    *("frozen layer", "no bias", "transposed", "constraint"),
)
"""One of each kind of mistake."""


@pytest.mark.parametrize("name", few_of(WRONG, *KINDS))
def test_wrong_pair_is_caught_and_its_cause_named(name: str) -> None:
    names, cause = WRONG[name]
    found = examine(names)
    assert found.verdict == "different"
    assert found.first_difference
    assert cause in " / ".join(c.cause for c in found.causes), (found.causes, found.unexplained)
    assert found.unexplained is None


def classic(labels: Any, logits: Any) -> Any:
    """The cross-entropy of many TensorFlow 1 tutorials, written out."""
    return tf.reduce_mean(-tf.reduce_sum(labels * tf.math.log(tf.nn.softmax(logits)), axis=1))


def binary(labels: Any, logits: Any) -> Any:
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def functional() -> keras.Model:
    inputs = keras.Input([6])
    hidden = layers.Dense(5, activation="relu", name="hidden")(inputs)
    model = keras.Model(inputs, layers.Dense(3, name="out")(hidden))
    model.compile(optimizers.Adam(0.01, epsilon=1e-8), CCE(from_logits=True))
    return model


TF1_PIECES = keras_models.tf1_optimizers
EXAMPLES = ("softmax_regression", "article", "article_exact", "momentum", "convnet")
L2 = {"kernel_regularizer": keras.regularizers.L2(0.01)}

RIGHT: dict[str, dict[str, Any]] = {
    "adam": write(TF1(), Keras()),
    "sgd": write(GRADIENT_DESCENT, sgd()),
    "nesterov": write(
        TF1(optimizer=lambda: tf1.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True)),
        sgd(momentum=0.9, nesterov=True),
    ),
    "rmsprop": write(
        TF1(optimizer=lambda: tf1.train.RMSPropOptimizer(0.01)),
        with_(lambda: TF1_PIECES.TF1RMSProp(0.01)),
    ),
    "adagrad": write(
        TF1(optimizer=lambda: tf1.train.AdagradOptimizer(0.1)),
        with_(lambda: optimizers.Adagrad(0.1, epsilon=0.0)),
    ),
    "functional, by name": write(
        TF1(),
        functional,
        {"W0": "hidden/kernel", "b0": "hidden/bias", "W1": "out/kernel", "b1": "out/bias"},
    ),
    "cross-entropy written out": write(TF1(cost=classic), Keras()),
    "probabilities": write(
        TF1(), keras_with(activations=("relu", "softmax"), loss=lambda: CCE(from_logits=False))
    ),
    "regression": write(TF1(cost=squared), keras_with(loss=lambda: losses.MeanSquaredError())),
    "binary": write(
        TF1(cost=binary), keras_with(loss=lambda: losses.BinaryCrossentropy(from_logits=True))
    ),
    "penalties": write(TF1(penalty=0.02), keras_with(options=(L2, L2))),
    "smoothing": write(
        TF1(cost=smoothed),
        keras_with(loss=lambda: CCE(from_logits=True, label_smoothing=0.1)),
    ),
    "global clipping": write(
        TF1(optimizer=lambda: tf1.train.GradientDescentOptimizer(0.1), clip=clip_by_global_norm),
        sgd(global_clipnorm=0.05),
    ),
    "no bias, no hidden layer": write(
        TF1(units=(6, 3), bias=False, optimizer=lambda: tf1.train.GradientDescentOptimizer(1)),
        keras_with(
            units=(6, 3),
            activations=("linear",),
            options=({"use_bias": False},),
            optimizer=lambda: optimizers.SGD(1.0),
        ),
    ),
}


KEPT = ("sgd", "rmsprop", "adam", "cross-entropy written out", "global clipping")


@pytest.mark.parametrize("name", few_of(RIGHT, *KEPT))
def test_right_pair_is_not_accused(name: str) -> None:
    found = examine(RIGHT[name])
    assert found.verdict in ("identical", "equivalent"), (found.causes, found.unexplained)
    assert found.unexplained is None
    assert bool(found.causes) == (found.verdict == "equivalent")
