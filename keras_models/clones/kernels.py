"""Ops without a kernel for float64 that layers of a user's may call, made of ops that have one."""

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from keras_models.replaced import replaced
from tf1_compat.unfused import Response, respond

NAMES = ("local_response_normalization", "lrn")
"""What TensorFlow calls the op, in tf.nn and tf.compat.v1.nn."""


@contextlib.contextmanager
def of_float64() -> Iterator[None]:
    """Let TensorFlow's local response normalization take float64 as well."""
    original = tf.nn.local_response_normalization

    def wide(
        input: Any,
        depth_radius: int = 5,
        bias: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
        name: str | None = None,
    ) -> tf.Tensor:
        if tf.convert_to_tensor(input).dtype != tf.float64:
            return original(input, depth_radius, bias, alpha, beta, name)
        return respond(Response(depth_radius, bias, alpha, beta), input)[0]

    modules = (tf.nn, tf.compat.v1.nn)
    with replaced(*((module, name, wide) for module in modules for name in NAMES)):
        yield
