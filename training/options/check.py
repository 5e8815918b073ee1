"""The options of `tf1keras check`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.options.shared import DataOptions
from training.options.shared.limits import check_count, check_number, check_seed


@dataclass(frozen=True, kw_only=True)
class CheckConfig(DataOptions):
    """Is your Keras model your TensorFlow 1 graph? Compare them step by step and say why not.

    RUNS THE CODE in PAIR.py, a file that you write. Its tf1_graph() builds the graph and returns a
    dict with x, y, cost and train_op and, if you like, logits and feeds; x, y and logits may be
    lists or dicts. Its keras_model() returns a compiled model. weight_map, optional, says which
    variable is which, as in {"TF1 variable": "layer/kernel"}, or by a recipe; without it, variables
    are paired by name, use, shape and order. sample_batch(rng, rows), optional, returns x and y
    where random numbers will not do.

    Exit status: 0 identical or equivalent, 1 different, 2 unusable input, 3 undecided, for the
    proof could not be run.
    """

    pair: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="PAIR.py")]
    """Your file; its code is run."""

    data: str = "synthetic"
    """synthetic: random numbers of the placeholders' shapes and dtypes, with one-hot labels for a
    cross-entropy; or digits, as for the other commands: mnist_5k, idx:DIR, ..."""

    batch_size: int = 32
    """Rows in each batch."""

    steps: int = 10
    """Updates to compare, each on its own batch."""

    budget: float = 60.0
    """Seconds to spend on finding the cause of a difference; the verdict does not depend on it."""

    out: Path | None = None
    """Folder for report.html, a page with both models side by side; it must be new or empty."""

    seed: int = 1234
    """Of the graph, the synthetic data, and the noise added to weights that start constant."""

    def __post_init__(self) -> None:
        check_count("batch-size", self.batch_size)
        check_count("steps", self.steps)
        check_seed(self.seed)
        check_number("budget", self.budget)
