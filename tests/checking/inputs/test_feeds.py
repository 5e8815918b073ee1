"""What switches and rates are fed, in training and in inference."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from tests.support.examining import examine
from tests.support.pairs.graph_parts import dense, descent, mean_square, placeholder
from training.errors import UserError

tf1 = tf.compat.v1


def dropping(**feeds: Any) -> Any:
    """Return tf1_graph() with a keep_prob that nothing but `feeds` sets."""

    def tf1_graph() -> dict[str, Any]:
        x, y, keep = placeholder(None, 4), placeholder(None, 1), placeholder(name="keep_prob")
        hidden = tf1.nn.dropout(dense(x, 6, "hidden"), keep_prob=keep)
        out = dense(hidden, 1, "out")
        cost = mean_square(out, y)
        ends = {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}
        return ends | {name: {keep: value} for name, value in feeds.items()}

    return tf1_graph


def dropped(rate: float) -> keras.Model:
    layers = [keras.layers.Dense(6), keras.layers.Dropout(rate), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input([4]), *layers])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_feeds_in_training_and_in_inference() -> None:
    tf1_graph = dropping(feeds=(0.75, 1.0))
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
    assert found.verdict in ("identical", "equivalent"), found
    assert "inference" in [rung.name for rung in found.rungs]
    assert not any("rates" in said for said in found.not_compared)
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.5)})
    assert wrong.verdict == "different"
    assert "rate 0.5 in Keras, 0.25 in TensorFlow 1" in wrong.causes[-1].cause


def test_feeds_that_switch_dropout_off_for_good() -> None:
    tf1_graph = dropping(feeds=1.0)
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.0)})
    assert found.verdict in ("identical", "equivalent"), found
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
    assert wrong.verdict == "different"


@pytest.mark.slow
def test_dropout_in_a_branch_that_only_training_takes() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 4), placeholder(None, 1)
        training = tf1.placeholder_with_default(False, [])
        hidden = dense(x, 6, "hidden")
        dropped_out = lambda: tf1.nn.dropout(hidden, rate=0.25)  # noqa: E731
        hidden = tf1.cond(training, dropped_out, lambda: tf.identity(hidden))
        out = dense(hidden, 1, "out")
        cost = mean_square(out, y)
        ends = {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}
        return ends | {"feeds": {training: (True, False)}}

    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
    assert found.verdict in ("identical", "equivalent"), found
    assert found.rungs[-1].name == "inference"
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.5)})
    assert "rate 0.5 in Keras, 0.25 in TensorFlow 1" in wrong.causes[-1].cause


def without_feeding(kind: str) -> Any:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 4), placeholder(None, 1)
        further = {
            "switch": lambda: tf.cast(placeholder(dtype=tf.bool, name="is_training"), tf.float32),
            "number": lambda: placeholder(name="keep_prob"),
            "rows": lambda: placeholder(None, 1, name="other"),
        }[kind]()
        cost = tf.reduce_mean(tf.square(dense(x, 1, "out") * further - y))
        return {"x": x, "y": y, "cost": cost, "train_op": descent(cost)}

    return tf1_graph


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("switch", r'"feeds": \{is_training: \(True, False\)\}'),
        ("number", r'"feeds": \{keep_prob: \(0.5, 1.0\)\}'),
        ("rows", r'"x": \[\.\.\., other\]'),
    ],
)
def test_hint_fits_what_nobody_feeds(kind: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        examine({"tf1_graph": without_feeding(kind), "keras_model": lambda: dropped(0.25)})


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ([1.0], "feeds is a list; expected a dict"),
        ({"keep": 1.0}, "feeds names 'keep', which is not in the graph"),
        ({"keep_prob": "half"}, r"feeds has 'half' for keep_prob; expected float32 \(\)"),
        ({"keep_prob": [1.0, 2.0]}, r"feeds has \[1.0, 2.0\] for keep_prob"),
        ({"keep_prob": (1.0, 0.5, 0.2)}, r"or two of them: \(in training, in inference\)"),
    ],
)
def test_feeds_that_are_none(feeds: Any, said: str) -> None:
    def tf1_graph() -> dict[str, Any]:
        return without_feeding("number")() | {"feeds": feeds}

    with pytest.raises(UserError, match=said):
        examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
