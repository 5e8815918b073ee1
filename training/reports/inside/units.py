"""Pictures of the hidden units' weights, as bytes: only for the eye."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.reports.inside import rounded

MOST_LANES = 3
"""Lanes whose hidden units are shown."""
MOST_UNITS = 128
"""Hidden units whose weights are shown; the article has as many."""


def first(kernel: np.ndarray) -> np.ndarray:
    """Return a copy of the weights of the first MOST_UNITS units: [784, n] -> [784, <= n]."""
    return kernel[:, :MOST_UNITS].copy()


def pictures(before: np.ndarray, after: Mapping[str, np.ndarray], in_lab: bool) -> dict[str, Any]:
    """Return what units.js draws: weights [784, n] before training, and how each lane moved them.

    Unit by unit, as bytes: only for the eye. The change has a scale of its own, for it
    is a hundredth of the weights. `in_lab`: the lab has those before training.
    """
    changes = {name: kernel - before for name, kernel in after.items()}
    return {
        "count": before.shape[1],
        "before": None if in_lab else rounded(before.T),
        "changes": {name: rounded(change.T) for name, change in changes.items()},
    }
