"""The options of `tf1keras migrate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from training.errors import UserError
from training.options.shared import OutputOptions


@dataclass(frozen=True, kw_only=True)
class MigrateConfig(OutputOptions):
    """Carry a trained model over: weights, the optimizer's slots, the step; nothing is left out.

    Knows the article's graph; --pair RUNS THE CODE in PAIR.py, as `check` does, for the names,
    the optimizer and the Keras model of any other graph.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """TensorFlow 1 checkpoint (DIR/model.ckpt or DIR), frozen graph (.pb), TensorFlow 1 SavedModel
    folder, run folder, or .keras file."""

    to: Path
    """What to write, by its name: model.keras, DIR/model.ckpt (a TensorFlow 1 checkpoint), or a
    folder without an extension (a TensorFlow 2 SavedModel, for serving). It must not exist."""

    lane: Literal["exact", "idiomatic"] | None = None
    """The article's model to make, default exact: TensorFlow 1's arithmetic; idiomatic: stock
    layers and Adam."""

    map: Path | None = None
    """JSON file, {"TF1 variable": "layer/kernel", ...}, where the variables have other names, or
    are made of several."""

    pair: Path | None = None
    """PAIR.py with tf1_graph() and keras_model(); its code is run."""

    weights_only: bool = False
    """Leave out the optimizer's state, and whatever else has no counterpart."""

    def __post_init__(self) -> None:
        if self.pair and self.lane:
            raise UserError(
                f"--lane {self.lane}: with --pair the model is what keras_model() returns."
            )
