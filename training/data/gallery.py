"""Pictures that are to be answered, each digit in them; what cannot be read does not end the rest.

gallery.read(gallery.found(Path("photos")))
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.data import decoding, form, images
from training.data.containers import folders, tables
from training.data.containers.folders import SUFFIXES
from training.errors import UserError
from training.machine import paths

WIDE = 1.4
"""Width by height: 1.4% of mnist_5k's digits are as wide, and half of the pairs that touch."""


TABLES = (".csv", ".csv.gz")
"""How files end that have a digit in each row, as Kaggle's test.csv."""
FAINT = 25
"""Of 255: what is no more is no part of a digit's width."""


class Picture(NamedTuple):
    """An image file, or a table, and the class that its folder is named after, if it is."""

    path: Path
    label: int | None = None


class Digit(NamedTuple):
    """The digit `number`, from 1, of the `of` that are in a picture: `pixels` [28, 28] uint8."""

    picture: Picture
    pixels: np.ndarray
    number: int
    of: int

    @property
    def shown(self) -> str:
        """The name of its picture, with the class folder, and which digit of several it is."""
        path, label = self.picture
        name = path.name if label is None else f"{path.parent.name}/{path.name}"
        which = "" if self.of == 1 else f" ({self.number} of {self.of})"
        return f"{name}{which}{' (wide: do two touch?)' if self.wide else ''}"

    @property
    def wide(self) -> bool:
        """Whether it may well be two digits that touch, which are answered as one."""
        tall, broad = (np.flatnonzero(self.pixels.max(axis=axis) > FAINT) for axis in (1, 0))
        return bool(np.ptp(broad) + 1 >= WIDE * (np.ptp(tall) + 1))


def found(path: Path) -> list[Picture]:
    """Return the image files that `path` names: itself, or those in the folder, sorted.

    So are those of class folders in it. UserError for a folder without any.
    """
    if not (paths.is_there(path) and path.is_dir()):
        return [Picture(path)]
    classes = [(one, folders.label(one.name)) for one in sorted(path.iterdir()) if one.is_dir()]
    inside = [Picture(file) for file in _images(path)]
    for folder, label in classes:
        inside += [Picture(file, label) for file in _images(folder) if label is not None]
    if not inside:
        raise UserError(f"{path}: no image in this folder; expected {', '.join(SUFFIXES)}.")
    return inside


def _images(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)


def read(pictures: Sequence[Picture]) -> tuple[list[Digit], list[UserError]]:
    """Return the digits in all pictures, in order, and why some pictures could not be read."""
    digits: list[Digit] = []
    refused: list[UserError] = []
    for picture in pictures:
        try:
            inside = _inside(picture.path)
        except UserError as error:
            refused.append(error)
            continue
        digits += [
            Digit(picture, pixels, number, len(inside)) for number, pixels in enumerate(inside, 1)
        ]
    return digits, refused


def _inside(path: Path) -> Sequence[np.ndarray]:
    """Return each digit in a picture, [28, 28] uint8, or in each row of a table."""
    name = str(path)
    if not path.name.lower().endswith(TABLES):
        return images.digits(name, decoding.read(path))
    paths.check(path, "a table of pixels")
    return [*form.of_arrays(name, tables.read_pixels(name, path))]
