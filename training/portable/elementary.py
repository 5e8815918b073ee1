"""exp and log of float64, within one unit in the last place, from operations that IEEE 754 fixes.

Each power series is Taylor's, in Horner's order; the arguments are reduced by powers of two.
"""

from collections.abc import Sequence

import numpy as np

from training.errors import UserError

LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42ffp-1"), float.fromhex("-0x1.718432a1b0e26p-35")
"""ln 2 = LN2_HIGH + LN2_LOW; the first has 28 bits, so that an integer times it is exact."""

LARGEST, SMALLEST = 709.0, -746.0
"""exp of more is not computed, of less is 0."""


def exp(x: np.ndarray) -> np.ndarray:
    """Return e^x, which is 0 below the smallest subnormal number.

    x = k ln 2 + r with |r| <= ln(2) / 2, and e^x = 2^k (1 + r + r^2 (1/2! + r/3! + ...)). Raises
    UserError for more than LARGEST, and for what is not finite.
    """
    _check(np.isfinite(x) & (x <= LARGEST), "exp", f"at most {LARGEST:g}")
    x = np.maximum(x, SMALLEST)
    k = np.rint(x / (LN2_HIGH + LN2_LOW))
    near, correction = x - k * LN2_HIGH, k * LN2_LOW
    r = near - correction
    lost = (near - r) - correction
    tail = _series(r, EXP) * (r * r) + lost
    half = np.floor(k / 2)  # two factors, so that only the last product can be subnormal
    return (1 + (r + tail)) * _power_of_two(half) * _power_of_two(k - half)


def log(x: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of positive numbers, subnormal ones excepted.

    x = 2^k (1 + f) with 1 + f between the square roots of 1/2 and 2, s = f / (2 + f), and
    log(1 + f) = 2 artanh(s) = f - s (f - 2 s^2 (1/3 + s^2/5 + ...)). Raises UserError for others.
    """
    smallest = np.finfo(np.float64).tiny
    _check(np.isfinite(x) & (x >= smallest), "log", f"finite and at least {smallest:g}")
    m, k = np.frexp(x)
    low = m < np.sqrt(0.5)
    m, k = np.where(low, 2 * m, m), k - low
    f = m - 1
    s = f / (2 + f)
    square = s * s
    less = s * (f - _series(square, ARTANH) * (2 * square))
    # k ln 2 + f, and what its rounding has lost: |k| LN2_HIGH is larger than |f|, or 0.
    large = k * LN2_HIGH
    begun = large + f
    lost = (large - begun) + f
    return begun - (less - (k * LN2_LOW + lost))


def _reciprocals(numbers: Sequence[int]) -> list[float]:
    return [1 / number for number in numbers]


def _factorials(last: int) -> list[int]:
    found = [1]
    for number in range(1, last + 1):
        found.append(found[-1] * number)
    return found


EXP = _reciprocals(_factorials(15)[2:])
"""1/2!, 1/3!, ...: r^16/16! is below 2^-68 of the result."""

ARTANH = _reciprocals(range(3, 27, 2))
"""1/3, 1/5, ...: s^2 is at most 0.0295, and its 12th power below 2^-60."""


def _series(x: np.ndarray, coefficients: Sequence[float]) -> np.ndarray:
    """Return c0 + x (c1 + x (c2 + ...))."""
    found = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        found = found * x + coefficient
    return found


def _power_of_two(k: np.ndarray) -> np.ndarray:
    return np.ldexp(1.0, k.astype(np.int32))


def _check(allowed: np.ndarray, function: str, expected: str) -> None:
    if not allowed.all():
        raise UserError(
            f"lane portable: {function} of a number outside its range; expected {expected}.\n"
            "Try a smaller --learning-rate or another --seed."
        )
