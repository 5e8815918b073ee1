"""What a fine-tuning has reached after an epoch: all that it needs to go on bit for bit, saved.

One file, `state.npz`, as a comparison's; it is gone when the run is done.
"""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from training.data import npz
from training.errors import UserError
from training.machine.signals import Interruption, Stopped
from training.runs import saving

Weights = dict[str, np.ndarray]
"""Path of a variable -> its value."""
NUMBERS = "numbers"
"""The archive's member that holds, as JSON, what is no array; others are called FIELD:NAME."""


@dataclass
class Reached:
    """A fine-tuning after a number of epochs; what is drawn at random follows from that number."""

    start: Weights
    """Before the first phase."""
    before: Weights = field(default_factory=dict)
    """Before this phase: what is frozen in it must stay so."""
    weights: Weights = field(default_factory=dict)
    """Now, as they are and not their averages."""
    optimizer: Weights = field(default_factory=dict)
    """Its variables, by their number: steps, slots, averages."""
    best: Weights = field(default_factory=dict)
    """Those of the lowest validation loss; empty where nothing validates."""
    best_epoch: int | None = None
    phase: int = 0
    epochs: int = 0
    """Of this phase, done."""
    waited: int = 0
    """Epochs of this phase since the validation loss was lowest."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """A row before the first epoch and after each."""

    @property
    def last(self) -> int:
        """The number of the last epoch that is done, over all phases; the first is 1."""
        return len(self.history) - 1

    @property
    def lowest(self) -> float:
        """The validation loss of the weights that are kept."""
        if self.best_epoch is None:
            return float("inf")
        return float(self.history[self.best_epoch]["validation_loss"])

    @property
    def seconds(self) -> float:
        """What it took to get here, over all processes."""
        return float(self.history[-1]["seconds"]) if self.history else 0.0

    def check(self, start: Weights, epochs: list[int]) -> None:
        """Raise UserError unless it is of a training from `start` of so many epochs a phase."""
        within = 0 <= self.phase < len(epochs) and 0 < self.epochs <= epochs[self.phase]
        same = self.start.keys() == start.keys() and all(
            self.start[path].tobytes() == start[path].tobytes() for path in start
        )
        if not (within and same):
            raise UserError(
                f"{saving.STATE}: was not saved by a run from these weights with this recipe.\n"
                "Expected SOURCE as it was when the run was begun: give it back, or start anew."
            )

    def fits(self, name: str, there: Weights) -> None:
        """Raise UserError unless `there` has the names, shapes and dtypes of the field `name`."""
        if saving.layout(getattr(self, name)) != saving.layout(there):
            raise _foreign(f"its {name} is of another kind or shape")


def _foreign(why: str) -> UserError:
    return UserError(
        f"{saving.STATE}: not the state of a fine-tuning ({why}); expected the one that the run "
        "itself saved.\nWithout it, start anew."
    )


def write(folder: Path, reached: Reached) -> None:
    """Write `folder`/state.npz in place of the one that is there, if any, in one step."""
    numbers = dict(vars(reached))
    groups = {name: numbers.pop(name) for name in _groups()}
    arrays = {f"{name}:{own}": array for name in groups for own, array in groups[name].items()}
    saving.write_npz(folder / saving.STATE, arrays | {NUMBERS: np.array(json.dumps(numbers))})


def read(folder: Path) -> Reached | None:
    """Return what `write` wrote to `folder`; None where nothing was.

    Raises UserError for a damaged file, whose checksums are looked at, and for another run's.
    """
    path = folder / saving.STATE
    if not path.is_file():
        return None
    groups: dict[str, Weights] = {name: {} for name in _groups()}
    try:
        arrays = npz.read_all(path)
        numbers = json.loads(str(arrays.pop(NUMBERS)))
        for name, array in arrays.items():
            group, _, own = name.partition(":")
            groups[group][own] = array
        given: dict[str, Any] = {**groups, **numbers}
        reached = Reached(**given)
        counts = [reached.phase, reached.epochs, reached.waited]
        if not all(type(one) is int for one in counts):
            raise ValueError(f"expected whole numbers, found {counts}")
        _ = reached.lowest, reached.seconds  # says at once what its history lacks
    except (LookupError, TypeError, ValueError) as error:
        raise _foreign(f"{type(error).__name__}: {error}") from error
    for name in ("before", "weights", *(["best"] if reached.best else [])):
        reached.fits(name, reached.start)
    return reached


def _groups() -> list[str]:
    return [one.name for one in fields(Reached) if one.type == Weights]


class Saver:
    """Saves to `folder` every so many epochs and when told to stop."""

    def __init__(
        self, folder: Path, every: int, interruption: Interruption, saved: Reached | None
    ) -> None:
        self._folder, self._every, self._interruption = folder, every, interruption
        self._on_disk = saved.last if saved else 0

    def after_epoch(self, reached: Reached) -> None:
        """Save where it is time to; raise Stopped, with how to go on, where a signal came."""
        epoch, stop = reached.last, self._interruption.number
        if stop or epoch // self._every > self._on_disk // self._every:
            write(self._folder, reached)
            self._on_disk = epoch
        if stop:
            stopped = Stopped("stopped.", stop)
            saving.tell(stopped, self._folder, epoch)
            raise stopped
