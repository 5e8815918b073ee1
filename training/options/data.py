"""The options of `tf1keras data`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.options.shared import DATA, DataOptions


@dataclass(frozen=True)
class DataConfig(DataOptions):
    """Prepare a data set; print its rows, class counts and checksum, and draw a contact sheet."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(name="name", help=DATA)] = "mnist_5k"

    out: Path | None = None
    """Folder to write to; default: runs/TIME-data. It must be new or empty."""
