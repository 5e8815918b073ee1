"""Arrays compared bit for bit, and their checksums."""

import hashlib
from collections.abc import Mapping

import numpy as np

Weights = Mapping[str, np.ndarray]
"""Name -> array."""


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether two arrays are equal in dtype, shape and every bit: -0.0 is not 0.0."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def same_bits(a: Weights, b: Weights) -> bool:
    """Say whether two sets of named arrays are equal in names, dtypes, shapes and every bit."""
    return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)


def sha256(arrays: Weights) -> dict[str, str]:
    """Return the checksum of each array's bytes."""
    return {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}


def sha256_of_all(arrays: Weights) -> str:
    """Return one checksum of all arrays' bytes, in the order of their names."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(arrays[name].tobytes())
    return found.hexdigest()
