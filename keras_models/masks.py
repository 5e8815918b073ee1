"""Dropout in a Keras model, made of given numbers instead of drawn ones, or left out.

Whatever drops numbers in Keras, layers and recurrent cells alike, asks one function of its backend,
and TF1Dropout one of its own.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import random

from keras_models.draws import over_and_over
from keras_models.exact import dropout as exact
from keras_models.replaced import replaced


@contextlib.contextmanager
def given(stream: np.ndarray | None) -> Iterator[list[float]]:
    """Let dropout keep a number where that of `stream`, [n] float32 in [0, 1), is not below a rate.

    Every place takes its numbers from the stream's start, over and over. Without a stream nothing
    is dropped. Yields the rates as they are asked for.
    """
    asked: list[float] = []

    def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
        asked.append(float(rate))
        if stream is None:
            return inputs
        shape = tf.shape(inputs)
        if noise_shape is not None:
            shape = [shape[i] if size is None else size for i, size in enumerate(noise_shape)]
        numbers = over_and_over(stream, shape, inputs.dtype)
        # As tf.nn.dropout does it.
        scaled = inputs * tf.constant(1 / (1 - rate) if rate < 1 else 0, inputs.dtype)
        kept = tf.where(numbers >= tf.constant(rate, inputs.dtype), scaled, tf.zeros_like(scaled))
        kept.set_shape(scaled.shape)
        return kept

    with replaced((random, "dropout", dropout), (exact, "dropped", dropout)):
        yield asked
