"""The options of `tf1keras rewrite`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.errors import UserError
from training.options.shared.graph import GraphOptions
from training.options.shared.limits import check_seed


@dataclass(frozen=True, kw_only=True)
class RewriteConfig(GraphOptions):
    """Write the Keras model of a TensorFlow 1 checkpoint, from the .meta file beside it alone.

    DIR gets model.py, the source, which is checked against the graph; model.keras, with the
    checkpoint's weights, slots and step; and rewrite.json, what became what. All or nothing: an op
    that is not understood is named, and nothing is written; --partial writes the rest. Of a frozen
    graph or a SavedModel, and with --logits, it is the model that gives the outputs, without
    training.

    Verdict and exit status: identical or equivalent 0, different 1, unusable input 2, undecided 3.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """TensorFlow 1 checkpoint (DIR/model.ckpt or DIR) with its .meta file beside it, a .meta file
    alone, a frozen graph (.pb), or a TensorFlow 1 SavedModel folder."""

    to: Path
    """Folder to write; it must not hold anything yet."""

    exact: bool = False
    """Write the model of exact pieces, which is identical to the graph, or nothing."""

    partial: bool = False
    """Write what is understood, with all that no layer is known for as one layer of raw ops, which
    is marked."""

    logits: str | None = None
    """The output's tensor: writes the network up to it, without training."""

    seed: int = 1234
    """Of the batches that the model is checked with."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_seed(self.seed)
        if self.logits and (self.cost or self.train_op or self.exact):
            raise UserError(
                f"--logits {self.logits}: it writes no training; expected no --cost, no --train-op "
                "and no --exact beside it."
            )
