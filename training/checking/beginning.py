"""Where both sides begin: numbers that hide nothing."""

from collections.abc import Sequence

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

    made = []
    for (x, y), by in zip(batches[:FEW], (SHIFT, -SHIFT), strict=False):
        wide = {id(array): moved(array, by) for array in tree.flatten(x)}
        # An autoencoder's labels are its x.
        made.append(tree.map_structure(lambda array, of=wide: of.get(id(array), array), (x, y)))
    return made


def larger(batch: Batch, factor: float) -> Batch:
    """Return a batch whose x is `factor` times as large; ids stay in their table."""

    def scaled(array: np.ndarray) -> np.ndarray:
        return array * array.dtype.type(factor) if array.dtype.kind == "f" else array

    x, y = batch
    return tree.map_structure(scaled, x), y


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
