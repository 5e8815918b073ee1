"""Options that several commands take."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from tf1_compat.hyperparameters import (
    LEARNING_RATE,
    N_HIDDEN,
    N_INPUT,
    N_OUTPUT,
    Cost,
    Hyperparameters,
    Optimizer,
)
from training.options.shared import limits

SAVE_EVERY = 100
"""Epochs, where nothing is said."""

DATA = (
    "mnist_5k, digits (embedded), mnist, fashion_mnist, kmnist, emnist/digits (TensorFlow "
    "Datasets), idx:DIR, npz:FILE, npy:DIR, csv:FILE, arff:FILE, images:DIR (a folder for each "
    "class), mat:FILE, parquet:FILE; mnist[0-4] is a subset of the classes."
)
"""The help of `--data`."""


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What every command takes: how it speaks, which is no part of what it does."""

    quiet: Annotated[bool, tyro.conf.FlagCreatePairsOff] = field(default=False, compare=False)
    """Print nothing but errors to standard error."""

    json: Annotated[bool, tyro.conf.FlagCreatePairsOff] = field(default=False, compare=False)
    """Print the results to standard output as one JSON document, and nothing else."""


@dataclass(frozen=True)
class DataOptions(OutputOptions):
    """Where the digits come from."""

    data: Annotated[str, tyro.conf.arg(help=DATA)] = "mnist_5k"

    manual_dir: Path | None = None
    """Folder with the original files that TensorFlow Datasets would download; their checksums are
    compared. For mnist, the environment variable MNIST_DIR does the same."""


@dataclass(frozen=True, kw_only=True)
class FitOptions(DataOptions):
    """Where the digits come from, which may be pictures of any size."""

    fit: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Bring pictures of other sizes, or dark on bright, into MNIST's form: grey, cut out, 20 x 20
    in 28 x 28, centred by mass."""


@dataclass(frozen=True)
class RunOptions(DataOptions):
    """What every command takes that trains."""

    epochs: int = 1000
    """Full-batch updates; the article runs 1000."""

    seed: int = 1234
    """TensorFlow 1 graph seed; it decides the initial weights."""

    out: Path | None = None
    """Folder to write the run to; it must be new or empty."""

    def __post_init__(self) -> None:
        limits.check_count("epochs", self.epochs)
        limits.check_seed(self.seed)


@dataclass(frozen=True)
class TrainingOptions(RunOptions):
    """What the commands take that train the article's model, or a variation of it, on any device.

    Where nothing is said of the model, it is the listing's.
    """

    device: str = "auto"
    """auto, cpu, gpu or gpu:N; auto takes the GPU where there is one."""

    hidden: tuple[int, ...] = (N_HIDDEN,)
    """Units of the hidden layers, first to last, such as --hidden 1024 1024 512."""

    cost: Cost = "cross_entropy"
    """cross_entropy, as in the listing, or mse, the article's formula: 1/(2N) * sum (f - Y)^2."""

    optimizer: Optimizer = "adam"
    """adam, as in the listing, or gradient_descent, the article's formula."""

    learning_rate: float = LEARNING_RATE
    """Learning rate, the article's alpha."""

    l1: float = 0.0
    """Adds l1 * sum |W| over all kernels (not the biases) to the cost."""

    l2: float = 0.0
    """Adds l2 / 2 * sum W^2 over all kernels (not the biases) to the cost."""

    stop_below: float | None = None
    """Stop after the first epoch whose loss, on the first lane, is below this."""

    save_every: int = SAVE_EVERY
    """Save every so many epochs; `tf1keras resume` goes on from there. Ctrl-C, SIGTERM and SIGHUP
    save, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        limits.check_device(self.device)
        limits.check_count("save-every", self.save_every)
        if self.hidden is not None:  # as in the source, for resume
            limits.check_widths(self.hidden)
        limits.check_number("learning-rate", self.learning_rate, positive=True)
        limits.check_number("l1", self.l1)
        limits.check_number("l2", self.l2)
        limits.check_number("stop-below", self.stop_below, positive=True)

    @property
    def hyper(self) -> Hyperparameters:
        """The model and its training, as both sides take it."""
        return Hyperparameters(
            widths=(N_INPUT, *self.hidden, N_OUTPUT),
            cost=self.cost,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            l1=self.l1,
            l2=self.l2,
        )
