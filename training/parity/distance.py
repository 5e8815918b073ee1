"""How far two numbers are apart: in float32 numbers between them, and relatively."""

import numpy as np
from numpy.typing import ArrayLike

NOT_COMPARABLE = 2**32
"""ULP distance of NaN to a number: more than any two float32 numbers can be apart."""


def ulp_distance(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Return how many float32 numbers lie between `a` and `b`, as int64, element by element.

    Both zeros are one number, infinity follows the largest finite number, NaN is 0 from NaN and
    NOT_COMPARABLE from everything else.
    """
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    distance = np.abs(_rank(a) - _rank(b))
    either, both = np.isnan(a) | np.isnan(b), np.isnan(a) & np.isnan(b)
    return np.where(both, 0, np.where(either, NOT_COMPARABLE, distance))


def _rank(x: np.ndarray) -> np.ndarray:
    """Number the float32 values in order, zero as 0: an IEEE 754 pattern is sign and magnitude."""
    bits = np.ascontiguousarray(x).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def relative_distance(a: ArrayLike, reference: ArrayLike) -> np.ndarray:
    """Return |a - reference| / |reference| in float64; 0 where both are equal."""
    a, reference = np.asarray(a, np.float64), np.asarray(reference, np.float64)
    difference = np.abs(a - reference)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference == 0, 0.0, difference / np.abs(reference))


def shown(relative: float) -> str:
    """Return a relative distance as tables show it: 0 is 0 and nothing else is."""
    return "0" if relative == 0 else f"{relative:.1e}"


def shortest(loss: np.float32) -> float:
    """Return the float whose shortest form is the float32's: 101.944, not 101.94400024414062."""
    return float(str(loss))
