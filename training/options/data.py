"""The options of `tf1keras data`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.options.shared import DataOptions


@dataclass(frozen=True)
class DataConfig(DataOptions):
    """Prepare a data set; print its rows, class counts and checksum, and draw a contact sheet."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(name="name")] = "mnist_5k"
    """mnist_5k, digits (embedded), mnist, fashion_mnist, kmnist, emnist/digits (TensorFlow
    Datasets), idx:DIR or npz:FILE; mnist[0-4] is a subset of the classes."""

    out: Path | None = None
    """Folder to write to; default: runs/TIME-data. It must not hold anything yet."""
