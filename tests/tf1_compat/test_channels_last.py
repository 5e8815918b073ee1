"""A graph that is channels first runs on the CPU, in float64, too, and computes what it did."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tf1_compat import float64
from tf1_compat.meta import channels_last

tf1 = tf.compat.v1
X = np.random.default_rng(0).normal(size=(5, 3, 9, 8)).astype(np.float32)


def weight(*shape: int) -> tf.Variable:
    values = np.random.default_rng(len(shape)).normal(size=shape)
    return tf1.Variable(values.astype(np.float32), use_resource=False)


def net(axes: str) -> None:
    """Trains with every op on images that has an order of axes, with one in a loop."""

    def ordered(*of_nhwc: Any) -> list[Any]:
        return [of_nhwc["NHWC".index(axis)] for axis in axes]

    def moving(rows: int, columns: int) -> dict[str, Any]:
        return {"strides": ordered(1, rows, columns, 1), "data_format": axes}

    x = tf1.placeholder(tf.float32, [None, 3, 9, 8], "x")
    images = x if axes == "NCHW" else tf.transpose(x, [0, 2, 3, 1])
    padding = ordered((0, 0), (2, 1), (0, 1), (0, 0))
    hidden = tf1.nn.conv2d(images, weight(3, 2, 3, 4), padding=padding, **moving(1, 2))
    hidden = tf.nn.bias_add(hidden, weight(4), axes)
    kernel = weight(2, 2, 4, 4)
    _, hidden = tf.while_loop(
        lambda i, _: i < 2,
        lambda i, h: (i + 1, tf1.nn.conv2d(h, kernel, padding="SAME", **moving(1, 1)) / 9),
        (0, hidden),
    )
    deep = {"padding": "SAME", **moving(1, 1)}
    hidden = tf1.nn.depthwise_conv2d_native(hidden, weight(2, 2, 4, 2), **deep)
    hidden, *_ = tf1.nn.fused_batch_norm(hidden, weight(8), weight(8), data_format=axes)
    window = {"ksize": ordered(1, 2, 1, 1), "padding": "VALID", **moving(2, 1)}
    hidden = tf1.nn.avg_pool(tf1.nn.max_pool(hidden, **window), **window)
    if axes == "NHWC":
        hidden = tf.transpose(hidden, [0, 3, 1, 2])
    loss = tf.reduce_mean(tf.square(hidden), name="loss")
    tf1.train.MomentumOptimizer(0.1, 0.9).minimize(loss, name="train")
    tf1.global_variables_initializer()  # init


def built(axes: str) -> tf.Graph:
    with tf.Graph().as_default() as graph:
        tf1.disable_control_flow_v2()  # loops as TensorFlow 1 has them
        try:
            net(axes)
        finally:
            tf1.enable_control_flow_v2()
    return graph


def losses(graph: tf.Graph) -> list[float]:
    """What it loses in three updates."""
    with tf1.Session(graph=graph) as session:
        session.run("init")
        return [session.run(["loss:0", "train"], {"x:0": X})[0] for _ in range(3)]


def test_training_is_that_of_the_same_graph_channels_last() -> None:
    first, last = built("NCHW"), built("NHWC")
    turned = channels_last.of_graph(first)
    assert not any(channels_last._channels_first(turned.as_graph_def().node))
    assert np.array_equal(losses(turned), losses(last))
    wide, known = losses(float64.twin(turned)), losses(float64.twin(last))
    assert np.array_equal(wide, known)
    assert known[2] < known[0]


def test_an_op_that_is_for_a_gpu_only_is_named() -> None:
    with tf.Graph().as_default() as graph:
        window = {"ksize": [1, 1, 2, 2], "strides": [1, 1, 2, 2], "padding": "SAME"}
        tf.raw_ops.MaxPoolV2(input=X, data_format="NCHW", name="pool", **window)
    with pytest.raises(ValueError, match=r"pool \(MaxPoolV2\) is NCHW, .*build .* NHWC"):
        channels_last.of_graph(graph)
