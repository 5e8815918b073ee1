"""Where a data set comes from, by its name: embedded, TensorFlow Datasets, or files."""

import os
from collections.abc import Callable
from pathlib import Path

from training.data import embedded, splits, tfds
from training.data.containers import arrays, folders, idx_set, mat, parquet, tables
from training.data.splits import Splits
from training.errors import UserError
from training.machine import paths

READERS: dict[str, Callable[[str, Path], Splits]] = {
    "idx": idx_set.read,
    "npz": arrays.read_npz,
    "npy": arrays.read_npy,
    "csv": tables.read_csv,
    "arff": tables.read_arff,
    "images": folders.read,
    "mat": mat.read,
    "parquet": parquet.read,
}
"""What stands before the colon -> what reads the path behind it, given the name, too."""

RUNS_CODE = "opening it runs code that is in it"
NOT_READ = {
    ".pkl": RUNS_CODE,
    ".pkl.gz": RUNS_CODE,
    ".joblib": RUNS_CODE,
    ".pt": f"{RUNS_CODE}; torchvision's own files lie beside it: idx:ROOT",
    ".pth": RUNS_CODE,
    ".h5": "HDF5 is not read here",
    ".hdf5": "HDF5 is not read here",
    ".tfrecord": "TensorFlow Datasets reads it by the data set's name",
}
"""Ending -> why such a file is no `--data`."""
SAVE_IT = (
    "Where you have the arrays: numpy.savez('digits.npz', x=pixels, y=labels), then "
    "--data npz:digits.npz"
)


def read(name: str, manual_dir: Path | None) -> Splits:
    """Return the rows of the data set `name`, as they were found.

    Raises UserError where nothing is called so, or it cannot be read.
    """
    if name in embedded.NAMES:
        return splits.of(embedded.read(name))
    if name in tfds.NAMES:
        given = os.environ.get("MNIST_DIR") if name == "mnist" else None  # says nothing of others
        return splits.of(tfds.read(name, manual_dir or (Path(given) if given else None)))
    kind, _, path = name.partition(":")
    _refuse(name, path or name)
    if kind in READERS and path:
        return READERS[kind](name, paths.expand(Path(path)))
    raise UserError(f"unknown data set {name!r}: expected {_expected(name)}.")


def _refuse(name: str, path: str) -> None:
    """Raise UserError for a file of a kind that is not read, with what to do."""
    if path.lower().endswith(".zip") and not name.startswith("images:"):
        raise UserError(
            f"{name}: an archive; unpack it, and name what is in it. Only images: reads one."
        )
    for ending, why in NOT_READ.items():
        if path.lower().endswith(ending):
            raise UserError(f"{name}: a {ending} file is not read: {why}.\n{SAVE_IT}")


def _expected(name: str) -> str:
    """Return the names that there are; of a file or folder, what is to stand before it."""
    folder = os.path.expanduser(name)
    if os.path.isdir(folder):
        held = (file.lower().removesuffix(".gz") for file in os.listdir(folder))
        kinds = {"idx" if file.endswith("-ubyte") else file.rpartition(".")[2] for file in held}
        return f"{next((kind for kind in READERS if kind in kinds), 'images')}:{name}"
    for kind in READERS:
        if name.lower().removesuffix(".gz").endswith(f".{kind}"):
            return f"{kind}:{name}"
    return ", ".join([*embedded.NAMES, *tfds.NAMES, *(f"{kind}:PATH" for kind in READERS)])
