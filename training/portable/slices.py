"""Matrix products in which no sum is rounded, so that no order of summation can change a bit.

Ozaki, Ogita, Oishi, Rump: Error-free transformations of matrix multiplication by using fast
routines of matrix multiplication and its applications, Numerical Algorithms 59, 2012. Each factor
is split into two slices of small integers. A product of slices sums integers below 2^53, which
float64 holds exactly: any BLAS, with any kernel, threads and fused operations, has the same result.
"""

from typing import NamedTuple

import numpy as np

from training.errors import UserError

DIGITS = 53
"""Bits of a float64: integers up to 2^53 are exact."""

FEWEST_BITS = 18
"""Of a slice: two have more than the 24 of a float32, whatever a row's numbers are."""

SUBNORMAL = np.float64(2.0**-1074)

SMALLEST_EXPONENT = -960
"""Of a scale, which is never subnormal then. What is smaller loses bits, the same everywhere."""


class Slices(NamedTuple):
    """A matrix as (high + low / 2^(bits + 1)) * unit: integers of at most 2^bits in size.

    What is left over is at most unit / 2^(bits + 2).
    """

    high: np.ndarray
    low: np.ndarray
    unit: np.ndarray
    """A power of two for each row, [n, 1], for each column, [1, n], or for all, [1, 1]."""
    bits: int

    @property
    def T(self) -> "Slices":
        """Transposed."""
        return Slices(self.high.T, self.low.T, self.unit.T, self.bits)

    def rows(self, which: np.ndarray) -> "Slices":
        """Only these rows of a matrix that has no unit of its own for each."""
        assert len(self.unit) == 1
        return self._replace(high=self.high[which], low=self.low[which])


def bits_of_a_slice(terms: int) -> int:
    """Return how many bits each slice may have where products are sums of so many terms.

    Raises UserError where two slices would hold less than a float32 does.
    """
    bits = (DIGITS - (terms - 1).bit_length()) // 2
    if bits < FEWEST_BITS:
        most = 2 ** (DIGITS - 2 * FEWEST_BITS)
        raise UserError(
            f"lane portable: a sum of {terms:,} terms leaves {bits} bits for exact products; "
            f"expected rows and widths of at most {most:,}: leave the lane out of --lanes."
        )
    return bits


def split(a: np.ndarray, axis: int | None, bits: int) -> Slices:
    """Return the slices of a matrix; `axis` is what a product will sum over, None if either.

    Raises UserError for a number that is not finite, and where this thread takes what is subnormal
    for 0, which IEEE 754 does not.
    """
    if SUBNORMAL * 1.0 == 0:
        raise UserError(
            "lane portable: subnormal numbers are flushed to zero, as a library that was built "
            "with -ffast-math does to all; expected IEEE 754: leave out what imports that library."
        )
    largest = np.abs(a).max(axis=axis, keepdims=True)
    _check_finite(largest)
    exponent = np.maximum(np.frexp(largest)[1], SMALLEST_EXPONENT)  # all are at most 2^exponent
    scaled = a * np.ldexp(1.0, bits - exponent)
    high = np.rint(scaled)
    scaled -= high  # exact, and at most 1/2
    scaled *= 2.0 ** (bits + 1)
    return Slices(high, np.rint(scaled, out=scaled), np.ldexp(1.0, exponent - bits), bits)


def product(a: Slices, b: Slices) -> np.ndarray:
    """Return a @ b from three exact products: [n, k] @ [k, m] -> [n, m], -0 nowhere.

    low @ low is left out: with what `split` leaves over it is the error, k 2^-2bits of the largest
    numbers in a row of `a` and in a column of `b`. Raises UserError where the result overflows.
    """
    assert a.bits == b.bits <= bits_of_a_slice(a.high.shape[1])
    small = a.high @ b.low
    small += a.low @ b.high
    small *= 2.0 ** -(a.bits + 1)
    small += a.high @ b.high
    small *= a.unit
    small *= b.unit
    small += 0.0  # a BLAS may begin with its first product, or with 0: -0 or 0
    _check_finite(small)
    return small


def _check_finite(a: np.ndarray) -> None:
    if not np.isfinite(a).all():
        raise UserError(
            "lane portable: a matrix has a number that is infinite or not a number; expected "
            "finite ones.\nTry a smaller --learning-rate or another --seed; if the data are your "
            "own, look for damaged rows."
        )
