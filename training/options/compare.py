"""The options of `tf1keras compare`, and how a comparison is computed."""

from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from tf1_compat.hyperparameters import Hyperparameters
from training.errors import UserError
from training.options.lanes import HELP, PACKAGES, SHARED, STOCK, Feed, Lane, Precision, listed
from training.options.shared import TrainingOptions
from training.options.shared.limits import check_count

CLUSTERS = "none, tf_config, slurm or kubernetes:LABEL"


@dataclass(frozen=True)
class ExecutionOptions(TrainingOptions):
    """Options that are not meant to change what is computed but for rounding."""

    epochs_per_call: int = 1
    """Epochs that each lane trains before it is the next one's turn and losses are shown; the Keras
    lanes run them in one call. Every epoch's loss is recorded, and the bits stay the same."""

    micro_batch: int | None = None
    """Sum the full batch's gradient over slices of so many rows, in the lanes exact and idiomatic,
    to save memory. The order of the sums is another, so bits may differ."""

    replicas: int = 1
    """Devices of this machine, from --device on, across which the lanes exact and idiomatic split
    the rows. The order of the sums is another, so bits may differ."""

    cluster: str = "none"
    """Workers across which they split the rows; this process is one. tf_config (the environment
    variable TF_CONFIG), slurm, kubernetes:LABEL. `tf1keras launch` starts some on this machine."""

    feed: Feed = "documented"
    """How the tf1 lane gets its data: documented, by feed_dict at every step, or resident, copied
    to the device once; on a GPU a feed takes longer than the step. The bits stay the same."""

    precision: Precision = "float32"
    """Precision of the lanes that TensorFlow computes. mixed_bfloat16 is a policy of Keras: the
    lanes tf1, tf2 and tf2-exact stay in float32."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("micro_batch", "epochs_per_call", "replicas"):
            check_count(option.replace("_", "-"), getattr(self, option))
        if self.epochs_per_call > 1 and self.stop_below is not None:
            raise UserError(
                f"--epochs-per-call {self.epochs_per_call}: --stop-below looks at every epoch; "
                "expected one of the two."
            )
        kind, _, label = self.cluster.partition(":")
        if kind not in ("none", "tf_config", "slurm", "kubernetes") or (kind == "kubernetes") != (
            label != ""
        ):
            raise UserError(f"--cluster {self.cluster}: expected {CLUSTERS}.")
        ways = {
            "--micro-batch": self.micro_batch is not None,
            "--replicas": self.replicas > 1,
            "--cluster": self.cluster != "none",
        }
        if sum(ways.values()) > 1:
            shown = " and ".join(option for option, given in ways.items() if given)
            raise UserError(f"{shown}: expected only one of them.")
        if self.precision == "float64" and (self.replicas > 1 or self.cluster != "none"):
            raise UserError("--precision float64: not with --replicas or --cluster; leave one out.")
        if self.cluster != "none" and self.stop_below is not None:
            raise UserError(
                "--stop-below: looks at a lane that only the first worker trains; leave it out "
                "with --cluster."
            )

    @property
    def reordered(self) -> bool:
        """Whether the lanes exact and idiomatic sum their gradient in another order."""
        return self.micro_batch is not None or self.replicas > 1 or self.cluster != "none"


@dataclass(frozen=True)
class CompareConfig(ExecutionOptions):
    """Train the TensorFlow 1 graph and its Keras mirrors in lockstep and compare their losses.

    Exit status: 0 the exact lane is identical to TensorFlow 1, and the portable one, if it trains,
    has the recorded checksum, 1 not so, 2 unusable input. The run folder is runs/TIME-compare
    unless --out names another.
    """

    lanes: Annotated[tuple[Lane, ...], tyro.conf.arg(help=HELP)] = ("tf1", "exact", "idiomatic")

    dropout: float = 0.0
    """Share of the hidden units that a training step leaves out, in the idiomatic Keras lanes only:
    masks are random, and no two frameworks draw the same."""

    tensorboard: bool = False
    """Write losses, distances, accuracy and weight histograms of every lane for TensorBoard, too,
    in the run folder's tensorboard/LANE."""

    def __post_init__(self) -> None:
        super().__post_init__()
        frameworks = [lane for lane in self.lanes if lane in PACKAGES]
        if frameworks and self.precision != "float32":
            raise UserError(
                f"--precision {self.precision}: not for {', '.join(frameworks)}; leave it out of "
                "--lanes."
            )
        if self.cluster != "none" and not set(self.lanes) & set(SHARED):
            raise UserError(
                f"--cluster {self.cluster}: only {listed(SHARED)} can split rows; add one of "
                "them to --lanes."
            )
        if not 0 <= (self.dropout or 0.0) < 1:
            raise UserError(f"--dropout {self.dropout:g}: expected at least 0 and less than 1.")
        if self.dropout and not set(self.lanes) & set(STOCK):
            raise UserError(
                f"--dropout {self.dropout:g}: acts in the lanes {listed(STOCK)} only;\n"
                "add one of them to --lanes."
            )
        if not self.lanes or len(set(self.lanes)) < len(self.lanes):
            raise UserError(
                f"--lanes {' '.join(self.lanes)}: expected each lane at most once, at least one."
            )

    @property
    def hyper(self) -> Hyperparameters:
        """The model and its training, as both sides take it."""
        return replace(super().hyper, dropout=self.dropout)
