"""What a Keras model's initial weights are made of: its initializers, given numbers to draw."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import random

from keras_models.replaced import replaced

BETWEEN = {
    "normal": lambda mean=0.0, stddev=1.0: (mean, stddev),
    "truncated_normal": lambda mean=0.0, stddev=1.0: (mean, stddev),
    "uniform": lambda minval=0.0, maxval=1.0: (minval, maxval - minval),
}
"""What draws -> from its arguments, what is added to a number that was multiplied, and by what."""


@contextlib.contextmanager
def made_of(numbers: Mapping[str, float]) -> Iterator[None]:
    """Let each kind of draw give its number over and over.

    That stands for one from N(0, 1), the same truncated, or uniform in [0, 1).
    """

    def giving(name: str) -> Callable[..., tf.Tensor]:
        def draw(
            shape: Any, *bounds: Any, dtype: Any = None, seed: Any = None, **named: Any
        ) -> tf.Tensor:
            offset, scale = BETWEEN[name](*bounds, **named)
            number = tf.cast(offset + scale * numbers[name], dtype or keras.config.floatx())
            return tf.fill(shape, number)

        return draw

    with replaced(*((random, name, giving(name)) for name in BETWEEN)):
        yield
