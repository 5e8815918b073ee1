"""What the lab trains with in the page: digits of the run, and the weights that it began from."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tf1_compat.hyperparameters import LISTING
from training.data import Examples
from training.lanes.by_hand import BETA_1, BETA_2, EPSILON
from training.reports.inside import base64_of, deflated, rounded, spread

MOST_ROWS = 1000
"""Training digits in the page: an epoch of them takes a browser less than a second."""
MOST_PIXELS = 250_000
"""Bytes of them, in base64; MNIST's digits take 0.2 MB, and where others take more there are fewer.
"""


def lab(train: Examples, initial: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what lab/ trains: digits, equally far apart in `train`, and `initial` weights.

    Only for the article's own model: W1 [784, 128], b1 [128], W2 [128, 10], b2 [10] float32.
    """
    rows, pixels = _digits(train.x)
    return {
        "rows": len(rows),
        "pixels": pixels,
        "labels": train.labels[rows].tolist(),
        "shapes": {name: [*initial[name].shape] for name in LISTING.names},
        "weights": deflated(_flat(initial, LISTING.names)),
        "adam": {
            "rate": LISTING.learning_rate,
            "betas": [float(str(beta)) for beta in (BETA_1, BETA_2)],
            "epsilon": float(str(EPSILON)),
        },
    }


def recorded(
    on_the_way: Mapping[int, Mapping[str, np.ndarray]], initial: Mapping[str, np.ndarray], room: int
) -> list[dict[str, Any]]:
    """Return weights after so many epochs: of W1 how it moved, rounded to a byte, the others whole.

    127 stands for W1's largest change. Of all, the last ones that take no more than `room` bytes.
    """
    entries: list[dict[str, Any]] = []
    for epochs, weights in reversed([*on_the_way.items()]):
        entry = {
            "epochs": epochs,
            "W1": rounded(weights["W1"] - initial["W1"]),
            "others": base64_of(_flat(weights, LISTING.names[1:])),
        }
        room -= len(json.dumps(entry))
        if room < 0:
            break
        entries.insert(0, entry)
    return entries


def _flat(weights: Mapping[str, np.ndarray], names: Sequence[str]) -> np.ndarray:
    return np.concatenate([np.asarray(weights[name], "<f4").ravel() for name in names])


def _digits(x: np.ndarray) -> tuple[np.ndarray, str]:
    """Return which rows of `x` [N, 784] have room in the page, and their pixels."""
    count = MOST_ROWS
    while True:
        rows = spread(np.arange(len(x)), count)
        pixels = deflated(np.rint(x[rows] * 255).astype(np.uint8))
        if len(pixels) <= MOST_PIXELS:
            return rows, pixels
        count = count * MOST_PIXELS // len(pixels)
