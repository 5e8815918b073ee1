"""Losses per epoch and lane, and `history.csv`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np


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


def write_csv(history: History, path: Path) -> None:
    """Write `epoch,<lane>,...`, each loss in the shortest form that reads back to its bits."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["epoch", *history.losses])
        for epoch, losses in enumerate(zip(*history.losses.values(), strict=True), history.first):
            rows.writerow([epoch, *map(str, losses)])


def last_epoch(path: Path) -> int:
    """Return the number of the last epoch in a `history.csv`."""
    with path.open(newline="") as file:
        *_, last = csv.DictReader(file)
    return int(last["epoch"])
