"""A PAIR.py: an LSTM, a GRU and a plain recurrent net written out in TensorFlow 1, and in Keras.

The LSTM has a bias of [1, 4h], its gates in an order of its own, and a forget bias of 1.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
INPUTS, UNITS, STEPS, ROWS = 2, 3, 2, 8
GATES, FORGET_BIAS = "ifoc", 1.0


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal([ROWS, STEPS, INPUTS]), rng.standard_normal([ROWS, 1])
    return x.astype(np.float32), y.astype(np.float32)


def variable(name: str, *shape: int) -> Any:
    start = tf1.random_normal_initializer(stddev=0.5)
    return tf1.get_variable(name, shape, tf.float32, start, use_resource=False)


def lstm(xs: list) -> list:
    kernel = variable("lstm/kernel", INPUTS + UNITS, 4 * UNITS)
    bias, outputs = variable("lstm/bias", 1, 4 * UNITS), []
    h = c = tf.zeros([tf.shape(xs[0])[0], UNITS])
    for x in xs:
        parts = tf.split(tf.matmul(tf.concat([x, h], 1), kernel) + bias, 4, 1)
        of = dict(zip(GATES, parts, strict=True))
        kept = c * tf.sigmoid(of["f"] + FORGET_BIAS)
        c = kept + tf.sigmoid(of["i"]) * tf.tanh(of["c"])
        h = tf.tanh(c) * tf.sigmoid(of["o"])
        outputs.append(h)
    return outputs


def gru(xs: list) -> list:
    gates = variable("gru/gates/kernel", 2 * UNITS, 2 * UNITS)
    bias = variable("gru/gates/bias", 2 * UNITS)
    kernel = variable("gru/candidate/kernel", 2 * UNITS, UNITS)
    own, outputs = variable("gru/candidate/bias", UNITS), []
    h = tf.zeros([tf.shape(xs[0])[0], UNITS])
    for x in xs:
        r, u = tf.split(tf.sigmoid(tf.matmul(tf.concat([x, h], 1), gates) + bias), 2, 1)
        h = u * h + (1 - u) * tf.tanh(tf.matmul(tf.concat([x, r * h], 1), kernel) + own)
        outputs.append(h)
    return outputs


def plain(xs: list) -> Any:
    kernel, bias = variable("rnn/kernel", 2 * UNITS, UNITS), variable("rnn/bias", UNITS)
    h = tf.zeros([tf.shape(xs[0])[0], UNITS])
    for x in xs:
        h = tf.tanh(tf.matmul(tf.concat([x, h], 1), kernel) + bias)
    return h


def tf1_graph() -> dict[str, Any]:
    x = tf1.placeholder(tf.float32, [None, STEPS, INPUTS])
    y = tf1.placeholder(tf.float32, [None, 1])
    logits = tf.matmul(plain(gru(lstm(tf.unstack(x, axis=1)))), variable("out", UNITS, 1))
    cost = tf.reduce_mean(tf.square(logits - y))
    train_op = tf1.train.AdamOptimizer(0.01).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "logits": logits, "train_op": train_op}


def keras_model() -> keras.Model:
    layers = [
        keras.layers.LSTM(UNITS, return_sequences=True),
        keras.layers.GRU(UNITS, return_sequences=True, reset_after=False),
        keras.layers.RNN(keras.layers.SimpleRNNCell(UNITS, name="plain")),
        keras.layers.Dense(1, use_bias=False, name="head"),
    ]
    model = keras.Sequential([keras.Input([STEPS, INPUTS]), *layers])
    model.compile(keras.optimizers.Adam(0.01, epsilon=1e-8), "mse", jit_compile=False)
    return model
