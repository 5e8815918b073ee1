"""The tree of a sum is found out from outside, and the picture shows what was found."""

import json
from functools import reduce

import numpy as np
import pytest

from docs.figures.portable import reveal, trees
from training.portable import total


def in_turn(a: np.ndarray) -> float:
    return reduce(lambda left, right: float(left + right), a)


def from_the_end(a: np.ndarray) -> float:
    return in_turn(a[::-1])


def in_halves(a: np.ndarray) -> float:
    half = len(a) // 2
    return in_halves(a[:half]) + in_halves(a[half:]) if half else float(a[0])


@pytest.mark.parametrize(
    ("sum_of", "tree"),
    [
        (in_turn, [[[[0, 1], 2], 3], 4]),
        (from_the_end, [0, [1, [2, [3, 4]]]]),
        (in_halves, [[0, 1], [2, [3, 4]]]),
        (lambda a: float(total(a)), [[[0, 3], 2], [1, 4]]),
    ],
)
def test_the_order_of_a_sum_is_revealed(sum_of: reveal.Sum, tree: reveal.Tree) -> None:
    assert reveal.reveal(sum_of, list(range(5)), 5) == tree


def test_blocks_are_what_is_added_one_after_the_other() -> None:
    assert reveal.blocks([[[[0, 1], 2], [3, 4]], [[5, 6], 7]]) == [3, 2, 3]


def test_picture_is_of_what_was_revealed() -> None:
    found = json.loads(trees.KEPT.read_text(encoding="utf-8"))
    assert trees.drawn(found) == trees.PICTURE.read_text(encoding="utf-8")
    drawn = [*found.values()][:4]
    assert len({json.dumps(of["dot"]) for of in drawn}) == 4
    assert len({json.dumps(of["portable"]) for of in drawn}) == 1
