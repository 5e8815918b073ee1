"""Digits for training: `load(name) -> Digits`, from an embedded set, TensorFlow Datasets or files.

    tf1keras data mnist_5k

The article leaves open where `train_X` comes from and how it is scaled. Here: pixels are
float32(x) / float32(255), labels are one-hot float32, and nothing is ever shuffled.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.data import embedded, idx, npz, subset, tfds
from training.data.subset import CLASSES
from training.errors import UserError
from training.machine import paths

PIXELS = 784
ALIGNMENT = 64
"""Bytes. TensorFlow takes a NumPy array as it is, without a copy, only when it starts at a multiple
of this (EIGEN_MAX_ALIGN_BYTES)."""

IDX_FILES = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}
"""How the name of a file begins -> dimensions of the array in it."""
NPZ_KEYS = (
    ("x_train", "y_train", "x_test", "y_test"),  # Keras' mnist.npz
    ("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
)


class Examples(NamedTuple):
    """One split: `x` [N, 784] float32 in [0, 1], `y` [N, classes] float32 one-hot."""

    x: np.ndarray
    y: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """[N] int64, columns of `y`: the classes themselves where there are all ten."""
        return self.y.argmax(axis=1)

    def accuracy(self, logits: np.ndarray) -> float:
        """Return the share of rows whose largest logit, of [N, classes], is that of their label."""
        return float((logits.argmax(axis=1) == self.labels).mean())


@dataclass(frozen=True)
class Digits:
    """A data set ready for training; rows stay in the order of their source.

    `sha256` is that of train pixels, train labels, test pixels, test labels, all as uint8: the same
    digits in the same order have the same one, whatever file they came from. Of a subset of classes
    it is that of the rows that are left.
    """

    name: str
    train: Examples
    test: Examples
    sha256: str
    classes: tuple[int, ...] = tuple(range(CLASSES))
    """The class of each column of `y`."""

    def describe(self) -> str:
        """One line for banners: the data used, its rows, its checksum."""
        rows = f"{len(self.train.x):,} train and {len(self.test.x):,} test rows"
        return f"{self.name}: {rows}, SHA-256 {self.sha256}"

    def facts(self) -> dict[str, str | int]:
        """Return name, rows and checksum, for the files of a run."""
        rows = {"train_rows": len(self.train.x), "test_rows": len(self.test.x)}
        return {"name": self.name, **rows, "sha256": self.sha256}


def load(name: str, manual_dir: Path | None = None) -> Digits:
    """Return the data set `name`: embedded, of TensorFlow Datasets, `idx:DIR` or `npz:FILE`.

    `name[0-4]` is a subset of its classes. `manual_dir` (for mnist also the environment's
    MNIST_DIR) hands TensorFlow Datasets the original files. Raises UserError where the data are not
    there, damaged, or not 28 x 28 greyscale images of at most ten classes.
    """
    whole, classes = subset.parse(name)
    raw = _read(whole, manual_dir)
    for split, pixels, labels in zip(("train", "test"), raw[::2], raw[1::2], strict=True):
        _check(f"{whole}, {split} rows", pixels, labels)
        _warn_of_missing(f"{whole}, {split} rows", labels, classes)
    return _digits(name, subset.only(name, raw, classes), classes)


def load_all_classes(name: str, manual_dir: Path | None = None) -> Digits:
    """Return `load(name)` for the article's model, which has ten outputs.

    Raises UserError for a subset of classes, too.
    """
    whole, classes = subset.parse(name)
    if len(classes) < CLASSES:
        raise UserError(
            f"{name}: the article's model has {CLASSES} outputs, so it trains on all classes: "
            f"--data {whole}. A subset is for tf1keras finetune and tf1keras data."
        )
    return load(name, manual_dir)


def synthetic(rows: int) -> Examples:
    """Return random pixels, uniform in [0, 1), with random labels: for measuring time, not for use.

    They are drawn in blocks, so that more of them begin with the same ones.
    """
    block = 1000
    x, y = _aligned_empty((rows, PIXELS)), _aligned_empty((rows, CLASSES))
    random = np.random.default_rng(0)
    for start in range(0, rows, block):
        part = slice(start, start + block)
        x[part] = random.random((block, PIXELS), np.float32)[: rows - start]
        labels = random.integers(CLASSES, size=block)[: rows - start]
        y[part] = np.eye(CLASSES, dtype=np.float32)[labels]
    return Examples(x, y)


def _read(name: str, manual_dir: Path | None) -> Sequence[np.ndarray]:
    """Return train pixels [N, ...] with 784 a row, train labels [N], test pixels, test labels."""
    kind, _, path = name.partition(":")
    if name in embedded.NAMES:
        return embedded.read(name)
    if name in tfds.NAMES:
        given = os.environ.get("MNIST_DIR") if name == "mnist" else None  # says nothing of others
        return tfds.read(name, manual_dir or (Path(given) if given else None))
    if kind == "idx" and path:
        return _read_idx(paths.expand(Path(path)))
    if kind == "npz" and path:
        return npz.read(paths.expand(Path(path)), NPZ_KEYS)
    names = ", ".join([*embedded.NAMES, *tfds.NAMES])
    raise UserError(f"unknown data set {name!r}: expected {names}, idx:DIR or npz:FILE.")


def _read_idx(folder: Path) -> list[np.ndarray]:
    if not (paths.is_there(folder) and folder.is_dir()):
        raise UserError(f"idx:{folder}: no such folder; expected the four IDX files in it.")

    arrays = []
    for stem, dimensions in IDX_FILES.items():
        endings = [f"{dot}idx{dimensions}-ubyte" for dot in "-."]
        names = [f"{stem}{ending}{gz}" for ending in endings for gz in ("", ".gz")]
        found = [folder / name for name in names if (folder / name).is_file()]
        if not found:
            raise UserError(f"idx:{folder}: expected {names[0]} or {names[1]} in this folder.")
        arrays.append(idx.read(found[0], dimensions))
    return arrays


def _digits(name: str, raw: Sequence[np.ndarray], classes: tuple[int, ...]) -> Digits:
    """Scale and hash."""
    checksum = hashlib.sha256()
    splits = []
    for pixels, labels in (raw[:2], raw[2:]):
        flat = np.ascontiguousarray(pixels).reshape(len(pixels), PIXELS)
        numbers = labels.reshape(len(labels)).astype(np.uint8)
        checksum.update(flat.data)
        checksum.update(numbers.data)
        x = _aligned_empty((len(flat), PIXELS))
        np.divide(flat, np.float32(255), out=x, dtype=np.float32)
        y = _aligned_empty((len(flat), len(classes)))
        y[...] = np.eye(CLASSES, dtype=np.float32)[numbers][:, list(classes)]
        splits.append(Examples(x, y))
    return Digits(name, splits[0], splits[1], checksum.hexdigest(), classes)


def _check(what: str, pixels: np.ndarray, labels: np.ndarray) -> None:
    """Raise UserError unless `pixels` are N x 28 x 28 bytes with N labels of 0 to 9, N > 0."""
    if pixels.dtype != np.uint8:
        raise UserError(f"{what}: expected pixels as uint8 (0 to 255), found {pixels.dtype}.")
    if pixels.shape[1:] not in ((PIXELS,), (28, 28), (28, 28, 1)) or not len(pixels):
        raise UserError(
            f"{what}: expected greyscale images, N x 28 x 28 or N x 784, found {pixels.shape}."
        )
    if labels.shape not in ((len(pixels),), (len(pixels), 1)):
        raise UserError(f"{what}: expected {len(pixels)} labels, one a row, found {labels.shape}.")
    if labels.dtype.kind not in "ui":
        raise UserError(f"{what}: expected whole numbers as labels, found {labels.dtype}.")
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise UserError(
            f"{what}: expected whole numbers 0 to {CLASSES - 1} as labels, "
            f"found {labels.dtype} from {labels.min()} to {labels.max()}."
        )


def _warn_of_missing(what: str, labels: np.ndarray, classes: tuple[int, ...]) -> None:
    """Say on standard error which classes no row is of."""
    missing = [str(label) for label in classes if label not in labels]
    if missing and len(classes) == CLASSES:  # of a subset, each must be there (subset.only)
        print(f"tf1keras: warning: {what}: none is of class {', '.join(missing)}.", file=sys.stderr)


def _aligned_empty(shape: tuple[int, int]) -> np.ndarray:
    """An uninitialized float32 array that TensorFlow can use without a copy."""
    size = int(np.prod(shape)) * 4
    buffer = np.empty(size + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    return buffer[start : start + size].view(np.float32).reshape(shape)
