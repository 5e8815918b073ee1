"""What lanes in lockstep have reached, saved and set again: losses, and all to go on bit for bit.

The file stays in the finished run folder, to be resumed from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.errors import UnusableState
from training.lanes.protocol import Trainee
from training.runs import state_file
from training.runs.chain import Chain
from training.runs.state_file import STATE, Arrays, Reached, layout

LOSSES = "losses"
"""The group of the losses, by lane; what no lane is called. The other groups are the lanes."""
FIRST = "first epoch"


@dataclass(frozen=True)
class Saved(Reached):
    """Losses and state of every lane after the same number of epochs."""

    losses: Mapping[str, np.ndarray]
    """Lane -> [epochs], each the loss before that epoch's update."""
    lanes: Mapping[str, Mapping[str, np.ndarray]]
    """Lane -> what `Trainee.snapshot` gave: weights, slots, step, random state."""
    first: int = 0
    """The number of the first of these epochs: not 0 where training was resumed."""

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(next(iter(self.losses.values())))

    @property
    def last(self) -> int | None:
        """The number of the last epoch that is done; None before the first."""
        return self.first + self.epochs - 1 if self.epochs else None

    def contents(self) -> tuple[Mapping[str, Arrays], Arrays]:
        """Return the lanes and their losses; the number of the first epoch."""
        return {**self.lanes, LOSSES: self.losses}, {FIRST: np.array(self.first)}


def read(path: Path, run: Chain) -> Saved:
    """Return what was written to `path` by `run`.

    Raises UnusableState for a file that is damaged, another run's, or holds something else.
    """
    lanes, alone = state_file.read(path, run)
    losses = lanes.pop(LOSSES, {})
    lengths = {one.shape for one in losses.values()}
    if set(alone) != {FIRST} or set(losses) != set(lanes) or [len(one) for one in lengths] != [1]:
        raise UnusableState(f"{path}: not the state of a run; expected one that tf1keras saved.")
    return Saved(losses, lanes, int(alone[FIRST]))


def snapshot(
    trainees: Sequence[Trainee],
    losses: Mapping[str, Sequence[np.floating] | np.ndarray],
    first: int,
) -> Saved:
    """Return what `trainees` have reached, with their losses from epoch `first` on."""
    return Saved(
        {name: np.array(of_lane) for name, of_lane in losses.items()},
        {trainee.name: trainee.snapshot() for trainee in trainees},
        first,
    )


def restore(trainees: Sequence[Trainee], saved: Saved) -> None:
    """Set every trainee to what was saved of it; UnusableState where that is not what it needs."""
    for trainee in trainees:
        there = saved.lanes.get(trainee.name, {})
        ours, theirs = layout(trainee.snapshot()), layout(there)
        for name in ours.keys() | theirs.keys():
            if ours.get(name) != theirs.get(name):
                raise UnusableState(
                    f"{STATE}: {name} of lane {trainee.name} does not fit; expected the state that "
                    "the run itself saved."
                )
        trainee.restore(there)
