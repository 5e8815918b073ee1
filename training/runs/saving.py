"""What a training has reached, saved while it runs: a reader never sees half of it.

One file, `state.npz`: every lane's losses so far, and every array that it needs to go on bit for
bit (weights, slots, step, random state). It stays in the finished run folder, to be resumed from.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import npz
from training.errors import UserError
from training.lanes.protocol import Trainee
from training.machine import files
from training.machine.signals import Interruption, Stopped
from training.runs.folders import UNFINISHED

STATE = "state.npz"
LOSSES = "losses"
"""What no lane is called; the archive's members are called LANE:NAME and losses:LANE."""
FIRST = "first epoch"


@dataclass(frozen=True)
class Saved:
    """Losses and state of every lane after the same number of epochs."""

    losses: Mapping[str, np.ndarray]
    """Lane -> [epochs], each the loss before that epoch's update."""
    lanes: Mapping[str, Mapping[str, np.ndarray]]
    """Lane -> what `Trainee.snapshot` gave."""
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

    @property
    def finite(self) -> bool:
        """Whether every number that a lane would go on from is finite."""
        return all(
            bool(np.isfinite(array).all())
            for of_lane in self.lanes.values()
            for array in of_lane.values()
        )


def write(folder: Path, saved: Saved, name: str = STATE) -> None:
    """Write `folder`/`name` in place of the one that is there, if any, in one step."""
    arrays = {
        f"{lane}:{name}": array
        for lane, of_lane in (saved.lanes | {LOSSES: saved.losses}).items()  # type: ignore[operator]
        for name, array in of_lane.items()
    }
    write_npz(folder / name, arrays | {FIRST: np.array(saved.first)})


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write in place of the file that is there, if any.

    Raises UserError where the disk is full or cannot be written to; the old file is unharmed.
    """
    try:
        with files.replacing(path) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}).\n"
            "What was saved before is still there: make room, then tf1keras resume goes on from it."
        ) from error


def read(folder: Path, name: str = STATE) -> Saved | None:
    """Return what `write` wrote to `folder`; None where nothing was.

    Raises UserError for a damaged file: every member's checksum is looked at.
    """
    path = folder / name
    if not path.is_file():
        return None
    lanes: dict[str, dict[str, np.ndarray]] = {}
    arrays = npz.read_all(path)
    first = arrays.pop(FIRST, None)
    for name, array in arrays.items():
        lane, _, own = name.partition(":")
        lanes.setdefault(lane, {})[own] = array
    losses = lanes.pop(LOSSES, {})
    lengths = {one.shape for one in losses.values()}
    if first is None or set(losses) != set(lanes) or [len(one) for one in lengths] != [1]:
        raise UserError(f"{path}: not the state of a run; expected one that tf1keras saved.")
    return Saved(losses, lanes, int(first))


class Saver:
    """Saves what `trainees` have reached, every so many epochs and when told to stop."""

    def __init__(
        self,
        folder: Path,
        trainees: Sequence[Trainee],
        every: int,
        interruption: Interruption,
        saved: Saved,
        remember: bool = False,
        name: str = STATE,
    ) -> None:
        self._folder, self._trainees, self._every, self._name = folder, trainees, every, name
        self._interruption, self._remember = interruption, remember
        self._first = saved.first
        self._latest: Saved | None = None
        self._on_disk = saved.epochs

    def after_call(self, losses: Mapping[str, Sequence[np.floating]]) -> None:
        """Save where it is time to; raise Stopped where a signal came."""
        epochs = len(next(iter(losses.values())))
        stop = self._interruption.number
        due = epochs // self._every > self._on_disk // self._every
        if self._remember or due or stop:
            self._latest = snapshot(self._trainees, losses, self._first)
        if due or stop:
            self._write_latest()
        if stop:
            raise Stopped("stopped.", stop)

    def _write_latest(self) -> None:
        """Write the latest state that is in memory, unless a number in it is not finite."""
        if self._latest and self._latest.finite and self._latest.epochs != self._on_disk:
            write(self._folder, self._latest, self._name)
            self._on_disk = self._latest.epochs

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Add to what ends the training before its end, from where it can go on."""
        try:
            yield
        except UserError as error:
            if self._remember:  # another worker is gone in the middle of an epoch
                self._write_latest()
            if self._on_disk:
                tell(error, self._folder, self._first + self._on_disk - 1)
            raise


def tell(error: UserError, folder: Path, last: int) -> None:
    """Add to `error` that the run in `folder` is saved up to epoch `last`."""
    run = str(folder).removesuffix(UNFINISHED)
    error.args = (
        f"{error}\nAll is saved up to epoch {last}: tf1keras resume {run} goes on from there.",
    )


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


def layout(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Return name -> shape and dtype: what has to be the same of two states."""
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def restore(trainees: Sequence[Trainee], saved: Saved) -> None:
    """Set every trainee to what was saved of it; UserError where that is not what it needs."""
    for trainee in trainees:
        there = saved.lanes.get(trainee.name, {})
        ours, theirs = layout(trainee.snapshot()), layout(there)
        for name in ours.keys() | theirs.keys():
            if ours.get(name) != theirs.get(name):
                raise UserError(
                    f"{STATE}: {name} of lane {trainee.name} does not fit; expected the state that "
                    "the run itself saved."
                )
        trainee.restore(there)
