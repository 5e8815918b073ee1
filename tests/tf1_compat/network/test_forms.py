"""Placeholders that a graph takes in another form, and the NumPy that gives them the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from keras_models.writing.rows import batches
from tests.tf1_compat.network.graphs import tf1, variable
from tf1_compat import network
from tf1_compat.network import Given, Network, NotCovered


def fed(name: str, *sizes: int, of: Any = tf.float32) -> Any:
    return tf1.placeholder(of, [None, *sizes], name)


def dense(x: Any, units: int) -> Any:
    return tf.matmul(x, variable("out/kernel", x.shape[-1], units))


def trained(cost: Any) -> Network:
    tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return network.read(tf1.get_default_graph(), Given())[0]


def squared(outputs: Any, y: Any) -> Any:
    return tf.reduce_mean(tf.square(outputs - y))


def cross_entropy(outputs: Any, y: Any) -> Any:
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=outputs))


def pixels() -> Any:
    images = tf.cast(fed("images", 3, 3, of=tf.uint8), tf.float32) / 255.0
    outputs = dense(tf.reshape(images - 0.3, [-1, 9]), 4)
    labels = tf.one_hot(tf.cast(fed("labels", of=tf.uint8), tf.int32), 4)
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=outputs))


def regression_of_scopes() -> Any:
    x = tf.concat([fed("in/x", 3), 2.0 * fed("in/other-x", 2)], 1)
    return squared(dense(x, 1), tf.expand_dims(fed("in/y"), 1))


def one_hot_inputs() -> Any:
    y = fed("y", 3)
    return cross_entropy(dense(tf.one_hot(fed("state", of=tf.int32), 5), 3), tf.argmax(y, 1))


def the_next_token() -> Any:
    tokens = fed("tokens", 6, of=tf.int64)
    x, y = tf.cast(tokens[:, :-1], tf.float32), tf.cast(tokens[:, 1:], tf.float32)
    return squared(dense(x, 5), y)


def an_autoencoder() -> Any:
    x = fed("x", 2, 3)
    rows = tf.shape(x)[0]
    return squared(dense(tf.reshape(x, [-1, 6]), 6), tf.reshape(x, tf.stack([rows, 6])))


def one_column() -> Any:
    return cross_entropy(dense(fed("x", 3), 3), tf.squeeze(fed("y", 1, of=tf.int32), [1]))


@pytest.mark.parametrize(
    ("build", "written"),
    [
        (pixels, 'return fed["images"], fed.get("labels")'),
        (regression_of_scopes, 'y = np.expand_dims(fed["in/y"], 1) if "in/y" in fed else None'),
        (one_hot_inputs, 'y = fed["y"].argmax(1) if "y" in fed else None'),
        (the_next_token, 'return fed["tokens"], fed["tokens"][:, 1:].astype("float32")'),
        (an_autoencoder, 'return fed["x"], fed["x"].reshape(-1, 6)'),
        (one_column, 'y = fed["y"].squeeze(1) if "y" in fed else None'),
    ],
)
def test_batch_gives_placeholders_the_form_that_the_graph_does(
    build: Callable[[], Any], written: str
) -> None:
    found = trained(build())
    source = batches.source(found)
    assert f"    {written}\n" in f"{source}\n"
    names: dict[str, Any] = {"np": np}
    exec(source, names)
    rng, feeds = np.random.default_rng(0), dict[str, np.ndarray]()
    for op in tf1.get_default_graph().get_operations():
        if op.type == "Placeholder":
            shape = [7, *op.outputs[0].shape[1:]]
            feeds[op.name] = np.asarray(
                rng.uniform(0, 3, shape), op.outputs[0].dtype.as_numpy_dtype
            )
    x, y = names["batch"](feeds | {"keep_prob": 1.0})
    tensors = [*(one.tensor for one in found.inputs), *(one.labels for one in found.losses)]
    with tf1.Session() as session:
        theirs = session.run(tensors, {f"{name}:0": rows for name, rows in feeds.items()})
    for ours, expected in zip(
        [*(x.values() if isinstance(x, dict) else [x]), y], theirs, strict=True
    ):
        assert ours.dtype == expected.dtype
        np.testing.assert_array_equal(ours, expected)
    asked = {name: rows for name, rows in feeds.items() if name not in ("y", "in/y", "labels")}
    assert (names["batch"](asked)[1] is None) == (len(asked) < len(feeds))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (lambda: tf.cumsum(fed("x", 3), 1), r"Cumsum \(Cumsum\): no layer is known for it"),
        (lambda: fed("x", 3)[1:], r"strided_slice \(StridedSlice\): it is of some rows"),
        (lambda: tf.one_hot(fed("x", of=tf.int32), 3, 0.9, 0.1), r"one_hot \(OneHot\): no layer"),
    ],
)
def test_what_changes_more_than_the_form_is_named(x: Callable[[], Any], said: str) -> None:
    with pytest.raises(NotCovered, match=said):
        trained(squared(dense(x(), 2), fed("y", 2)))
