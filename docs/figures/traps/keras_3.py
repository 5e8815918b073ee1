"""Keras' side of every trap: lines of the page, run as they are shown on what `inputs` gives.

Each function takes a line and the inputs, and returns {updates: arrays}, as `tensorflow_1.py`
does; updates are 0 where nothing is trained.
"""

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import keras_models
import keras_models.tf1_optimizers
from docs.figures.traps import pieces
from docs.figures.traps.inputs import IDS, UPDATES

Arrays = dict[str, np.ndarray]
Found = dict[int, list[np.ndarray]]
MOMENTS = (1, UPDATES)
SHOWN = vars(pieces) | {
    "keras_models": keras_models,
    "rate": keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5),
    "u": 4,
}
"""What the lines know by name, besides what each is given."""


def run(line: str, **given: Any) -> Any:
    """Return what a line of the page gives."""
    return eval(line, SHOWN | given)


def dense(line: str, given: Arrays) -> Found:
    """Train a softmax regression with the optimizer of the line."""
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(3, use_bias=False)])
    model.set_weights([given["W"]])
    return _train(model, run(line), given["x"], given["y"])


def embedding(line: str, given: Arrays, which: str = "ids") -> Found:
    """Train a classifier of five ids a row with the optimizer of the line."""
    model = keras.Sequential(
        [
            keras.Input([5], dtype="int32"),
            keras.layers.Embedding(IDS, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3, use_bias=False),
        ]
    )
    model.set_weights([given["E"], given["W"]])
    return _train(model, run(line), given[which], given["y"])


def rarely(line: str, given: Arrays) -> Found:
    """Train the same on batches with a quarter of the ids each."""
    return embedding(line, given, "rare ids")


def _train(model: keras.Model, optimizer: Any, x: np.ndarray, y: np.ndarray) -> Found:
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    found = {}
    for number in range(1, UPDATES + 1):
        model.train_on_batch(x[number - 1], y[number - 1])
        if number in MOMENTS:
            found[number] = model.get_weights()
    return found


def averages(of: str) -> Callable[[str, Arrays], Found]:
    """Return what gives the moving mean and variance of the line's layer, batch by batch."""

    def found(line: str, given: Arrays) -> Found:
        layer, seen = run(line), {}
        for number, batch in enumerate(given[of], 1):
            layer(batch, training=True)
            seen[number] = [layer.moving_mean.numpy(), layer.moving_variance.numpy()]
        return {number: seen[number] for number in MOMENTS}

    return found


def predictions(line: str, given: Arrays) -> Found:
    """Return what the line's layer gives for the first rows after it saw all of them."""
    layer = run(line)
    for batch in given["rows"]:
        layer(batch, training=True)
    return {UPDATES: [layer(given["rows"][0]).numpy()]}


def value(line: str, given: Arrays) -> Found:
    """Return the value of a line in which x is the picture."""
    return {0: [np.asarray(run(line, x=given["picture"]))]}


def convolution(line: str, given: Arrays) -> Found:
    """Return what the line's layers give for the picture, with the kernel that is given."""
    model = keras.Sequential([keras.Input([4, 4, 2]), *run(line)])
    model.layers[-1].set_weights([given["kernel"], np.zeros(3, np.float32)])
    return {0: [model(given["picture"]).numpy()]}


def kept(line: str, given: Arrays) -> Found:
    """Return the largest of what the line's layer leaves of ones."""
    return {0: [run(line)(np.ones([1000], np.float32), training=True).numpy().max()]}


def loss(line: str, given: Arrays) -> Found:
    """Return the loss of the first rows, weighted."""
    y, logits, w = given["y"][0], given["x"][0, :, :3], given["weights"]
    return {0: [np.asarray(run(line, y=y, logits=logits, w=w))]}


def lstm(line: str, given: Arrays) -> Found:
    """Return outputs and state of an LSTM whose weights the line sets."""
    layer = keras.layers.LSTM(4, return_sequences=True, return_state=True)
    layer.build(given["sequences"].shape)
    run(line, layer=layer, K=given["lstm/kernel"], b=given["lstm/bias"])
    return {0: [np.asarray(one) for one in layer(given["sequences"])[:2]]}


def gru(line: str, given: Arrays) -> Found:
    """Return outputs and state of the line's GRU with TensorFlow 1's weights."""
    layer = run(line)
    layer.return_sequences = layer.return_state = True
    layer.build(given["sequences"].shape)
    names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
    kernel, recurrent, bias = pieces.gru_weights(*(given[name] for name in names))
    second = [bias, 0 * bias] if layer.reset_after else bias
    layer.set_weights([kernel, recurrent, np.array(second)])
    return {0: [np.asarray(one) for one in layer(given["sequences"])]}


def masked(line: str, given: Arrays) -> Found:
    """Return what the line gives for sequences with zeros after their ends."""
    x, n = given["sequences"], given["lengths"]
    x = x * (np.arange(x.shape[1]) < n[:, None])[..., None]

    made, call = re.fullmatch(r"(keras\.layers\.LSTM\([^)]*\))(.*)", line).groups()
    layer = run(made)
    layer.build(x.shape)
    layer.set_weights(pieces.lstm_weights(given["lstm/kernel"], given["lstm/bias"]))
    return {0: [np.asarray(run(f"layer{call}", layer=layer, x=x, mask=tf.sequence_mask(n, 5)))]}
