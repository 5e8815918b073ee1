"""How far what two sides observe of a batch is apart: outputs, loss, gradients."""

from collections.abc import Iterator
from typing import Any

import numpy as np


def distances(ours: Any, theirs: Any) -> Iterator[tuple[str, float]]:
    """Yield what is observed, and how far it is apart, relative to `theirs` largest number.

    Of gradients that is the largest of all of them. Infinite where shapes are others.
    """
    largest = max((_size(one) for one in theirs.gradients.values()), default=0.0)
    yield "loss", _distance(ours.loss, theirs.loss, _size(theirs.loss))
    for name, output in ours.logits.items():
        yield name, _distance(output, theirs.logits[name], _size(theirs.logits[name]))
    for name, gradient in theirs.gradients.items():
        yield f"gradient {name}", _distance(ours.gradients[name], gradient, largest)


def _size(array: np.ndarray) -> float:
    return float(np.abs(array).max(initial=0))


def _distance(one: np.ndarray, other: np.ndarray, scale: float) -> float:
    if np.shape(one) != np.shape(other):
        return np.inf
    apart = _size(one.astype(np.float64) - other)
    if not apart:
        return 0.0
    return apart / scale if scale else np.inf
