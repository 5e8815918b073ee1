"""A source as it is: its own layers, run on pictures in the form in which it takes them."""

from collections.abc import Callable, Iterator

import keras
import numpy as np

from keras_models.classifiers import network, stack
from keras_models.classifiers.copying import copied, leaves
from keras_models.classifiers.network import WHITE

ROWS = 1000
"""Pictures at a time: what convolutions keep of all of MNIST would fill the memory."""


def outputs(model: keras.Model, whole: bool) -> Callable[[np.ndarray], Iterator[np.ndarray]]:
    """Return what gives, of rows [N, 784] from 0 to 1, what the head is fed with, then the logits.

    Logits are what goes into the softmax, where the model ends in one. `whole`: of all rows in one
    product, as of a stack; else part by part.
    """
    shape, white = network.takes(model)
    end = [*leaves(model)][-1]
    logits = copied(model, lambda layer: network.linear(layer) if layer is end else layer)

    def run(x: np.ndarray) -> Iterator[np.ndarray]:
        pictures = x.reshape(len(x), *shape)
        if white == WHITE:
            pictures = np.rint(pictures * np.float32(WHITE))
        for part in (network.hidden(model), logits):
            yield in_parts(part, pictures, len(x) if whole else ROWS)

    return run


def in_parts(model: keras.Model, x: np.ndarray, rows: int) -> np.ndarray:
    """Return what `model` gives of `x`, in inference, so many rows at a time."""
    parts = [model(x[at : at + rows], training=False) for at in range(0, max(1, len(x)), rows or 1)]
    return np.concatenate([np.asarray(part) for part in parts])


def logits(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the logits of rows [N, 784]: [N, classes] float32, of a stack in one product."""
    return in_parts(model, x, len(x) if stack.is_one(model) else ROWS)
