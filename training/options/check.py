"""The options of `tf1keras check`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from training.options.limits import check_count, check_number, check_seed
from training.options.shared import DataOptions


@dataclass(frozen=True, kw_only=True)
class CheckConfig(DataOptions):
    """Is your Keras model your TensorFlow 1 graph? Compare them step by step and say why not.

    RUNS THE CODE in PAIR.py, a file of yours with tf1_graph(), which builds the graph and returns
    {"x", "y", "cost", "train_op", "logits", "feeds"} (the last two optional; x, y and logits may be
    lists or dicts), and keras_model(), which returns a compiled model. Optional: weight_map =
    {"TF1 variable": "layer/kernel"}, or a recipe of several; otherwise variables are paired by
    name, use, shape and order. sample_batch(rng, rows) gives x and y where random numbers will not
    do.

    Verdict and exit status: identical or equivalent 0, different 1, unusable input 2, undecided
    (the proof could not be run) 3.
    """

    pair: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="PAIR.py")]
    """Your file; its code is run."""

    data: str = "synthetic"
    """synthetic (random numbers of the placeholders' shapes and dtypes, one-hot labels where the
    cost is a cross-entropy), or digits as other commands take them: mnist_5k, idx:DIR, ..."""

    batch_size: int = 32
    """Rows in a batch."""

    steps: int = 10
    """Updates to compare, each on a batch of its own."""

    budget: float = 60.0
    """Seconds that the search for what is wrong may take; the verdict does not depend on it."""

    out: Path | None = None
    """Folder to write a page to, report.html, with both models side by side; it must not hold
    anything yet."""

    seed: int = 1234
    """Of the graph, of the synthetic data, and of what is added to weights that start constant."""

    def __post_init__(self) -> None:
        check_count("batch-size", self.batch_size)
        check_count("steps", self.steps)
        check_seed(self.seed)
        check_number("budget", self.budget)
