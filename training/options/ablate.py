"""The options of `tf1keras ablate`."""

from dataclasses import dataclass
from typing import Literal, get_args

from training.errors import UserError
from training.options.shared import SAVE_EVERY, RunOptions
from training.options.shared.limits import check_count

Cause = Literal[
    "epsilon",
    "one_minus_beta",
    "beta_powers",
    "adam_unfused",
    "bias_add",
    "probabilities",
    "jit_compile",
    "onednn_off",
    "float64",
    "glorot",
    "mini_batches",
    "late_loss",
    "all",
]


@dataclass(frozen=True)
class AblateConfig(RunOptions):
    """Switch the causes of drift on one at a time, and measure each against the TensorFlow 1 graph.

    It runs on the CPU, where the exact lane is TensorFlow 1 bit for bit; each cause is added to
    that lane. The run folder is runs/TIME-ablate unless --out names another.
    """

    causes: tuple[Cause, ...] = get_args(Cause)
    """Which to switch on, each in a training of its own; all is all of them together."""

    save_every: int = SAVE_EVERY
    """Save every so many epochs; `tf1keras resume` goes on from there. Ctrl-C, SIGTERM and SIGHUP
    save, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("save-every", self.save_every)
        if not self.causes or len(set(self.causes)) < len(self.causes):
            raise UserError(
                f"--causes {' '.join(self.causes)}: expected each cause at most once, at least one."
            )
