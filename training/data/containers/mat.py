"""`.mat` files of MATLAB, version 5 to 7, as EMNIST and the digits of others come in them.

dataset.train.images, dataset.train.labels, ...     EMNIST
x, y; data, label; ...                              also with a column for each digit
train0, ..., train9, test0, ..., test9              a variable for each class
"""

from pathlib import Path

import numpy as np

from tf1_compat.bounds import most_bytes
from training.data import splits
from training.data.containers import mat_file, names
from training.data.containers.mat_file import Variables
from training.data.splits import Splits
from training.errors import UserError, first_line
from training.machine import paths

PARTS = ("train", "test")


def read(name: str, path: Path) -> Splits:
    """Return the rows of a `.mat` file.

    UserError, which calls it `name`, for what is damaged, of version 7.3, or holds nothing known.
    """
    paths.check(path, "a .mat file", name)
    try:
        found = mat_file.variables(path.read_bytes(), most_bytes(path.stat().st_size))
        rows = _rows(found)
    except (ValueError, TypeError, LookupError) as error:
        raise UserError(
            f"{name}: cannot be read as a .mat file ({first_line(error)}).\n"
            "Expected one of version 5 to 7: save(FILE, 'x', 'y', '-v7')."
        ) from error
    if rows is None:
        held = ", ".join(found) or "nothing"
        raise UserError(f"{name}: expected the variables {names.EXPECTED}; found {held}.")
    return rows


def _rows(found: Variables) -> Splits | None:
    if isinstance(dataset := found.get("dataset"), dict):
        return splits.of([array for part in PARTS for array in _emnist(dataset[part])])
    arrays = {name: array for name, array in found.items() if isinstance(array, np.ndarray)}
    if {f"{part}{label}" for part in PARTS for label in range(10)} <= set(arrays):
        return splits.of([array for part in PARTS for array in _by_class(arrays, part)])
    if (chosen := names.find(arrays)) is None:
        return None
    rows = [arrays[name] for name in chosen]
    for at in range(0, len(rows), 2):
        pixels, labels = rows[at : at + 2]
        if pixels.ndim == 2 and pixels.shape[1] == labels.size != pixels.shape[0]:
            rows[at] = pixels.T  # a column for each digit
    return splits.of(rows)


def _emnist(part: object) -> list[np.ndarray]:
    """Return pixels and labels; the images are stored transposed."""
    pixels, labels = (part[name] for name in ("images", "labels"))  # type: ignore[index]
    return [pixels.reshape(-1, 28, 28).transpose(0, 2, 1), labels]


def _by_class(found: dict[str, np.ndarray], part: str) -> list[np.ndarray]:
    pixels = [found[f"{part}{label}"] for label in range(10)]
    return [np.concatenate(pixels), np.repeat(np.arange(10), [len(one) for one in pixels])]
