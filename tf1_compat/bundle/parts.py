"""The parts of a partitioned variable: each has an entry of its own, under a key made of its slice.

Keys are those of `tensorflow/core/util/saved_tensor_slice_util.cc`, written as
`tensorflow/core/lib/strings/ordered_code.cc` writes numbers and text.
"""

import math
from collections.abc import Mapping
from typing import Any

Entry = Any
"""A BundleEntryProto."""
Slice = Any
"""A TensorSliceProto: of each dimension a start and a length, or all of it."""
ALL = -1
"""The length of a slice that has all of a dimension."""


def check(whole: Mapping[str, Entry], parts: Mapping[bytes, Entry]) -> None:
    """Raise ValueError unless every variable has all its parts, and every part is a variable's."""
    free = dict(parts)
    for name, entry in whole.items():
        if not entry.slices:
            continue
        full = [dimension.size for dimension in entry.shape.dim]
        count = 0
        for one in entry.slices:
            shape = shape_of(name, one, full)
            part = free.pop(key(name, one), None)
            if part is None or part.slices or part.dtype != entry.dtype:
                raise ValueError(f"{name} lacks a part of {shape}")
            if [dimension.size for dimension in part.shape.dim] != shape:
                raise ValueError(f"{name} has a part of another shape than {shape}")
            count += math.prod(shape)
        if count != math.prod(full):
            raise ValueError(f"{name} promises {math.prod(full):,} numbers in parts of {count:,}")
    if free:
        raise ValueError("a part in it is no variable's")


def shape_of(name: str, one: Slice, full: list[int]) -> list[int]:
    """Return the shape of a slice of `full`; ValueError where it is not within it."""
    if len(one.extent) != len(full):
        raise ValueError(f"{name} of {full} has a part of {len(one.extent)} dimensions")
    shape = []
    for extent, size in zip(one.extent, full, strict=True):
        length = extent.length if extent.HasField("length") else size
        if not 0 <= extent.start < extent.start + length <= size:
            raise ValueError(f"{name} of {full} has a part that is not within it")
        shape.append(length)
    return shape


def key(name: str, one: Slice) -> bytes:
    """Return the key under which the part of variable `name` that is the slice `one` lies."""
    text = name.encode().replace(b"\0", b"\0\xff")
    rank = len(one.extent)
    code = b"\0" + text + b"\0\1" + bytes([1, rank] if rank else [0])
    for extent in one.extent:
        code += _ordered(extent.start)
        code += _ordered(extent.length if extent.HasField("length") else ALL)
    return code


def _ordered(number: int) -> bytes:
    """Return a number as bytes that sort as numbers do: as many leading ones as there are bytes."""
    length = 1
    while not -(1 << 7 * length - 1) <= number < 1 << 7 * length - 1:
        length += 1
    within = number & (1 << 8 * length) - 1
    return (within ^ ((1 << length) - 1) << 7 * length).to_bytes(length, "big")
