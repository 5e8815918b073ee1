"""The options of `tf1keras resume`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from tf1_compat.hyperparameters import Cost, Optimizer
from training.options.compare import CompareConfig


@dataclass(frozen=True)
class ResumeConfig(CompareConfig):
    """Finish a run that was stopped, or train on from a checkpoint or .keras file and compare.

    Exit status: 0 the exact lane is identical to TensorFlow 1, 1 it is not, 2 unusable input. The
    run folder is runs/TIME-resume unless --out names another. --data should be what the source was
    trained on.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")] = Path()
    """TensorFlow 1 checkpoint (DIR/model.ckpt or DIR), run folder, or .keras file. A stopped run,
    of any command, is finished with its own options; only --cluster may be given."""

    hidden: tuple[int, ...] | None = None  # type: ignore[assignment]
    """Units of the hidden layers; only the source's fit, which are the default."""
    cost: Cost | None = None  # type: ignore[assignment]
    """cross_entropy or mse; default: the source's."""
    optimizer: Optimizer | None = None  # type: ignore[assignment]
    """adam or gradient_descent; default: the source's, and only a bare checkpoint takes another."""
    learning_rate: float | None = None  # type: ignore[assignment]
    """The article's alpha; default: the source's."""
    l1: float | None = None  # type: ignore[assignment]
    """As in compare; default: the source's."""
    l2: float | None = None  # type: ignore[assignment]
    """As in compare; default: the source's."""
    dropout: float | None = None  # type: ignore[assignment]
    """As in compare; default: the source's. Its masks are drawn anew."""

    seed: Annotated[int, tyro.conf.Suppress] = 1234  # the weights are the source's
