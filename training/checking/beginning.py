"""Where both sides begin: numbers that hide nothing."""

import functools
from collections.abc import Callable, Sequence

import numpy as np
from keras import tree

from training.parity.ladder import Batch

SPREAD = 0.1
"""Standard deviation of what is added to a constant initial weight."""
SHIFT = 3.0
"""Standard deviations that inputs are moved by: a relu's inputs that all were positive, as those in
front of a global maximum are, become negative where weights are."""
STREAM = 65_521
"""Random numbers that are taken over and over; a prime, so no two rows begin at the same one."""
FEW = 2
"""Batches that are widened: with large numbers training soon diverges."""


def widened(batches: Sequence[Batch], factor: float) -> list[Batch]:
    """Return the first FEW batches, x moved up or down and `factor` times as large; ids stay."""

    def moved(array: np.ndarray, by: float) -> np.ndarray:
        return ((array + by) * factor).astype(array.dtype) if array.dtype.kind == "f" else array

    both = zip(batches[:FEW], (SHIFT, -SHIFT), strict=False)
    return [_with_x(batch, functools.partial(moved, by=by)) for batch, by in both]


def larger(batch: Batch, factor: float) -> Batch:
    """Return a batch whose x is `factor` times as large; ids stay in their table."""

    def scaled(array: np.ndarray) -> np.ndarray:
        return array * array.dtype.type(factor) if array.dtype.kind == "f" else array

    return _with_x(batch, scaled)


def _with_x(batch: Batch, change: Callable[[np.ndarray], np.ndarray]) -> Batch:
    """Return a batch whose x is changed, and labels that are of it, as an autoencoder's."""
    changed = {id(array): change(array) for array in tree.flatten(batch[0])}
    return tree.map_structure(lambda array: changed.get(id(array), array), batch)


def unhidden(
    weights: dict[str, np.ndarray], seed: int, factor: float = 1.0
) -> dict[str, np.ndarray]:
    """Return the weights with every constant one spread, `factor` times as wide as usual."""
    rng = np.random.default_rng(seed)
    spread = {}
    for name, array in weights.items():
        noise = factor * SPREAD * rng.standard_normal(array.shape)
        if np.ptp(array) == 0 and array.dtype.kind == "f":
            array = (array + noise).astype(array.dtype)
        spread[name] = array
    return spread


def above(averages: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return moving averages further from zero, where variances stay: 0 and 1 hide too much."""
    rng = np.random.default_rng(seed)
    return {
        name: array + np.abs(SPREAD * rng.standard_normal(array.shape)).astype(np.float32)
        for name, array in averages.items()
    }


def streams(seed: int) -> dict[str, np.ndarray]:
    """Return numbers for random ops of each kind, see `tf1_compat/reading/draws.py`, [STREAM]."""
    rng = np.random.default_rng(seed)
    uniform, normal = rng.random(STREAM, np.float32), rng.standard_normal(2 * STREAM, np.float32)
    truncated = normal[np.abs(normal) < 2][:STREAM]
    return {"uniform": uniform, "normal": normal[:STREAM], "truncated normal": truncated}
