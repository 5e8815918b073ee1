"""What has no variables of its own is found by its ops, too, however it was written."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.tf1_compat.network.graphs import images, read, variable
from tf1_compat.network import NotCovered

tf1 = tf.compat.v1
ROWS: tuple[int, ...] = (6,)
STEPS, IMAGES = (5, 6), (4, 4, 6)


def over(x: Any) -> Any:
    """A layer that is trained, of whatever rank x has."""
    flat = tf.reshape(x, [-1, int(np.prod(x.shape[1:]))])
    return tf.matmul(flat, variable("out/kernel", flat.shape[1], 2))


def heads(x: Any) -> Any:
    return tf.matmul(tf.transpose(x, [0, 2, 1]), x, transpose_b=False)


def by_hand(x: Any) -> Any:
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    gamma, beta = variable("norm/gamma", 6), variable("norm/beta", 6)
    return gamma * (x - mean) / tf.sqrt(variance + 1e-6) + beta


def of_instances(x: Any) -> Any:
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, None, variable("norm/gamma", 6), 1e-5)


Found = list[tuple[str, dict[str, Any]]]
FUNCTIONS: dict[str, tuple[tuple[int, ...], Callable[[Any], Any], Found]] = {
    "x / 255": (ROWS, lambda x: x / 255.0, [("rescaling", {"scale": 1 / 255, "offset": 0.0})]),
    "2x - 1": (ROWS, lambda x: x * 2.0 - 1.0, [("rescaling", {"scale": 2.0, "offset": -1.0})]),
    "x / sqrt(5)": (ROWS, lambda x: x / np.sqrt(5).astype("f"), [("over", {"x2": 2.236068})]),
    "weights of classes": (
        ROWS,
        lambda x: x * np.array([1, 2, 0.5, 4, 1, 1], "f"),
        [("rescaling", {"scale": [1.0, 2.0, 0.5, 4.0, 1.0, 1.0]})],
    ),
    "less the mean of channels": (
        (2, 2, 3),
        lambda x: x - tf.constant([103.9, 116.8, 123.7], shape=[1, 1, 1, 3]),
        [("rescaling", {"offset": [-103.9, -116.8, -123.7]})],
    ),
    "one number, often": (ROWS, lambda x: x * np.full([1, 6], 0.5, "f"), [("rescaling", {})]),
    "chosen by signs": (
        ROWS,
        lambda x: tf.where(x > 0.0, x, tf.zeros_like(x)),
        [("greater_than", {"x2": 0.0}), ("zeros_like", {}), ("where", {})],
    ),
    "depth to space": (
        (2, 3, 8),
        lambda x: tf.nn.depth_to_space(x, 2),
        [
            ("reshape", {"target_shape": (2, 3, 2, 2, 2)}),
            ("permute", {"dims": (1, 3, 2, 4, 5)}),
            ("reshape", {"target_shape": (4, 6, 2)}),
        ],
    ),
    "1 - x": (ROWS, lambda x: 1.0 - x, [("complement", {"x1": 1.0})]),
    "leaky relu": (ROWS, tf.nn.leaky_relu, [("leaky_relu", {"negative_slope": 0.2})]),
    "leaky by maximum": (
        ROWS,
        lambda x: tf.maximum(0.1 * x, x),
        [("leaky_relu", {"negative_slope": 0.1})],
    ),
    "leaky by |x|": (
        ROWS,
        lambda x: 0.6 * x + 0.4 * tf.abs(x),
        [("leaky_relu", {"negative_slope": 0.2})],
    ),
    "swish": (ROWS, lambda x: x * tf.sigmoid(x), [("activation", {"activation": "silu"})]),
    "gelu": (
        ROWS,
        lambda x: 0.5 * x * (1 + tf.math.erf(x / np.sqrt(2.0).astype("f"))),
        [("activation", {"activation": "gelu"})],
    ),
    "unit vectors": (
        ROWS,
        lambda x: tf.nn.l2_normalize(x, 1),
        [("normalize", {"axis": 1, "epsilon": 1e-6})],
    ),
    "a sum": (STEPS, lambda x: tf.reduce_sum(x, 2), [("total", {"axis": 2, "keepdims": False})]),
    "the last step": (STEPS, lambda x: x[:, -1], [("part", {"index": ":, -1"})]),
    "halves": (
        ROWS,
        lambda x: tf.multiply(*tf.split(x, 2, 1)),
        [("part", {"index": ":, :3"}), ("part", {"index": ":, 3:6"}), ("multiply", {})],
    ),
    "attention": (STEPS, heads, [("permute", {"dims": (2, 1)}), ("dot", {"axes": (2, 1)})]),
    "softmax over steps": (
        STEPS,
        lambda x: tf.nn.softmax(x, axis=1),
        [("softmax", {"axis": 1})],
    ),
    "one step, as a row": ((1, 6), lambda x: x, [("flatten", {})]),
    "mirrored": (
        IMAGES,
        lambda x: tf.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]], "REFLECT"),
        [("pad", {"mode": "reflect"})],
    ),
    "larger": (
        IMAGES,
        lambda x: tf1.image.resize_nearest_neighbor(x, [8, 12]),
        [("up_sampling2d", {"size": (2, 3)})],
    ),
    "pooled along steps": (
        STEPS,
        lambda x: tf.squeeze(tf.nn.max_pool2d(tf.expand_dims(x, 2), [2, 1], 2, "VALID"), [2]),
        [("max_pooling1d", {"pool_size": 2, "strides": 2})],
    ),
    "a layer by hand": (STEPS, by_hand, [("layer_normalization", {"epsilon": 1e-6})]),
    "instances": (
        IMAGES,
        of_instances,
        [("group_normalization", {"groups": -1, "center": False, "scale": True})],
    ),
}


def test_the_output_of_the_action_that_was_chosen_is_a_sum() -> None:
    outputs = tf.matmul(images(4), variable("out/kernel", 4, 3))
    actions = tf1.placeholder(tf.int32, [None], "actions")
    places = tf.stack([tf.range(tf.shape(outputs)[0]), actions], 1)
    calls = [call.layer for call in read(tf.gather_nd(outputs, places)).calls]
    assert [one.kind for one in calls] == ["dense", "one_hot", "multiply", "total"]
    assert calls[1].options == {"num_classes": 3}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_found_by_their_ops(name: str) -> None:
    sizes, function, expected = FUNCTIONS[name]
    found = [call.layer for call in read(over(function(images(*sizes)))).calls][: len(expected)]
    assert [one.kind for one in found] == [kind for kind, _ in expected]
    for one, (_, options) in zip(found, expected, strict=True):
        assert one.options | options == one.options


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "of all rows": (lambda x: x - tf.reduce_mean(x, 0, keepdims=True), "it is of all rows"),
    "some rows": (lambda x: x[:2], "it is of some rows alone"),
    "rows and axes": (tf.transpose, "rows are no longer the first axis"),
    "rows made others": (lambda x: tf.reshape(x, [-1, 2]), "become others"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_mixes_rows_is_refused(name: str) -> None:
    function, said = REFUSED[name]
    outputs = function(tf.matmul(images(4), variable("out/kernel", 4, 4)))
    with pytest.raises(NotCovered, match=said):
        read(outputs)
