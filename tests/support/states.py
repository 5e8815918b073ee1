"""What a run has saved, for tests to look at and to change."""

from pathlib import Path

import numpy as np

from training.data import npz
from training.runs import chain, saving
from training.runs.chain import Chain
from training.runs.saving import Saved
from training.runs.state_file import STATE

RUN: Chain = {"id": "0f", "options": "1f", "data": "2f", "weights": "3f"}
"""The chain of a run that has no folder."""


def saved_by(folder: Path) -> Saved | None:
    """Return what the run in `folder` has saved, if anything; it is the run's own."""
    return saving.read(folder / STATE, chain.read(folder)) if (folder / STATE).is_file() else None


def held(folder: Path) -> dict[str, bytes]:
    """Return the bits of all that a state holds, but for whose it is: each run has its own ID."""
    arrays = npz.read_all(folder / STATE)
    del arrays[chain.KEY]
    return {name: np.asarray(array).tobytes() for name, array in arrays.items()}
