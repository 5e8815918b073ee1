"""`state.npz`: all that a run has reached, arrays in groups and some alone, in one file.

A member is called GROUP:NAME, or has a name of its own without a colon; `run` is the chain of the
run (`training/runs/chain.py`).
"""

import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tf1_compat.state import Unreadable, check_finite
from training.data import npz
from training.errors import UnusableState, UserError
from training.machine import files
from training.parity.bits import sha256
from training.runs import chain
from training.runs.chain import Chain

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

    def write(self, path: Path, run: Chain) -> None:
        """Write the file, the run's own, in place of the one that is there, if any, in one step.

        Raises UserError where the disk is full or cannot be written to; the old file is unharmed.
        """
        groups, alone = self.contents()
        arrays = {f"{group}:{own}": one for group, of in groups.items() for own, one in of.items()}
        arrays |= alone
        sealed = np.array(json.dumps(chain.sealed(run, sha256(arrays))))
        try:
            with files.replacing(path) as file:
                np.savez(file, **arrays, **{chain.KEY: sealed})  # type: ignore[arg-type]
        except OSError as error:
            then = "start it again."
            if path.is_file():
                then = "tf1keras resume goes on from what was saved before, which is still there."
            raise UserError(
                f"{path}: cannot be written ({error.strerror or error}); make room, then\n{then}"
            ) from error


def read(path: Path, run: Chain) -> tuple[Groups, dict[str, np.ndarray]]:
    """Return (groups, what is alone).

    Raises UnusableState for a damaged file, every member's checksum is looked at, for one that is
    not the run's own, and for numbers in a group that are not finite: nothing was saved after those
    (`Reached.finite`).
    """
    groups: Groups = {}
    alone: dict[str, np.ndarray] = {}
    found = None
    try:
        arrays = npz.read_all(path)
    except UserError as error:
        raise UnusableState(str(error)) from error
    with contextlib.suppress(LookupError, ValueError, RecursionError):
        found = json.loads(str(arrays.pop(chain.KEY)))
    chain.check(path, found, run, sha256(arrays))
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
