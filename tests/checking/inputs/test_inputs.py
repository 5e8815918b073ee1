"""Inputs as people have them: lists, dicts, iterators, and one that is not named."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.examining import examine
from tests.support.pairs.graph_parts import NORMAL, dense, descent, mean_square, placeholder
from training.errors import UserError

tf1 = tf.compat.v1


def users_and_items(gather: Any) -> Any:
    """Return tf1_graph() of a recommender; `gather` makes x of its two inputs."""

    def tf1_graph() -> dict[str, Any]:
        user, dense_features = placeholder(None, dtype=tf.int32), placeholder(None, 3)
        y = placeholder(None, 1)
        table = tf1.get_variable("users", [7, 4], initializer=NORMAL)
        hidden = tf.concat([tf.gather(table, user), dense_features], 1)
        out = dense(hidden, 1, "out")
        cost = mean_square(out, y)
        x = gather(user, dense_features)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    return tf1_graph


def recommender(rate: float = 0.1) -> keras.Model:
    user, features = keras.Input([], dtype="int32", name="user"), keras.Input([3], name="features")
    hidden = keras.layers.Concatenate()([keras.layers.Embedding(7, 4)(user), features])
    model = keras.Model([user, features], keras.layers.Dense(1, name="out")(hidden))
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


@pytest.mark.parametrize(
    "gather",
    [
        lambda user, features: [user, features],
        lambda user, features: (user, features),
        lambda user, features: {"user": user, "features": features},
    ],
    ids=["list", "tuple", "dict"],
)
def test_two_inputs(gather: Any) -> None:
    tf1_graph = users_and_items(gather)
    found = examine({"tf1_graph": tf1_graph, "keras_model": recommender})
    assert found.verdict in ("identical", "equivalent"), found
    assert not any("ids" in said for said in found.not_compared)  # all 7 were drawn


def test_a_mistake_beside_two_inputs_is_named() -> None:
    tf1_graph = users_and_items(lambda user, features: [user, features])
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: recommender(0.2)})
    assert found.verdict == "different"
    assert "learning_rate: 0.2 in Keras" in found.causes[0].cause


@pytest.mark.slow
def test_inputs_the_other_way_round() -> None:
    def tf1_graph() -> dict[str, Any]:
        left, right, y = placeholder(None, 3), placeholder(None, 3), placeholder(None, 1)
        out = dense(left, 1, "a") - dense(right, 1, "b")
        cost = mean_square(out, y)
        x = {"left": left, "right": right}
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    def keras_model(swapped: bool = False) -> keras.Model:
        left, right = keras.Input([3], name="left"), keras.Input([3], name="right")
        a, b = (keras.layers.Dense(1, name=name) for name in "ab")
        first, second = (right, left) if swapped else (left, right)
        model = keras.Model(
            {"left": left, "right": right}, keras.layers.Subtract()([a(first), b(second)])
        )
        model.compile(keras.optimizers.SGD(0.1), "mse")
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: keras_model(True)})
    assert found.verdict == "different"


def line(rate: float = 0.1) -> keras.Model:
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


def test_iterator_is_fed_as_the_tensors_that_it_gives() -> None:
    def tf1_graph() -> dict[str, Any]:
        rows = np.ones([8, 4], np.float32), np.ones([8, 1], np.float32)
        data = tf1.data.Dataset.from_tensor_slices(rows).batch(4).repeat()
        x, y = tf1.data.make_one_shot_iterator(data).get_next()
        out = dense(x, 1, "out")
        cost = mean_square(out, y)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    found = examine({"tf1_graph": tf1_graph, "keras_model": line})
    assert found.verdict in ("identical", "equivalent"), found
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: line(0.3)})
    assert wrong.verdict == "different"


def siamese(right: str = "right") -> Any:
    """Return tf1_graph() of distances between two inputs, which names only the first as x."""

    def tf1_graph() -> dict[str, Any]:
        left, other = placeholder(None, 4, name="left"), placeholder(None, 4, name=right)
        y = placeholder(None, 1)
        kernel = tf1.get_variable("w", [4, 3], initializer=NORMAL)
        apart = tf.matmul(left, kernel) - tf.matmul(other, kernel)
        out = tf.reduce_sum(tf.square(apart), 1, keepdims=True)
        cost = mean_square(out, y)
        return {"x": left, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    return tf1_graph


def distances(units: int = 4) -> keras.Model:
    left, right = keras.Input([4], name="left"), keras.Input([units], name="right")
    shared = keras.layers.Dense(3, use_bias=False)
    apart = shared(left) - shared(right)
    model = keras.Model([left, right], keras.layers.Dot(1)([apart, apart]))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_an_input_that_is_not_named_is_keras_next_and_said() -> None:
    """Training diverges at once, which is no mistake of the rewrite."""
    found = examine({"tf1_graph": siamese(), "keras_model": distances})
    assert found.verdict in ("identical", "equivalent"), found
    said = " / ".join(found.not_compared)
    assert "whether Keras' inputs are left, right, in this order" in said
    assert "updates from 2 on, for training diverges (loss" in said


def test_an_input_that_keras_lacks_is_no_guess() -> None:
    with pytest.raises(UserError, match="the placeholder right is not fed"):
        examine({"tf1_graph": siamese(), "keras_model": line})
