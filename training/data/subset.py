"""A subset of the classes: `mnist[0-4]` is MNIST's rows of these digits, with a column for each."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.errors import UserError
from training.machine import paths

CLASSES = 10
Classes = tuple[int, ...]


def parse(name: str) -> tuple[str, Classes]:
    """Return the data set and the classes that `name` means.

    "mnist[0-2,7]" -> ("mnist", (0, 1, 2, 7)), "mnist" -> ("mnist", (0, ..., 9)). Raises UserError
    where what is in the brackets is no list of two classes or more in rising order.
    """
    whole, bracket, inside = name.rpartition("[")
    path = name.partition(":")[2]
    if not bracket or (path and paths.is_there(paths.expand(Path(path)))):  # its own brackets
        return name, tuple(range(CLASSES))
    well = bool(re.fullmatch(r"\d(-\d)?(,\d(-\d)?)*\]", inside))
    found: list[int] = []
    for part in inside.removesuffix("]").split(",") if well else ():
        found += range(int(part[0]), int(part[-1]) + 1) or [-1]
    if -1 in found or len(found) < 2 or found != sorted(set(found)):
        raise UserError(
            f"{name}: expected classes in rising order, two at least, such as "
            f"{whole}[0-4] or {whole}[0,3,5-7]."
        )
    return whole, tuple(found)


def only(name: str, arrays: Sequence[np.ndarray], classes: Classes) -> list[np.ndarray]:
    """Return the rows of `classes` in train pixels, train labels, test pixels, test labels.

    Raises UserError where one of the splits has no row of a class that was asked for.
    """
    if len(classes) == CLASSES:
        return list(arrays)
    kept = []
    for pixels, labels in (arrays[:2], arrays[2:]):
        missing = [label for label in classes if label not in labels]
        if missing:
            raise UserError(f"{name}: no row is of class {missing[0]}.")
        rows = np.isin(labels.reshape(len(labels)), classes)
        kept += [pixels[rows], labels[rows]]
    return kept
