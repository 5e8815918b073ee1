"""The numbers that ops of a TensorFlow 1 graph have as constants or attributes."""

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

LARGEST_STEP = 10**7
SHAPES = {"Shape", "ShapeN", "Size", "Rank"}
"""Ops that take a tensor for its shape, whatever its numbers are."""


def floats(ops: Iterable[tf.Operation]) -> set[float]:
    """Return every single float constant among `ops`, to the seven digits that float32 holds."""
    found = []
    for op in ops:  # attributes: a slope, an epsilon
        found += [op.get_attr(one.name) for one in op.op_def.attr if one.type == "float"]
        if op.type == "Const" and tf.as_dtype(op.get_attr("dtype")).is_floating:
            value = tf.make_ndarray(op.get_attr("value"))
            if value.size == 1 and np.isfinite(value).all():
                found.append(float(value.flat[0]))
    return {float(f"{number:.7g}") for number in found}


def whole(ops: Iterable[tf.Operation]) -> Iterator[int]:
    """Yield every whole number above 1 among small constants of `ops`."""
    for op in ops:
        if op.type == "Const":
            values = tf.make_ndarray(op.get_attr("value")).ravel()
            if values.dtype.kind in "fiu" and values.size <= 64:
                for value in values:
                    if np.isfinite(value) and 1 < value <= LARGEST_STEP and value == int(value):
                        yield int(value)
