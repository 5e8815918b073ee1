"""A PAIR.py whose graph was built for a GPU is examined on the CPU, in float64, too."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from tests.support.examining import examine
from training.errors import UserError

tf1 = tf.compat.v1
FIRST = {"data_format": "NCHW"}


def tf1_graph() -> dict[str, Any]:
    x = tf1.placeholder(tf.float32, [None, 2, 6, 5])
    y = tf1.placeholder(tf.float32, [None, 1])
    hidden = tf1.nn.conv2d(x, tf1.get_variable("conv", [3, 3, 2, 4]), [1, 1, 2, 1], "SAME", **FIRST)
    hidden = tf1.nn.max_pool(tf.nn.relu(hidden), [1, 1, 2, 2], [1, 1, 2, 2], "SAME", **FIRST)
    out = tf.matmul(tf.reshape(hidden, [-1, 24]), tf1.get_variable("out", [24, 1]))
    cost = tf.reduce_mean(tf.square(y - out))
    train_op = tf1.train.AdamOptimizer(0.01).minimize(cost)
    return {"x": x, "y": y, "logits": out, "cost": cost, "train_op": train_op}


def keras_model(strides: tuple[int, int] = (2, 1)) -> keras.Model:
    layers = [
        keras.layers.Permute([2, 3, 1]),
        keras.layers.Conv2D(4, 3, strides, "same", activation="relu", use_bias=False),
        keras.layers.MaxPooling2D(2, padding="same"),
        keras.layers.Permute([3, 1, 2]),
        keras.layers.Flatten(),
        keras.layers.Dense(1, use_bias=False),
    ]
    model = keras.Sequential([keras.Input([2, 6, 5]), *layers])
    model.compile(keras.optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


def test_it_is_equivalent_to_channels_last_in_keras() -> None:
    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict == "equivalent"
    assert [cause.cause.partition(":")[0] for cause in found.causes] == ["Adam"]


def test_an_op_that_cannot_be_turned_is_named() -> None:
    def with_another_pool() -> dict[str, Any]:
        ends = tf1_graph()
        window = {"ksize": [1, 1, 2, 2], "strides": [1, 1, 2, 2], "padding": "SAME"}
        tf.raw_ops.MaxPoolV2(input=ends["x"], data_format="NCHW", name="pool", **window)
        return ends

    with pytest.raises(UserError, match=r"^pair\.py: pool \(MaxPoolV2\) is NCHW, channels first"):
        examine({"tf1_graph": with_another_pool, "keras_model": keras_model})
