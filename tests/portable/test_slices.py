"""Products of slices are integers, exact in every order; what is outside the range is an error."""

import ctypes
import platform
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.figures.portable.elsewhere import Elsewhere
from training.errors import UserError
from training.portable import Slices, bits_of_a_slice, product, split

LARGEST_SUM = 2**17


def numbers(random: np.random.Generator, shape: tuple[int, int], exponents: int) -> np.ndarray:
    """Of both signs, zeros among them, and sizes from 2^-exponents to 2^exponents."""
    found = random.normal(size=shape) * 2.0 ** random.integers(-exponents, exponents + 1, shape)
    return np.where(random.random(shape) < 0.1, 0.0, found)


def whole(slices: Slices) -> np.ndarray:
    """What the slices hold, as Python's fractions."""
    exact = np.vectorize(lambda number: Fraction(float(number)), otypes=[object])
    held = exact(slices.high) + exact(slices.low) / 2 ** (slices.bits + 1)
    return held * exact(slices.unit)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    terms=st.one_of(st.integers(1, 300), st.integers(1, 60_000), st.sampled_from([2**15, 2**16])),
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    largest=st.booleans(),
)
def test_products_of_slices_are_those_of_integers(
    seed: int, terms: int, rows: int, columns: int, largest: bool
) -> None:
    """Whatever kernel and order the BLAS takes; the largest slices that there are among them."""
    random, bits = np.random.default_rng(seed), bits_of_a_slice(terms)
    a, b = numbers(random, (rows, terms), 60), numbers(random, (terms, columns), 60)
    if largest:  # every integer 2^bits: the sum reaches 2^53 where terms is a power of two
        a, b = np.full_like(a, 1 - 2.0**-53), np.full_like(b, -(1 - 2.0**-53))
    a, b = split(a, 1, bits), split(b, 0, bits)
    for ours in (a.high, a.low, b.high, b.low):
        assert (ours == np.rint(ours)).all()
        assert np.abs(ours).max() <= 2**bits
    for left, right in ((a.high, b.high), (a.high, b.low), (a.low, b.high)):
        exact = left.astype(np.int64) @ right.astype(np.int64)
        assert np.abs(exact).max() <= 2**53
        assert ((left @ right).astype(np.int64) == exact).all()


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    axis=st.sampled_from([None, 0, 1]),
    exponents=st.integers(0, 150),
    shift=st.integers(-800, 800),
)
def test_slices_leave_over_less_than_half_of_their_last_bit(
    seed: int, axis: int | None, exponents: int, shift: int
) -> None:
    a = numbers(np.random.default_rng(seed), (3, 4), exponents) * 2.0**shift
    slices = split(a, axis, 20)
    left = whole(slices) - np.vectorize(Fraction, otypes=[object])(a)
    allowed = [[Fraction(float(unit)) / 2**22 for unit in row] for row in slices.unit]
    assert (abs(left) <= np.array(allowed)).all()


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), terms=st.integers(1, 200), shift=st.integers(-400, 400))
def test_product_is_near_the_exact_one(seed: int, terms: int, shift: int) -> None:
    random, bits = np.random.default_rng(seed), bits_of_a_slice(terms)
    a, b = numbers(random, (3, terms), 10) * 2.0**shift, numbers(random, (terms, 2), 10)
    exact = np.vectorize(Fraction, otypes=[object])
    away = abs(exact(product(split(a, 1, bits), split(b, 0, bits))) - exact(a) @ exact(b))
    sizes = np.abs(a).max(axis=1, keepdims=True) * np.abs(b).max(axis=0, keepdims=True)
    assert (away <= exact(sizes * 4 * terms * 2.0 ** (-2 * bits))).all()


def test_slices_of_all_are_transposed_as_the_matrix_is() -> None:
    a = np.random.default_rng(0).normal(size=(5, 3))
    b = np.random.default_rng(1).normal(size=(5, 2))
    at_once = product(split(a, None, 20).T, split(b, 0, 20))
    assert (at_once == product(split(a.T.copy(), None, 20), split(b, 0, 20))).all()


def test_no_zero_of_a_product_is_negative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a library begins its sums with the first product, and not with 0, -1 * 0 is -0."""
    monkeypatch.setattr(Elsewhere, "product", staticmethod(np.multiply), raising=False)
    a, b = (np.array([[number]]).view(Elsewhere) for number in (-1 - 2.0**-30, 0.0))
    assert np.signbit(a @ b)
    assert not np.signbit(product(split(a, 1, 20), split(b, 0, 20)))


def test_numbers_too_small_for_a_scale_lose_bits_and_no_more() -> None:
    tiny = np.array([[2.0**-1074, 2.0**-970]])
    slices = split(tiny, 1, 20)
    assert slices.unit == 2.0**-980
    assert (slices.high == [0, 2**10]).all()


@pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="its flags")
def test_thread_that_flushes_subnormal_numbers_is_refused() -> None:
    libm, kept = ctypes.CDLL("libm.so.6"), ctypes.create_string_buffer(32)
    libm.fegetenv(kept)
    flags = int.from_bytes(kept.raw[28:], "little")  # mxcsr: both ways of flushing to zero
    flushing = ctypes.create_string_buffer(kept.raw[:28] + (flags | 0x8040).to_bytes(4, "little"))
    libm.fesetenv(flushing)
    try:
        with pytest.raises(UserError, match="flushed to zero"):
            split(np.ones((2, 2)), 1, 20)
    finally:
        libm.fesetenv(kept)
    split(np.ones((2, 2)), 1, 20)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_no_number_of_a_matrix(wrong: float) -> None:
    with pytest.raises(UserError, match="infinite or not a number"):
        split(np.array([[1.0, wrong]]), 1, 20)


def test_product_that_overflows_is_an_error() -> None:
    large = split(np.full((1, 2), 1e300), 1, 20)
    with np.errstate(over="ignore"), pytest.raises(UserError, match="expected finite ones"):
        product(large, large.T)


def test_sums_of_too_many_terms_are_refused() -> None:
    assert bits_of_a_slice(LARGEST_SUM) == 18
    with pytest.raises(UserError, match=r"131,073 terms leaves 17 bits.*at most 131,072"):
        bits_of_a_slice(LARGEST_SUM + 1)
