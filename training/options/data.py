"""The options of `tf1keras data`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.errors import UserError
from training.options.shared import DATA, FitOptions


@dataclass(frozen=True)
class DataConfig(FitOptions):
    """Prepare a data set; print its rows, class counts and checksum, and draw a contact sheet."""

    data: Annotated[
        str, tyro.conf.Positional, tyro.conf.arg(name="name", metavar="NAME", help=DATA)
    ] = "mnist_5k"

    to: str | None = None
    """npz:FILE, to write the digits to as Keras' mnist.npz has them; it must not exist."""

    out: Path | None = None
    """Folder to write to; default: runs/TIME-data. It must be new or empty."""

    def __post_init__(self) -> None:
        if self.to is not None and not re.fullmatch(r"npz:.+\.npz", self.to):
            raise UserError(f"--to {self.to}: expected npz:FILE, its name ending in .npz.")

    @property
    def file(self) -> Path | None:
        """The file that --to names."""
        return None if self.to is None else Path(self.to.removeprefix("npz:"))
