"""What a fine-tuning has reached after an epoch: all that it needs to go on bit for bit, saved.

The file is gone when the run is done.
"""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import UnusableState
from training.parity.bits import same_bits
from training.runs import state_file
from training.runs.chain import Chain
from training.runs.state_file import STATE, Reached

Weights = dict[str, np.ndarray]
"""Path of a variable -> its value."""
NUMBERS = "numbers"
"""The file's member that holds, as JSON, what is no array; its groups are the other fields."""


@dataclass
class Progress(Reached):
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
    """Those of the lowest Brier score on the validation rows; empty where there are none."""
    best_epoch: int | None = None
    phase: int = 0
    epochs: int = 0
    """Of this phase, done."""
    waited: int = 0
    """Epochs of this phase since that score was lowest."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """A row before the first epoch and after each."""

    @property
    def last(self) -> int:
        """The number of the last epoch that is done, over all phases; the first is 1."""
        return len(self.history) - 1

    @property
    def lowest(self) -> float:
        """The Brier score of the weights that are kept."""
        if self.best_epoch is None:
            return float("inf")
        return float(self.history[self.best_epoch]["validation_brier"])

    @property
    def seconds(self) -> float:
        """What it took to get here, over all processes."""
        return float(self.history[-1]["seconds"]) if self.history else 0.0

    def check(self, start: Weights, epochs: list[int]) -> None:
        """Raise UnusableState unless it is of a training from `start` of so many epochs a phase."""
        within = 0 <= self.phase < len(epochs) and 0 < self.epochs <= epochs[self.phase]
        if not (within and same_bits(self.start, start)):
            raise UnusableState(
                f"{STATE}: was not saved by a run from these weights with this recipe.\n"
                "Expected SOURCE as it was when the run began: restore it, or start a new run."
            )

    def contents(self) -> tuple[dict[str, Weights], Weights]:
        """Return the weights by their fields; the other fields."""
        numbers = dict(vars(self))
        groups = {name: numbers.pop(name) for name in _groups()}
        return groups, {NUMBERS: np.array(json.dumps(numbers))}

    def fits(self, name: str, there: Weights) -> None:
        """Raise UnusableState unless `there` has the layout of the field `name`."""
        if state_file.layout(getattr(self, name)) != state_file.layout(there):
            raise _foreign(f"its {name} is of another kind or shape")


def _foreign(why: str) -> UnusableState:
    return UnusableState(
        f"{STATE}: not the state of a fine-tuning ({why}); expected the one that the run "
        "itself saved.\nWithout it, start a new run."
    )


def read(path: Path, run: Chain) -> Progress:
    """Return what was written to `path` by `run`.

    Raises UnusableState for a damaged file, whose checksums are looked at, and for another run's.
    """
    there, alone = state_file.read(path, run)
    try:
        numbers = json.loads(str(alone.pop(NUMBERS)))
        if over := there.keys() - set(_groups()) | alone.keys():
            raise LookupError(f"{', '.join(sorted(over))} in it")
        groups = {name: there.get(name, {}) for name in _groups()}
        given: dict[str, Any] = {**groups, **numbers}
        progress = Progress(**given)
        counts = [progress.phase, progress.epochs, progress.waited]
        if not all(type(one) is int for one in counts):
            raise ValueError(f"expected whole numbers, found {counts}")
        _ = progress.lowest, progress.seconds  # says at once what its history lacks
    except (LookupError, TypeError, ValueError) as error:
        raise _foreign(f"{type(error).__name__}: {error}") from error
    for name in ("before", "weights", *(["best"] if progress.best else [])):
        progress.fits(name, progress.start)
    return progress


def _groups() -> list[str]:
    return [one.name for one in fields(Progress) if one.type == Weights]
