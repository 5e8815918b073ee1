"""The options of `tf1keras predict`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.errors import UserError
from training.options.shared import OutputOptions


@dataclass(frozen=True, kw_only=True)
class PredictConfig(OutputOptions):
    """Say which digit is in each picture, by Keras and by TensorFlow 1's graph.

    Pictures of any size, dark on bright or bright on dark, are first brought into MNIST's form:
    grey, cut out, 20 x 20 in 28 x 28, centred by mass. Of several digits in a picture each is
    answered. Pictures that cannot be read are named at the end, with exit status 2.
    """

    model: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """Run folder, .keras file of a classifier of 28 x 28 pixels, or checkpoint of the article's
    model."""

    images: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IMAGE")]
    """Image files, or folders of them; where they are in folders named 0 to 9, it says how many are
    right. Of a .csv file, as Kaggle's test.csv, each line is a digit."""

    out: Path | None = None
    """CSV file to write every class's probability to; it must not exist."""

    def __post_init__(self) -> None:
        if not self.images:
            raise UserError("predict: expected an image file or a folder of them after MODEL.")
