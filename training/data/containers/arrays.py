"""Arrays of NumPy under the names of `names`: an `.npz` file, a folder of `.npy` files."""

from pathlib import Path

from training.data import npz, splits
from training.data.containers import names
from training.data.splits import Splits
from training.errors import UserError
from training.machine import paths


def read_npz(name: str, path: Path) -> Splits:
    """Return the rows of an `.npz` file; UserError, which calls it `name`, where it has none."""
    return splits.of(npz.read(path, names.find, names.EXPECTED))


def read_npy(name: str, path: Path) -> Splits:
    """Return the rows of the `.npy` files in a folder, such as X.npy and y.npy."""
    if not (paths.is_there(path) and path.is_dir()):
        raise UserError(
            f"{name}: no such folder; expected one with {names.EXPECTED} as .npy files."
        )
    files = {file.stem: file for file in path.iterdir() if file.suffix == ".npy"}
    chosen = names.find(files)
    if chosen is None:
        found = ", ".join(sorted(files)[: npz.SHOWN]) or "nothing"
        raise UserError(f"{name}: expected the arrays {names.EXPECTED}, as .npy; found {found}.")
    return splits.of([npz.read_array(name, files[one]) for one in chosen])
