"""A checkpoint of `tf.train.SaverDef.V1`: a table of slices, each with its numbers, or several.

TensorFlow reads it yet, and compares its checksums; it is looked through before. The format is
`tensorflow/core/util/saved_tensor_slice.proto`.
"""

import glob
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.util import saved_tensor_slice_pb2

from tf1_compat.bundle import parts, table
from tf1_compat.errors import first_line
from tf1_compat.state import Unreadable

FIELDS = {
    **{tf.float32: "float_val", tf.float64: "double_val", tf.int64: "int64_val"},
    **dict.fromkeys((tf.int32, tf.int16, tf.int8, tf.uint8), "int_val"),
    **{tf.bool: "bool_val", tf.string: "string_val"},
}
"""dtype -> where a `TensorProto` has its numbers (`saved_tensor_slice_util.h`)."""


def check(file: Path) -> dict[str, tf.DType]:
    """Return name -> dtype of every tensor.

    Raises Unreadable unless each has all its slices, and each slice its numbers, in the file;
    OSError where it is not there.
    """
    content = file.read_bytes()
    try:
        if glob.escape(str(file)) != str(file):  # TensorFlow would read all that match
            raise ValueError("there is *, ? or [ in its path")
        (first, head), *others = table.entries(content)
        tensors = _message(head).meta.tensor
        data = {key: _message(value).data for key, value in others}
        if first or len(data) < len(others) or len({one.name for one in tensors}) < len(tensors):
            raise ValueError("the names in it are not in order, each once")
        for tensor in tensors:
            _check_slices(tensor, data)
        if data:
            raise ValueError("a part in it is no variable's")
        return {tensor.name: tf.as_dtype(tensor.type) for tensor in tensors}
    except Exception as error:  # whatever bytes that are no table make Python and protobuf raise
        raise Unreadable(f"{file}: not a readable checkpoint ({first_line(error)}).") from error


def _message(value: bytes) -> Any:
    return saved_tensor_slice_pb2.SavedTensorSlices.FromString(value)


def _check_slices(tensor: Any, data: dict[bytes, Any]) -> None:
    """Take what a tensor has in the file out of `data`; raises ValueError where it lacks some."""
    if not tensor.name.isprintable():
        raise ValueError(f"{tensor.name!r} is no name")
    field, full = FIELDS[tf.as_dtype(tensor.type)], [one.size for one in tensor.shape.dim]
    if tensor.shape.unknown_rank or min(full, default=0) < 0:
        raise ValueError(f"{tensor.name} has no shape")
    covered = 0
    for one in tensor.slice:
        count = math.prod(parts.shape_of(tensor.name, one, full))
        held = data.pop(parts.key(tensor.name, one), None)
        if held is None or held.name != tensor.name or held.slice != one:
            raise ValueError(f"{tensor.name} lacks a part")
        if _numbers(held.data) != {field: count}:
            raise ValueError(f"{tensor.name} promises {count:,} numbers that it has not")
        covered += count
    if covered != math.prod(full):
        raise ValueError(f"{tensor.name} promises {math.prod(full):,} numbers in {covered:,}")


def _numbers(held: Any) -> Mapping[str, int]:
    """Return of each field of a `TensorProto` that is not empty how much is in it."""
    return {field.name: len(value) for field, value in held.ListFields()}
