"""Where the training of a run begins."""

from dataclasses import dataclass

from tf1_compat.state import State
from training.runs.saving import Saved


@dataclass(frozen=True)
class Origin:
    """Where training begins, if not at the initial weights of the seed."""

    state: State | None = None
    """What every lane starts from."""
    saved: Saved | None = None
    """What each lane starts from of its own; its losses are those of an earlier run."""
    first: int = 0
    """The number of the first epoch."""

    def describe(self, seed: int, learning_rate: float | None) -> str:
        """Say it for a banner; a checkpoint does not hold the learning rate."""
        if not (self.state or self.saved):
            return f"seed {seed}"
        where = f"from step {self.first}" if self.first else "from its weights"
        return where if learning_rate is None else f"{where} at learning rate {learning_rate:g}"
