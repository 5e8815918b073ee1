"""Four IDX files that are a data set, under the names that MNIST, EMNIST and torchvision give.

idx:DIR                    train-images-idx3-ubyte, ... in it, in DIR/raw or in DIR/*/raw
idx:DIR/emnist-digits      of several data sets in a folder, the files that begin so
"""

import re
from pathlib import Path

import numpy as np

from training.data import splits
from training.data.containers import idx
from training.data.splits import Splits
from training.errors import UserError
from training.machine import paths

Set = tuple[Path, str]
"""A folder, and how the names of a data set's files begin in it."""

PARTS = (("train", "images"), ("train", "labels"), ("test", "images"), ("test", "labels"))
DIMENSIONS = {"images": 3, "labels": 1}
NAME = re.compile(
    r"(.+-)?(train|t10k|test)-(images-idx3|labels-idx1|images\.idx3|labels\.idx1)-ubyte(\.gz)?"
)
SHOWN = 4
"""Data sets that a message lists, at most."""


def read(name: str, path: Path) -> Splits:
    """Return the rows of the one data set that `path` names.

    UserError, which calls it `name`, where there is none, one file of it is missing or damaged, or
    there are several.
    """
    if NAME.fullmatch(path.name) and path.is_file():
        path = path.parent
    whole = paths.is_there(path) and path.is_dir()
    folder, begins = (path, "") if whole else (path.parent, f"{path.name}-")
    if not (paths.is_there(folder) and folder.is_dir()):
        raise UserError(f"{name}: no such folder; expected the four IDX files in it.")
    found = _sets([folder, folder / "raw", *sorted(folder.glob("*/raw"))])
    ours = [one for one in sorted(found) if one[1].startswith(begins)]
    if not ours and begins:
        raise UserError(f"{name}: no such folder, and no IDX files that begin so.")
    if len(ours) > 1 and (folder, begins) not in ours:
        listed = ", ".join(f"idx:{of / name.rstrip('-')}" for of, name in ours[:SHOWN])
        raise UserError(f"{name}: {len(ours)} data sets are in it.\nName one of them: {listed}.")
    chosen = (folder, begins) if not ours or (folder, begins) in ours else ours[0]
    arrays = [_array(name, chosen, found.get(chosen, {}), *part) for part in PARTS]
    if chosen[1].startswith("emnist-"):  # stored transposed
        arrays[::2] = [pixels.transpose(0, 2, 1) for pixels in arrays[::2]]
    return splits.of(arrays)


def _sets(folders: list[Path]) -> dict[Set, dict[tuple[str, str], Path]]:
    """Return the files of each data set in `folders`, by split and by what they hold."""
    found: dict[Set, dict[tuple[str, str], Path]] = {}
    for folder in folders:
        # of a file and its .gz, the file
        for one in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
            file = one / one.name if one.is_dir() else one  # as Kaggle packs them
            if (parts := NAME.fullmatch(file.name)) and file.is_file():
                split = "train" if parts[2] == "train" else "test"
                of = found.setdefault((folder, parts[1] or ""), {})
                of[split, parts[3][:6]] = file
    return found


def _array(
    name: str, chosen: Set, files: dict[tuple[str, str], Path], split: str, what: str
) -> np.ndarray:
    if (split, what) not in files:
        begins = chosen[1] or ""
        called = "test" if begins else "t10k"
        if split == "train":
            called = split
        wanted = f"{begins}{called}-{what}-idx{DIMENSIONS[what]}-ubyte"
        raise UserError(f"{name}: expected {wanted} or {wanted}.gz in this folder.")
    return idx.read(files[split, what], DIMENSIONS[what])
