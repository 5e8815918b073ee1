"""Where a verdict could be too sure: on a guessed order, on one of no causes, on a bad copy."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import losses, optimizers

from tests.support.examining import examine
from tests.support.pairs import TF1, keras_with, tf1, write
from tests.support.pairs.one_layer import (
    dense,
    descend,
    huber,
    linear,
    pair,
    regression,
    sequential,
)
from training.checking import judgement
from training.checking.wide import departure


def two_of_a_shape(x: tf.Tensor) -> tf.Tensor:
    first, second = (tf1.get_variable(name, [6, 6]) for name in ("p", "q"))
    return tf.matmul(tf.nn.relu(tf.matmul(x, second)), first)


@pytest.mark.slow
def test_an_order_that_was_only_guessed_is_no_mistake_and_said() -> None:
    """p is made first and used last."""
    names = pair(
        regression(two_of_a_shape, descend, units=6),
        sequential(dense(6, activation="relu"), dense(6)),
    )
    found = examine(names)
    assert found.verdict in ("identical", "equivalent"), found
    assert "variables of one shape were paired by what they compute" in found.causes[0].cause
    swapped = {"weight_map": {"p": "first/kernel", "q": "last/kernel"}}
    model = sequential(dense(6, activation="relu", name="first"), dense(6, name="last"))
    assert examine({**names, "keras_model": model, **swapped}).verdict == "different"
    in_order = regression(lambda x: linear(linear_of(x), 6), descend, units=6)
    assert list(examine(pair(in_order, sequential(dense(6), dense(6)))).in_order) == ["v", "w"]


def linear_of(x: tf.Tensor) -> tf.Tensor:
    return tf.matmul(x, tf1.get_variable("v", [6, 6]))


def test_an_op_after_keras_last_layer_is_blamed_on_no_layer() -> None:
    """Every layer's outputs are in the graph, and no mistake that is known explains the rest."""
    graph = regression(lambda x: tf.math.atan(linear(x)), descend)
    found = examine(pair(graph, sequential(dense())))
    assert found.verdict == "different"
    assert not found.causes, found.causes
    assert "no cause that was tried explains it" in str(found.unexplained)


def test_not_a_number_on_both_sides_proves_nothing() -> None:
    def cost(labels: Any, logits: Any) -> Any:
        return tf.reduce_mean(tf.square(labels - logits)) * np.nan

    def loss(labels: Any, logits: Any) -> Any:
        return keras.ops.mean(keras.ops.square(labels - logits)) * np.nan

    found = examine(write(TF1(cost=cost), keras_with(loss=lambda: loss)))
    assert found.verdict == "undecided"
    assert "is not finite on either side" in str(found.unexplained)


def test_a_twin_that_lost_a_setting_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a clone in float64 says: it has to be its original first."""

    def forgetful(model: keras.Model) -> keras.Model:
        twin = original(model)
        twin.compile(optimizers.SGD(0.1), losses.Huber(delta=1.0))
        return twin

    original = judgement.variants.in_float64
    monkeypatch.setattr(judgement.variants, "in_float64", forgetful)
    names = pair(huber(1.0), sequential(dense(), loss=lambda: losses.Huber(delta=3.0)))
    found = examine(names, batch_size=16)
    assert found.verdict == "different"
    assert "copy in float64 does not match it: its loss differs" in str(found.unexplained)
    assert departure  # the function that says so
