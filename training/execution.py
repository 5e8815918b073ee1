"""How a comparison is computed: calls, slices, replicas, workers, feeding, precision."""

from dataclasses import dataclass
from typing import Literal

from training.errors import UserError
from training.options import TrainingOptions, check_count

Feed = Literal["documented", "resident"]
Precision = Literal["float32", "mixed_bfloat16", "float64"]

DISTRIBUTED = {"exact", "idiomatic"}
"""The lanes that can sum a gradient over slices, replicas or workers."""

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
    """Of the lanes tf1, exact and idiomatic; mixed_bfloat16 is Keras' policy, and the tf1 lane
    stays in float32 then."""

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
