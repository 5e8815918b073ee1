"""Options that several commands take, and what is said of bad ones."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import numpy as np
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
from training.errors import UserError

LARGEST_SEED = 2**31 - 2
"""TensorFlow takes seeds modulo 2^31 - 1, so a larger one would silently be another one."""


MOST = 2**31 - 1
"""Of epochs, rows and the like: what counts them may have 32 bits."""

SAVE_EVERY = 100
"""Epochs, where nothing is said."""

LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
SMALLEST_FLOAT32 = float(np.finfo(np.float32).tiny)
"""What both sides compute in: a larger number would be infinity there, a smaller one 0."""

MOST_PARAMETERS = 2**29
"""Two GiB of float32, and Adam's slots and the gradient take three times as much again, in every
lane. TensorFlow indexes the elements of some kernels with 32 bits."""


def check_device(request: str) -> None:
    """Raise UserError for what is no device's name."""
    if not re.fullmatch(r"auto|(cpu|gpu)(:\d+)?", request):
        raise UserError(f"--device {request}: expected auto, cpu, gpu or gpu:N.")


def check_count(option: str, value: int | None) -> None:
    """Raise UserError unless `value` is None or from 1 to MOST."""
    if value is not None and not 1 <= value <= MOST:
        wanted = "at least 1" if value < 1 else f"at most {MOST}"
        raise UserError(f"--{option} {shown(value)}: expected {wanted}.")


def check_number(option: str, value: float | None, *, positive: bool = False) -> None:
    """Raise UserError unless `value` is None or a float32 of at least 0, above where `positive`."""
    if value is None or SMALLEST_FLOAT32 <= value <= LARGEST_FLOAT32:
        return
    if value == 0 and not positive:
        return
    wanted = "a number above 0" if positive else "0 or a number above it"
    if value > 0:
        wanted += f", from {SMALLEST_FLOAT32:.2g} to {LARGEST_FLOAT32:.2g}"
    raise UserError(f"--{option} {value:g}: expected {wanted}.")


def shown(value: int) -> str:
    """Return a number as it is shown: 10**30 need not fill the screen."""
    return str(value) if abs(value) < 10**12 else f"{Decimal(value):.1e}"


def check_seed(seed: int, most: int = LARGEST_SEED) -> None:
    """Raise UserError unless `seed` is from 0 to `most`."""
    if not 0 <= seed <= most:
        raise UserError(f"--seed {shown(seed)}: expected 0 to {most}.")


def check_widths(hidden: tuple[int, ...]) -> None:
    """Raise UserError unless there is a hidden layer, each has a unit, and all fit in memory."""
    given = " ".join(map(shown, hidden))
    if not hidden or min(hidden) < 1:
        raise UserError(f"--hidden {given}: expected at least one number, each at least 1.")
    parameters = Hyperparameters(widths=(N_INPUT, *hidden, N_OUTPUT)).parameters
    if parameters > MOST_PARAMETERS:
        raise UserError(
            f"--hidden {given}: {shown(parameters)} parameters; expected at most "
            f"{MOST_PARAMETERS:,}."
        )


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What every command takes: how it speaks, which is no part of what it does."""

    quiet: Annotated[bool, tyro.conf.FlagCreatePairsOff] = field(default=False, compare=False)
    """Nothing on standard error but errors."""

    json: Annotated[bool, tyro.conf.FlagCreatePairsOff] = field(default=False, compare=False)
    """Standard output is one JSON document, the results, and nothing else."""


@dataclass(frozen=True)
class DataOptions(OutputOptions):
    """Where the digits come from."""

    data: str = "mnist_5k"
    """mnist_5k, digits (embedded), mnist, fashion_mnist, kmnist, emnist/digits (TensorFlow
    Datasets), idx:DIR or npz:FILE; mnist[0-4] is a subset of the classes."""

    manual_dir: Path | None = None
    """Folder with the original files for TensorFlow Datasets, checksummed, no network; for mnist
    the environment variable MNIST_DIR says the same."""


@dataclass(frozen=True)
class RunOptions(DataOptions):
    """What every command takes that trains."""

    epochs: int = 1000
    """Full-batch updates; the article runs 1000."""

    seed: int = 1234
    """TensorFlow 1 graph seed; it decides the initial weights."""

    out: Path | None = None
    """Folder to write the run to; it must not hold anything yet."""

    def __post_init__(self) -> None:
        check_count("epochs", self.epochs)
        check_seed(self.seed)


@dataclass(frozen=True)
class TrainingOptions(RunOptions):
    """What the commands take that train the article's model, or a variation of it, on any device.

    Where nothing is said of the model, it is the listing's.
    """

    device: str = "auto"
    """auto, cpu, gpu or gpu:N; auto takes the GPU where there is one."""

    hidden: tuple[int, ...] = (N_HIDDEN,)
    """Units of the hidden layers, first to last; such as --hidden 1024 1024 512."""

    cost: Cost = "cross_entropy"
    """cross_entropy, as in the listing, or mse, the article's formula: 1/(2N) * sum (f - Y)^2."""

    optimizer: Optimizer = "adam"
    """adam, as in the listing, or gradient_descent, the article's formula."""

    learning_rate: float = LEARNING_RATE
    """The article's alpha."""

    l1: float = 0.0
    """Adds l1 * sum |W| over all kernels (not the biases) to the cost."""

    l2: float = 0.0
    """Adds l2 / 2 * sum W^2 over all kernels (not the biases) to the cost."""

    stop_below: float | None = None
    """Stop after the first epoch whose loss, on the first lane, is below this."""

    save_every: int = SAVE_EVERY
    """Epochs after which all is saved that the run has reached; `tf1keras resume` goes on from it.
    Ctrl-C and SIGTERM save, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_device(self.device)
        check_count("save-every", self.save_every)
        if self.hidden is not None:  # as in the source, for resume
            check_widths(self.hidden)
        check_number("learning-rate", self.learning_rate, positive=True)
        check_number("l1", self.l1)
        check_number("l2", self.l2)
        check_number("stop-below", self.stop_below, positive=True)

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
