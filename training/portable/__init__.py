"""Arithmetic that gives the same bits on every machine: float64 arrays in, float64 arrays out.

A processor, a BLAS or NumPy may choose the order of a sum, fuse a product into it, or approximate
a function. What IEEE 754 leaves nobody a choice in is enough: + - * / and the square root of single
numbers, comparisons, rounding to integers, powers of two, and sums that are exact in any order.

    product(split(a, 1, bits), split(b, 0, bits))    # a @ b; bits = bits_of_a_slice(terms)

Arrays may be NumPy's or of any library that NumPy's functions hand them on to, such as CuPy.
"""

from training.portable.elementary import exp, log
from training.portable.slices import Slices, bits_of_a_slice, product, split
from training.portable.sums import total

__all__ = ["Slices", "bits_of_a_slice", "exp", "log", "product", "split", "total"]
