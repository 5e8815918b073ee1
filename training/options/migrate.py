"""The options of `tf1keras migrate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from training.errors import UserError
from training.options.shared import OutputOptions


@dataclass(frozen=True, kw_only=True)
class MigrateConfig(OutputOptions):
    """Carry a trained model from TensorFlow 1 to Keras or back: weights, optimizer slots, the step.

    It knows the article's graph. For any other, --pair RUNS THE CODE in PAIR.py, as `check` does,
    which gives the names, the optimizer and the Keras model.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """TensorFlow 1 checkpoint (DIR/model.ckpt or DIR), frozen graph (.pb), TensorFlow 1 SavedModel
    folder, run folder, or .keras file."""

    to: Path
    """Where to write; the name decides the format: model.keras, DIR/model.ckpt (a TensorFlow 1
    checkpoint), or a folder without an extension (a TensorFlow 2 SavedModel, for serving). It must
    not exist."""

    lane: Literal["exact", "idiomatic"] | None = None
    """Which Keras model of the article's to make: exact, the default, with TensorFlow 1's
    arithmetic, or idiomatic, with stock layers and Adam."""

    map: Path | None = None
    """JSON file, {"TF1 variable": "layer/kernel", ...}, if your variables have other names than the
    article's, or are made of several."""

    pair: Path | None = None
    """PAIR.py with tf1_graph() and keras_model(); its code is run."""

    weights_only: bool = False
    """Leave out the optimizer's state, and anything else without a counterpart."""

    def __post_init__(self) -> None:
        if self.pair and self.lane:
            raise UserError(
                f"--lane {self.lane}: with --pair the model is what keras_model() returns."
            )
