"""`state.npz`: all that a run has reached, arrays in groups and some alone, in one file.

A member is called GROUP:NAME, or has a name of its own without a colon.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tf1_compat.state import Unreadable, check_finite
from training.data import npz
from training.errors import UnusableState, UserError
from training.machine import files

STATE = "state.npz"

Arrays = Mapping[str, np.ndarray]
Groups = dict[str, dict[str, np.ndarray]]


class Reached(ABC):
    """What a training has reached."""

    @abstractmethod
    def contents(self) -> tuple[Mapping[str, Arrays], Arrays]:
        """Return (groups, what is alone): all that the file is to hold."""

    @property
    def finite(self) -> bool:
        """Whether every number that training would go on from is finite."""
        groups, _ = self.contents()
        return all(np.isfinite(array).all() for of in groups.values() for array in of.values())

    def write(self, path: Path) -> None:
        """Write the file in place of the one that is there, if any, in one step.

        Raises UserError where the disk is full or cannot be written to; the old file is unharmed.
        """
        groups, alone = self.contents()
        arrays = {f"{group}:{own}": one for group, of in groups.items() for own, one in of.items()}
        try:
            with files.replacing(path) as file:
                np.savez(file, **arrays, **alone)  # type: ignore[arg-type]
        except OSError as error:
            raise UserError(
                f"{path}: cannot be written ({error.strerror or error}).\nWhat was saved before is "
                "still there: make room, then tf1keras resume goes on from it."
            ) from error


def read(path: Path) -> tuple[Groups, dict[str, np.ndarray]] | None:
    """Return (groups, what is alone); None where nothing was written.

    Raises UnusableState for a damaged file, every member's checksum is looked at, and for numbers
    in a group that are not finite: nothing was saved after those (`Reached.finite`).
    """
    if not path.is_file():
        return None
    groups: Groups = {}
    alone: dict[str, np.ndarray] = {}
    try:
        arrays = npz.read_all(path)
    except UserError as error:
        raise UnusableState(str(error)) from error
    for name, array in arrays.items():
        group, colon, own = name.partition(":")
        if colon:
            groups.setdefault(group, {})[own] = array
        else:
            alone[name] = array
    try:
        for of_group in groups.values():
            check_finite(of_group)
    except Unreadable as error:
        raise UnusableState(f"{path}: {error}") from error
    return groups, alone


def layout(arrays: Arrays) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Return name -> shape and dtype: what has to be the same of two states."""
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}
