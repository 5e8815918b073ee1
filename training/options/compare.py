"""The options of `tf1keras compare`, and how a comparison is computed."""

from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from tf1_compat.hyperparameters import Hyperparameters
from training.errors import UserError
from training.options.lanes import HELP, PACKAGES, SHARED, STOCK, Feed, Lane, Precision, listed
from training.options.limits import check_count
from training.options.shared import TrainingOptions

CLUSTERS = "none, tf_config, slurm or kubernetes:LABEL"


@dataclass(frozen=True)
class ExecutionOptions(TrainingOptions):
    """Options that are not meant to change what is computed but for rounding."""

    epochs_per_call: int = 1
    """Epochs that a lane trains before the others go on and the losses are shown; the Keras lanes
    run them in one call. Losses of every epoch are recorded, and no bit depends on it."""

    micro_batch: int | None = None
    """Rows at a time of which the lanes exact and idiomatic sum the full batch's gradient, to need
    less memory; sums in another order, so no bits are promised then."""

    replicas: int = 1
    """Devices of this machine, from --device on, to which the lanes exact and idiomatic share the
    rows out; sums in another order, so no bits are promised then."""

    cluster: str = "none"
    """Workers to which they share the rows out, this process being one: tf_config (the environment
    variable TF_CONFIG), slurm, kubernetes:LABEL. `tf1keras launch` starts some on this machine."""

    feed: Feed = "documented"
    """How the tf1 lane gets its data: feed_dict at every step, or resident: copied to the device
    once; on a GPU a feed costs more than the step. No bit depends on it."""

    precision: Precision = "float32"
    """Of the lanes that TensorFlow computes; mixed_bfloat16 is Keras' policy, so the lanes tf1, tf2
    and tf2-exact stay in float32 then."""

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

    Exit status: 0 exact lane identical to TensorFlow 1, 1 not, 2 bad input. The run folder is
    runs/TIME-compare unless --out names another.
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
                f"--cluster {self.cluster}: only {listed(SHARED)} can be shared out; add one of "
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
