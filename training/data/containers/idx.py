"""One IDX file, the format of the original MNIST (http://yann.lecun.com/exdb/mnist/).

Four bytes 0, 0, type, number of dimensions; a big-endian uint32 per dimension; then the values.
"""

import gzip
import math
import sys
import zlib
from pathlib import Path

import numpy as np

from tf1_compat.bounds import most_bytes
from training.errors import UserError

UNSIGNED_BYTE = 0x08


def read(path: Path, dimensions: int) -> np.ndarray:
    """Return the uint8 array in an IDX file, raw or gzipped (by its ending `.gz`).

    Raises UserError, before anything large is allocated, unless the file holds exactly the
    unsigned bytes that its header promises, in `dimensions` dimensions.
    """
    gzipped = path.suffix == ".gz"
    held = path.stat().st_size
    largest = most_bytes(held) if gzipped else held
    try:
        with gzip.open(path, "rb") if gzipped else path.open("rb") as file:
            shape = _read_shape(path, file.read(4 + 4 * dimensions), dimensions)
            size = math.prod(shape)
            if size > largest or math.prod(n or 1 for n in shape) > sys.maxsize:
                raise _damaged(path, f"its header promises {size} bytes, more than it can hold")
            values = file.read(size + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, f"it cannot be unpacked ({error})") from error
    if len(values) != size:
        found = "more" if len(values) > size else f"only {len(values)}"
        raise _damaged(path, f"its header promises {size} bytes and it holds {found}")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _read_shape(path: Path, header: bytes, dimensions: int) -> tuple[int, ...]:
    if header[:4] != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise _damaged(
            path,
            f"expected an IDX header of unsigned bytes in {dimensions} dimension(s), "
            f"found {header[:4].hex(' ') or 'nothing'}",
        )
    if len(header) < 4 + 4 * dimensions:
        raise _damaged(path, "its header is cut off")
    return tuple(int(n) for n in np.frombuffer(header, ">u4", offset=4))


def _damaged(path: Path, what: str) -> UserError:
    return UserError(f"{path}: {what}.\nThe file is damaged or not of this format: fetch it again.")
