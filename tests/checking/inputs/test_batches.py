"""Batches that are drawn: of ids, of labels that are inputs, and by users themselves."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.examining import examine
from tests.support.pairs.graph_parts import dense, descent, mean_square, placeholder
from training.checking import batches, beginning
from training.errors import UserError
from training.model_files import pair
from training.model_files.endpoints import Fed

tf1 = tf.compat.v1


def lengths() -> dict[str, Any]:
    """Return a graph that sums the first so many steps of each row."""
    x, length = placeholder(None, 5, 2), placeholder(None, dtype=tf.int32, name="length")
    y = placeholder(None, 1)
    mask = tf.sequence_mask(length, 5, tf.float32)
    out = dense(tf.reduce_sum(x * mask[:, :, None], 1), 1, "out")
    cost = mean_square(out, y)
    return {"x": [x, length], "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}


def model_with_lengths(off: int = 0) -> keras.Model:
    x, length = keras.Input([5, 2]), keras.Input([], dtype="int32")
    taken = keras.ops.less(keras.ops.arange(5), keras.ops.expand_dims(length + off, 1))
    summed = keras.ops.sum(x * keras.ops.cast(taken[:, :, None], "float32"), 1)
    model = keras.Model([x, length], keras.layers.Dense(1, name="out")(summed))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_labels_that_are_inputs_stay_so_where_those_are_made_larger() -> None:
    """Of an autoencoder, and of a model that gives its loss; as drawn by a sample_batch, too."""
    rows = np.ones([4, 3], np.float32)
    x, y = beginning.larger(({"a": rows}, [rows, 2 * rows]), 10.0)
    assert x["a"] is y[0]
    np.testing.assert_array_equal([x["a"], y[1]], [10 * rows, 2 * rows])


def test_users_own_batches() -> None:
    drawn = []

    def sample_batch(rng: np.random.Generator, rows: int) -> Any:
        drawn.append(rng.integers(1, 6, rows))
        return [rng.standard_normal([rows, 5, 2]), drawn[-1]], rng.standard_normal([rows, 1])

    names = {"tf1_graph": lengths, "sample_batch": sample_batch}
    found = examine({**names, "keras_model": model_with_lengths})
    assert found.verdict in ("identical", "equivalent"), found
    assert np.concatenate(drawn).max() == 5
    wrong = examine({**names, "keras_model": lambda: model_with_lengths(1)})
    assert wrong.verdict == "different"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda rng, rows: np.ones([rows, 5, 2]), "gave something else than"),
        (lambda rng, rows: ([np.ones([rows, 5, 2])], np.ones([rows, 1])), "something else than"),
        (
            lambda rng, rows: ([np.ones([rows, 5, 3]), np.ones(rows)], np.ones([rows, 1])),
            r"gave Placeholder \[8, 5, 3\]; expected Placeholder \[None, 5, 2\]",
        ),
        (lambda rng, rows: {}["none"], "raised KeyError"),
        (3, r"no function sample_batch\(rng, rows\)"),
    ],
)
def test_sample_batch_that_gives_something_else(given: Any, said: str) -> None:
    names = {"tf1_graph": lengths, "keras_model": model_with_lengths, "sample_batch": given}
    with pytest.raises(UserError, match=said):
        examine(names)


def test_labels_that_are_the_inputs() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, other = placeholder(None, 4), placeholder(None, 2)
        code = dense(x, 2, "code")
        back = dense(code, 4, "back")
        cost = mean_square(back, x) + mean_square(code, other)
        ends = {"x": x, "y": [x, other], "logits": [back, code]}
        return {**ends, "cost": cost, "train_op": descent(cost)}

    names = {"tf1_graph": tf1_graph, "keras_model": model_with_lengths}
    loaded = pair.validate(Path("pair.py"), names, seed=0)
    (x, (same, other)), *_ = batches.synthetic(loaded, 8, 2, 0)
    np.testing.assert_array_equal(x, same)
    assert other.shape == (8, 2)


def test_ids_come_twice_in_every_other_batch_however_large_their_table_is() -> None:
    """Or nothing shows whether an id's gradients are added up before they are squared."""
    rng, fed = np.random.default_rng(0), Fed("ids", "ids:0", "int32", (None,))
    all_of_them, few = (batches._ids(rng, fed, 1000, 32, half=half) for half in (False, True))
    assert len(np.unique(all_of_them)) == 32
    assert len(np.unique(few)) == 16


def test_placeholders_without_a_shape_have_that_of_keras() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = tf1.placeholder("float"), tf1.placeholder("float")
        weight, bias = tf1.Variable(0.3, name="weight"), tf1.Variable(0.1, name="bias")
        out = x * weight + bias
        cost = tf.reduce_sum(tf.pow(out - y, 2)) / (2 * 8)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    def keras_model(factor: float = 0.5) -> keras.Model:
        model = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mse", loss_weights=factor)
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: keras_model(1.0)})
    assert [one.cause for one in wrong.causes] == [
        "factor: TensorFlow 1's loss is 0.5 times Keras'"
    ]
