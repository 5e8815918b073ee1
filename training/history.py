"""Losses per epoch and lane, their distance, and `history.csv`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

NOT_COMPARABLE = 2**32
"""ULP distance of NaN to a number: more than any two float32 numbers can be apart."""


@dataclass(frozen=True)
class History:
    """What a training run recorded.

    `losses` is lane -> [epochs] in the lane's dtype, each the loss before that epoch's update, as
    the article prints it. `seconds_per_epoch` is lane -> seconds, measured with that lane running
    alone. `first` is the number of the first epoch: not 0 where training was resumed.
    """

    losses: Mapping[str, np.ndarray]
    seconds_per_epoch: Mapping[str, float]
    first: int = 0

    @property
    def epochs(self) -> int:
        """Number of epochs recorded."""
        return len(next(iter(self.losses.values())))


def ulp_distance(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Return how many float32 numbers lie between `a` and `b`, as int64, element by element.

    Both zeros are one number, infinity follows the largest finite number, NaN is 0 from NaN and
    NOT_COMPARABLE from everything else.
    """
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    distance = np.abs(_rank(a) - _rank(b))
    either, both = np.isnan(a) | np.isnan(b), np.isnan(a) & np.isnan(b)
    return np.where(both, 0, np.where(either, NOT_COMPARABLE, distance))


def _rank(x: np.ndarray) -> np.ndarray:
    """Number the float32 values in order, zero as 0: an IEEE 754 pattern is sign and magnitude."""
    bits = np.ascontiguousarray(x).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def relative_distance(a: ArrayLike, reference: ArrayLike) -> np.ndarray:
    """Return |a - reference| / |reference| in float64; 0 where both are equal."""
    a, reference = np.asarray(a, np.float64), np.asarray(reference, np.float64)
    difference = np.abs(a - reference)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference == 0, 0.0, difference / np.abs(reference))


def write_csv(history: History, path: Path) -> None:
    """Write `epoch,<lane>,...`, each loss in the shortest form that reads back to its bits."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["epoch", *history.losses])
        for epoch, losses in enumerate(zip(*history.losses.values(), strict=True), history.first):
            rows.writerow([epoch, *map(str, losses)])


def read_csv(path: Path) -> dict[str, np.ndarray]:
    """Return lane -> [epochs] from a `history.csv`, bit for bit.

    float32, but for a lane of which one loss has more digits than any float32 needs: float64.
    """
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {lane: _as_written([row[lane] for row in rows]) for lane in rows[0] if lane != "epoch"}


def last_epoch(path: Path) -> int:
    """Return the number of the last epoch in a `history.csv`."""
    with path.open(newline="") as file:
        *_, last = csv.DictReader(file)
    return int(last["epoch"])


def _as_written(texts: list[str]) -> np.ndarray:
    single = np.array([np.float32(text) for text in texts])
    if all(str(number) == text for number, text in zip(single, texts, strict=True)):
        return single
    return np.array([np.float64(text) for text in texts])
