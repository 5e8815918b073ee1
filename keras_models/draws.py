"""What draws random numbers in Keras, given numbers instead: initializers, noise, sampling.

Initializers and layers of Keras ask its backend; layers that people write may ask tf.random.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow import random

from keras_models.replaced import replaced

BETWEEN = {
    "normal": lambda mean=0.0, stddev=1.0: (mean, stddev),
    "truncated normal": lambda mean=0.0, stddev=1.0: (mean, stddev),
    "uniform": lambda minval=0.0, maxval=1.0: (minval, maxval - minval),
}
"""Kind -> from its arguments, what is added to a number that was multiplied, and by what."""


def over_and_over(stream: np.ndarray, shape: Any, dtype: Any) -> tf.Tensor:
    """Return a tensor of the numbers of `stream`, [n], from its start."""
    shape = tf.cast(shape, tf.int32)  # of [] it would be float32
    places = tf.range(tf.reduce_prod(shape)) % len(stream)
    return tf.cast(tf.reshape(tf.gather(stream, places), shape), dtype)


@contextlib.contextmanager
def made_of(streams: Mapping[str, np.ndarray]) -> Iterator[list[str]]:
    """Let each draw take the numbers of its kind's stream, [n], from its start, over and over.

    They stand for numbers from N(0, 1), the same truncated, or uniform in [0, 1). Yields the kinds
    as they are asked for.
    """
    asked: list[str] = []

    def giving(kind: str, own: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
        def draw(shape: Any, *given: Any, **named: Any) -> tf.Tensor:
            *bounds, dtype = given if len(given) > 2 else (*given, named.pop("dtype", None))
            dtype = tf.as_dtype(dtype or keras.config.floatx())
            if dtype.is_integer:
                return own(shape, *bounds, dtype=dtype, **named)
            asked.append(kind)
            named = {name: one for name, one in named.items() if name not in ("seed", "name")}
            offset, scale = BETWEEN[kind](*bounds, **named)
            return over_and_over(streams[kind], shape, dtype) * scale + offset

        return draw

    places = [
        (module, kind.replace(" ", "_"), kind) for kind in BETWEEN for module in (random, tf.random)
    ]
    with replaced(
        *((module, name, giving(kind, getattr(module, name))) for module, name, kind in places)
    ):
        yield asked
