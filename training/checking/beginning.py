"""Where both sides begin: numbers that hide nothing."""

import numpy as np

SPREAD = 0.1
"""Standard deviation of what is added to a constant initial weight."""


def unhidden(weights: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return the weights with every constant one spread."""
    rng = np.random.default_rng(seed)
    spread = {}
    for name, array in weights.items():
        noise = SPREAD * rng.standard_normal(array.shape)
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
