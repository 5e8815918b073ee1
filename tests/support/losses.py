"""The losses that a run wrote to its `history.csv`."""

import csv
from pathlib import Path

import numpy as np


def read_csv(path: Path) -> dict[str, np.ndarray]:
    """Return lane -> [epochs] from a `history.csv`, bit for bit.

    float32, but for a lane of which one loss has more digits than any float32 needs: float64.
    """
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {lane: _as_written([row[lane] for row in rows]) for lane in rows[0] if lane != "epoch"}


def _as_written(texts: list[str]) -> np.ndarray:
    single = np.array([np.float32(text) for text in texts])
    if all(str(number) == text for number, text in zip(single, texts, strict=True)):
        return single
    return np.array([np.float64(text) for text in texts])
