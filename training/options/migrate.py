"""The options of `tf1keras migrate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from training.errors import UserError
from training.options.shared.graph import GraphOptions


@dataclass(frozen=True, kw_only=True)
class MigrateConfig(GraphOptions):
    """Carry a trained model from TensorFlow 1 to Keras or back: weights, optimizer slots, the step.

    The graph beside the checkpoint says what the model is; without one, it is taken for the
    article's. For a graph that is not understood, --pair RUNS THE CODE in PAIR.py, as `check` does,
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
    """Which Keras model to make: exact, the default, with TensorFlow 1's arithmetic, for other
    graphs than the article's that of its optimizer; or idiomatic, with Keras' own parts."""

    meta: Path | None = None
    """The .meta file of the graph, if it does not lie beside the checkpoint, or for the way back:
    a checkpoint gets the names that this graph has."""

    map: Path | None = None
    """JSON file, {"TF1 variable": "layer/kernel", ...}, if no graph is there and your variables
    have other names than the article's, or are made of several; {"variable": "step"} for one that
    counts the updates."""

    ema: Literal["keep", "take", "leave"] | None = None
    """Moving averages of weights that the checkpoint has: keep them in the optimizer, as use_ema,
    the default where the graph says their decay; take them for the weights, without the optimizer's
    state; or leave them."""

    pair: Path | None = None
    """PAIR.py with tf1_graph() and keras_model(); its code is run."""

    weights_only: bool = False
    """Leave out the optimizer's state, and anything else without a counterpart."""

    @property
    def only_weights(self) -> bool:
        """Whether the optimizer's state is left out."""
        return self.weights_only or self.ema == "take"

    @property
    def keeps_averages(self) -> bool:
        """Whether the optimizer is to keep moving averages."""
        return self.ema in (None, "keep") and not self.weights_only

    @property
    def of_graph(self) -> str:
        """What is said of the graph, as it was typed."""
        single = {"cost": self.cost, "train-op": self.train_op}
        said = [f"--feed {one}" for one in self.feed]
        return " ".join([*said, *(f"--{name} {one}" for name, one in single.items() if one)])

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pair and self.of_graph:
            raise UserError(f"{self.of_graph}: with --pair, tf1_graph() says it.")
        if self.ema == "keep" and self.weights_only:
            raise UserError("--ema keep: the optimizer keeps them, which --weights-only leaves.")
        if self.pair and self.meta:
            raise UserError(
                f"--meta {self.meta}: with --pair the graph is what tf1_graph() returns."
            )
        if self.pair and self.lane:
            raise UserError(
                f"--lane {self.lane}: with --pair the model is what keras_model() returns."
            )
