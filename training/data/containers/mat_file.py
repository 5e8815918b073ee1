"""The bytes of a `.mat` file (MathWorks, MAT-File Format, version 5): arrays and structures.

Everything is a tag, type and size, and as many bytes; nothing is allocated that is not there. Text,
cells, objects and sparse arrays are passed over.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from typing import Union

import numpy as np

from training.errors import printable

HEADER = 128
HDF5 = b"MATLAB 7.3"
MATRIX, COMPRESSED = 14, 15
"""Types of elements; those of numbers are in NUMBERS."""
NUMBERS = dict(
    zip(
        (1, 2, 3, 4, 5, 6, 7, 9, 12, 13),
        ["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8", "i8", "u8"],
        strict=True,
    )
)
STRUCTURE, NUMERIC = 2, range(6, 16)
"""Classes of a matrix."""
DEEPEST = 8
"""Structures in one another."""

Variables = dict[str, Union[np.ndarray, "Variables"]]
"""Name -> array, or a structure's fields."""


def variables(content: bytes, most: int) -> Variables:
    """Return the arrays and structures of a file, by name.

    Raises ValueError where it is damaged, of version 7.3, or unfolds to more than `most` bytes.
    """
    if content.startswith(HDF5):
        raise ValueError("it is of version 7.3")
    mark = content[126:HEADER]
    if mark not in (b"IM", b"MI"):
        raise ValueError("it has not the header of one")
    order = "<" if mark == b"IM" else ">"
    found: Variables = {}
    for kind, data in _elements(content[HEADER:], order):
        if kind == COMPRESSED:
            data, most = _unpacked(data, most)
            ((kind, data),) = _elements(data, order)
        if kind == MATRIX:
            name, value = _matrix(data, order, 0)
            if value is not None:
                found[name] = value
    return found


def _unpacked(data: bytes, most: int) -> tuple[bytes, int]:
    """Return the bytes, and how many more there may be."""
    try:
        whole = zlib.decompressobj().decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from error
    if len(whole) > most:
        raise ValueError("it unfolds to more than it may")
    return whole, most - len(whole)


def _elements(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the bytes of each element."""
    at = 0
    while at + 8 <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, at)
        start, step = at + 8, size if kind == COMPRESSED else -(-size // 8) * 8
        if kind >> 16:  # up to four bytes lie in the tag itself
            kind, size, start, step = kind & 0xFFFF, kind >> 16, at + 4, 0
        if size > len(content) - start:
            raise ValueError(f"it ends {size - len(content) + start} bytes before its content does")
        yield kind, content[start : start + size]
        at = at + 8 + step


def _matrix(data: bytes, order: str, depth: int) -> tuple[str, np.ndarray | Variables | None]:
    """Return name and value of a matrix; None for a class that is passed over."""
    (_, flags), (_, shape), (_, name), *values = _elements(data, order)
    of_class = int(np.frombuffer(flags, f"{order}u4")[0]) & 0xFF
    dimensions = tuple(map(int, np.frombuffer(shape, f"{order}i4")))
    own = printable(name.decode("utf-8", "replace"))
    if of_class in NUMERIC:
        kind, numbers = values[0]
        flat = np.frombuffer(numbers, order + NUMBERS[kind])
        return own, flat.reshape(dimensions, order="F")
    if of_class == STRUCTURE and math.prod(dimensions) == 1 and depth < DEEPEST:
        return own, _structure([one for _, one in values], order, depth)
    return own, None


def _structure(values: list[bytes], order: str, depth: int) -> Variables:
    length, names, *matrices = values
    each = int(np.frombuffer(length, f"{order}i4")[0])
    fields = [names[at : at + each].split(b"\0")[0] for at in range(0, len(names), each)]
    found = {
        field.decode("utf-8", "replace"): _matrix(matrix, order, depth + 1)[1]
        for field, matrix in zip(fields, matrices, strict=True)
    }
    return {name: value for name, value in found.items() if value is not None}
