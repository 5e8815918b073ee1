"""Digits for training: `load(name) -> Digits`, from an embedded set, TensorFlow Datasets or files.

    tf1keras data mnist_5k

The article leaves open where `train_X` comes from and how it is scaled. Here: pixels are
float32(x) / float32(255), labels are one-hot float32, and nothing is ever shuffled.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.data import form, sources, subset
from training.data.form import PIXELS
from training.data.subset import CLASSES
from training.errors import UserError

ALIGNMENT = 64
"""Bytes. TensorFlow takes a NumPy array as it is, without a copy, only when it starts at a multiple
of this (EIGEN_MAX_ALIGN_BYTES)."""


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

    def as_bytes(self) -> dict[str, np.ndarray]:
        """Return pixels [N, 28, 28] and classes [N], uint8, under the names of Keras' mnist.npz."""
        named = np.array(self.classes, np.uint8)
        return {
            key: array
            for split, of in (("train", self.train), ("test", self.test))
            for key, array in (
                (f"x_{split}", np.rint(of.x * 255).astype(np.uint8).reshape(-1, 28, 28)),
                (f"y_{split}", named[of.labels]),
            )
        }

    def facts(self) -> dict[str, str | int]:
        """Return name, rows and checksum, for the files of a run."""
        rows = {"train_rows": len(self.train.x), "test_rows": len(self.test.x)}
        return {"name": self.name, **rows, "sha256": self.sha256}


def load(name: str, manual_dir: Path | None = None, fit: bool = False) -> Digits:
    """Return the data set `name`: embedded, of TensorFlow Datasets, or a file (`sources`).

    `name[0-4]` is a subset of its classes. `manual_dir` (for mnist also the environment's
    MNIST_DIR) hands TensorFlow Datasets the original files. `fit` brings pictures into MNIST's
    form. Raises UserError where the data are not there, damaged, or not 28 x 28 greyscale images of
    at most ten classes.
    """
    whole, classes = subset.parse(name)
    raw = form.splits(whole, sources.read(whole, manual_dir), fit)
    for split, labels in zip(("train", "test"), raw[1::2], strict=True):
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


def _digits(name: str, raw: Sequence[np.ndarray], classes: tuple[int, ...]) -> Digits:
    """Scale and hash."""
    checksum = hashlib.sha256()
    splits = []
    for pixels, labels in (raw[:2], raw[2:]):
        checksum.update(np.ascontiguousarray(pixels).data)
        checksum.update(np.ascontiguousarray(labels).data)
        x = _aligned_empty((len(pixels), PIXELS))
        np.divide(pixels, np.float32(255), out=x, dtype=np.float32)
        y = _aligned_empty((len(pixels), len(classes)))
        y[...] = np.eye(CLASSES, dtype=np.float32)[labels][:, list(classes)]
        splits.append(Examples(x, y))
    return Digits(name, splits[0], splits[1], checksum.hexdigest(), classes)


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
