"""The tree by which a sum is added up, found out from outside, as FPRev does.

    python -m docs.figures.portable.reveal      # JSON: what sums -> its tree

Xie, Lu, Chen, Zheng, Zhou: FPRev: Revealing the order of floating-point summation, 2025. One
summand is huge, one is minus that, and the others are 1: whatever is added to the huge one before
the two meet is lost, so the sum says how many summands are below the node where they meet.
"""

import json
from collections.abc import Callable

import numpy as np

Sum = Callable[[np.ndarray], float]
"""Of the numbers of a vector."""
Tree = int | list
"""A summand, by its number, or the two trees that are added up."""

HUGE = 2.0**80
SUMMANDS, PIXELS = 40, 784


def reveal(sum_of: Sum, leaves: list[int], count: int) -> Tree:
    """Return the tree over `leaves`, which are all below one node of that of `count` summands."""
    first, *others = leaves
    below: dict[int, list[int]] = {}
    for other in others:
        summands = np.ones(count)
        summands[first], summands[other] = HUGE, -HUGE
        below.setdefault(count - int(sum_of(summands)), []).append(other)
    tree: Tree = first
    for _, joined in sorted(below.items()):
        tree = [tree, reveal(sum_of, joined, count)]
    return tree


def blocks(tree: Tree) -> list[int]:
    """Return how many summands are added up one after the other: alone first, then block by block.

    [256, 128] is 256 of them, and then the sum of 128 others.
    """
    alone, found = 1, []
    while isinstance(tree, list):
        tree, joined = tree
        if isinstance(joined, list):
            found.append(_size(joined))
        else:
            alone += 1
    return [alone, *reversed(found)]


def _size(tree: Tree) -> int:
    return sum(map(_size, tree)) if isinstance(tree, list) else 1


def product(summands: np.ndarray) -> float:
    """Return the sum as one number of a matrix product."""
    rows = np.tile(summands, (256, 1))
    return float((rows @ np.ones((len(summands), 128)))[0, 0])


def main() -> None:
    """Print the trees of this machine, and the blocks of a product of as many as a row's pixels."""
    from training.portable import total

    sums: dict[str, Sum] = {
        "dot": lambda a: float(a @ np.ones(len(a))),
        "numpy": lambda a: float(a.sum()),
        "portable": lambda a: float(total(a)),
    }
    found: dict[str, Tree] = {
        name: reveal(of, list(range(SUMMANDS)), SUMMANDS) for name, of in sums.items()
    }
    of_pixels = reveal(product, list(range(PIXELS)), PIXELS)
    print(json.dumps({**found, "blocks": blocks(of_pixels)}))


if __name__ == "__main__":
    main()
