"""exp and log are within one unit in the last place of what they are, and refuse the rest."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.errors import UserError
from training.portable import exp, log, total

Function = Callable[[np.ndarray], np.ndarray]

SMALLEST, LARGEST = float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).max)


def units_away(ours: Function, theirs: Callable, x: float) -> float:
    """|ours - exact| in units of the last place of the exact result."""
    with mpmath.workprec(150):
        exact = theirs(mpmath.mpf(x))
        unit = float(np.spacing(abs(float(exact))))
        return float(abs(mpmath.mpf(float(ours(np.array([x]))[0])) - exact) / mpmath.mpf(unit))


@settings(deadline=None, max_examples=400)
@given(
    st.one_of(st.floats(-746, 709), st.floats(-1, 1), st.floats(-746, -707), st.floats(-1e-8, 1e-8))
)
def test_exp_is_within_one_unit(x: float) -> None:
    assert units_away(exp, mpmath.exp, x) <= 1


def test_exp_gives_back_what_reducing_its_argument_has_lost() -> None:
    """Otherwise 0.92 here, so near one unit that more than one is somewhere."""
    assert units_away(exp, mpmath.exp, -691.3740882575568) < 0.8


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.floats(SMALLEST, LARGEST), st.floats(0.5, 2), st.floats(1, 10)))
def test_log_is_within_one_unit(x: float) -> None:
    assert units_away(log, mpmath.log, x) <= 1


def test_of_what_no_rounding_touches() -> None:
    assert exp(np.array([0.0, -0.0, -746.0, -1e300])).tolist() == [1, 1, 0, 0]
    assert log(np.array([1.0])).tolist() == [0]


@pytest.mark.parametrize(
    ("function", "x"),
    [(exp, 709.1), (exp, np.nan), (exp, -np.inf), (log, 0.0), (log, -1.0), (log, np.inf)],
)
def test_outside_the_range_is_an_error(function: Function, x: float) -> None:
    with pytest.raises(UserError, match=r"(exp|log) of a number outside its range; expected"):
        function(np.array([1.0, x]))


@pytest.mark.parametrize("tree", ["a", "ab", "acb", "acbd", "adcbe", "adcfbe", "aecgbfdh"])
def test_total_adds_halves_and_lets_the_middle_one_wait(tree: str) -> None:
    """Letters are added in the order in which they come to stand side by side."""
    letters = np.array([[letter] for letter in sorted(tree)], object)
    assert total(letters)[0] == tree


def test_a_sum_of_another_order_has_other_bits() -> None:
    a = np.random.default_rng(0).normal(size=(1000, 3))
    assert (total(a) != np.cumsum(a, axis=0)[-1]).any()
    assert np.allclose(total(a), a.sum(axis=0), rtol=1e-12)
