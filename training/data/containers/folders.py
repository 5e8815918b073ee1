"""Pictures in folders, one for each class: how most people keep digits of their own.

mine/7/a.jpg, mine/7/b.png, ...               also mine/train/7/..., mine/test/7/...
mine.zip                                      the same in an archive
"""

import functools
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

import numpy as np

from training.data import archives, decoding
from training.data.splits import Rows, Splits
from training.errors import UserError, first_line, printable
from training.machine import paths

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PREFIX = re.compile(r"^(class|digit|label|number)[ _-]?")
TESTS = ("test", "val")
"""How the name of a folder begins whose pictures test; `train` is for training."""
EXPECTED = (
    "Expected a folder for each class, 0 to 9, with its pictures in it; or such folders in train "
    "and test."
)


class Opens(Protocol):
    """What gives the content of a file by its name."""

    def __call__(self, name: str) -> BinaryIO:
        """Return it, to be closed."""


def label(folder: str) -> int | None:
    """Return the class that a folder is named after: 7, seven, digit_7; None for another name."""
    folder = PREFIX.sub("", folder.lower())
    if folder in WORDS:
        return WORDS.index(folder)
    return int(folder) if folder.isascii() and folder.isdigit() and int(folder) < 10 else None


def read(name: str, path: Path) -> Splits:
    """Return the pictures in a folder or a zip archive, sorted by split, class and name.

    UserError, which calls it `name`, where there are none, or a folder's name is no class.
    """
    if paths.is_there(path) and path.is_dir():
        inside = [one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file()]
        return _splits(name, inside, lambda own: (path / own).open("rb"))
    paths.check(path, "a folder or a .zip of class folders", name)
    return _archived(name, path)


def _archived(name: str, path: Path) -> Splits:
    try:
        archive = zipfile.ZipFile(path)
        archives.check(archive, path)
    except Exception as error:  # whatever damaged bytes make zipfile raise
        raise UserError(
            f"{name}: cannot be read as a zip archive ({first_line(error)}).\n{EXPECTED}"
        ) from error
    return _splits(name, archive.namelist(), lambda own: io.BytesIO(archive.read(own)))


def _splits(name: str, inside: Sequence[str], opens: Opens) -> Splits:
    found: dict[bool, list[tuple[int, str]]] = {False: [], True: []}
    for own in sorted(inside):
        parts = PurePosixPath(own).parts
        if not own.lower().endswith(SUFFIXES) or any(
            part.startswith((".", "__")) for part in parts
        ):
            continue
        number = label(parts[-2]) if len(parts) > 1 else None
        if number is None:
            raise UserError(
                f"{name}: {printable(own)} is in no folder named after a class.\n{EXPECTED}"
            )
        tests = any(part.lower().startswith(TESTS) for part in parts[:-2])
        found[tests].append((number, own))
    if not found[False]:
        raise UserError(f"{name}: no picture to train with in it.\n{EXPECTED}")
    rows = [
        Rows(
            [functools.partial(_picture, own, opens) for _, own in sorted(of)],
            np.array([number for number, _ in sorted(of)], np.uint8),
        )
        for of in found.values()
        if of
    ]
    return Splits(*rows)


def _picture(name: str, opens: Opens) -> tuple[str, np.ndarray]:
    """Return the name and the greys of a picture."""
    called = printable(name)
    try:
        file = opens(name)
    except Exception as error:  # whatever damaged bytes make zipfile raise
        raise UserError(f"{called}: cannot be read ({first_line(error)}).") from error
    with file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        return called, decoding.decode(called, file, size)
