"""Which rows train and which test, as a file has them: pixels and labels of any form."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.errors import UserError
from training.machine import paths

Pictures = Sequence[Callable[[], tuple[str, np.ndarray]]]
"""What reads each picture, in its turn: its name, and its greys, [H, W] float32 from 0 to 1."""


class Rows(NamedTuple):
    """Digits as they were found: `pixels` [N, ...] of any numbers, or pictures; N `labels`."""

    pixels: np.ndarray | Pictures
    labels: np.ndarray


class Splits(NamedTuple):
    """What trains and what tests; None where nothing says which rows test."""

    train: Rows
    test: Rows | None = None


def of(arrays: Sequence[np.ndarray]) -> Splits:
    """Return train pixels, train labels and, where there are four, test pixels, test labels."""
    train, *test = (Rows(*arrays[at : at + 2]) for at in range(0, len(arrays), 2))
    return Splits(train, test[0] if test else None)


def files(name: str, path: Path, endings: Sequence[str]) -> list[list[Path]]:
    """Return the files of each split: `path`, or those in a folder that begin with train and test.

    Names count up to upper and lower case, wherever the word stands. UserError, which calls it
    `name`, where a folder has none for training.
    """
    wanted = " or ".join(endings)
    if not (paths.is_there(path) and path.is_dir()):
        paths.check(path, f"a {wanted} file", name)
        return [[path]]
    ours = sorted(one for one in path.iterdir() if one.name.lower().endswith(tuple(endings)))
    found = [[one for one in ours if word in one.name.lower()] for word in ("train", "test")]
    for one in (*found[0], *found[1]):
        paths.check(one, f"a {wanted} file")
    if not found[0]:
        raise UserError(
            f"{name}: expected a {wanted} file with train in its name in this folder, and one with "
            "test.\nWhere one file has all rows, name that file."
        )
    return [split for split in found if split]
