"""The options of every command; the command line and `config.json` are made from these classes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, get_args

import tyro

from tf1_compat.hyperparameters import Hyperparameters
from training.errors import UserError
from training.execution import DISTRIBUTED, ExecutionOptions
from training.options import (
    SAVE_EVERY,
    DataOptions,
    OutputOptions,
    RunOptions,
    TrainingOptions,
    check_count,
    check_seed,
    shown,
)

Lane = Literal["tf1", "exact", "idiomatic", "numpy", "keras-jax", "keras-torch"]
FRAMEWORKS = {"keras-jax", "keras-torch"}
IDIOMATIC = {"idiomatic", *FRAMEWORKS}
"""The lanes of stock Keras."""
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
class ArticleConfig(TrainingOptions):
    """Run the article's TensorFlow 1 example; print its own lines.

    Writes a run folder only where --out says so.
    """


@dataclass(frozen=True)
class CompareConfig(ExecutionOptions):
    """Train the TensorFlow 1 graph and its Keras mirrors in lockstep and compare their losses.

    Exit status: 0 exact lane identical to TensorFlow 1, 1 not, 2 bad input. The run folder is
    runs/TIME-compare unless --out names another.
    """

    lanes: tuple[Lane, ...] = ("tf1", "exact", "idiomatic")
    """Who trains: the TensorFlow 1 graph, its bit-exact Keras mirror, the everyday Keras rewrite;
    numpy: by hand in float64; keras-jax, keras-torch: the rewrite on JAX and on PyTorch. The first
    of them, in this order, is the reference."""

    dropout: float = 0.0
    """Share of the hidden units that a training step leaves out, in the idiomatic Keras lanes only:
    masks are random, and no two frameworks draw the same."""

    tensorboard: bool = False
    """Write losses, distances, accuracy and weight histograms of every lane for TensorBoard, too,
    in the run folder's tensorboard/LANE."""

    def __post_init__(self) -> None:
        super().__post_init__()
        frameworks = [lane for lane in self.lanes if lane in FRAMEWORKS]
        if frameworks and self.precision != "float32":
            raise UserError(
                f"--precision {self.precision}: not for {', '.join(frameworks)}; leave it out of "
                "--lanes."
            )
        if self.cluster != "none" and not set(self.lanes) & DISTRIBUTED:
            raise UserError(
                f"--cluster {self.cluster}: only exact and idiomatic can be shared out; add one of "
                "them to --lanes."
            )
        if not 0 <= (self.dropout or 0.0) < 1:
            raise UserError(f"--dropout {self.dropout:g}: expected at least 0 and less than 1.")
        if self.dropout and not set(self.lanes) & IDIOMATIC:
            raise UserError(
                f"--dropout {self.dropout:g}: acts in the lanes idiomatic, keras-jax and "
                "keras-torch only;\nadd one of them to --lanes."
            )
        if not self.lanes or len(set(self.lanes)) < len(self.lanes):
            raise UserError(
                f"--lanes {' '.join(self.lanes)}: expected each lane at most once, at least one."
            )

    @property
    def hyper(self) -> Hyperparameters:
        """The model and its training, as both sides take it."""
        return replace(super().hyper, dropout=self.dropout)


@dataclass(frozen=True, kw_only=True)
class LaunchConfig(OutputOptions):
    """Start workers on this machine that share out the rows of one comparison, to try it.

    tf1keras launch --workers 2 -- compare --epochs 100. After -- stands what each of them runs,
    compare or resume; the exit status is the first worker's.
    """

    workers: int = 2
    """How many."""

    command: Annotated[tuple[str, ...], tyro.conf.Suppress] = ()
    """What stands after --."""

    def __post_init__(self) -> None:
        check_count("workers", self.workers)


@dataclass(frozen=True)
class AblateConfig(RunOptions):
    """Switch the causes of drift on one at a time, and measure each against the TensorFlow 1 graph.

    On the CPU, where the exact lane, which all of them start from, is TensorFlow 1 bit for bit. The
    run folder is runs/TIME-ablate unless --out names another.
    """

    causes: tuple[Cause, ...] = get_args(Cause)
    """Which to switch on, each in a training of its own; all: together."""

    save_every: int = SAVE_EVERY
    """Epochs after which all is saved that the run has reached; `tf1keras resume` goes on from it.
    Ctrl-C and SIGTERM save, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("save-every", self.save_every)
        if not self.causes or len(set(self.causes)) < len(self.causes):
            raise UserError(
                f"--causes {' '.join(self.causes)}: expected each cause at most once, at least one."
            )


Peer = Literal[
    "floor",
    "tf1",
    "exact",
    "idiomatic",
    "article",
    "tf115",
    "keras_fit",
    "torch",
    "torch_compile",
    "jax",
    "sklearn",
    "numpy",
]


@dataclass(frozen=True, kw_only=True)
class BenchConfig(OutputOptions):
    """Measure the time and memory of a full-batch epoch, in every lane and in other libraries.

    On the CPU, with random pixels. floor: the two large matrix products of an epoch alone, as fast
    as it could be. The run folder is runs/TIME-bench unless --out names another.
    """

    rows: tuple[int, ...] = (4000, 60000)
    """Training rows, one table each."""

    scale: int = 1
    """Times as many rows."""

    peers: tuple[Peer, ...] = get_args(Peer)
    """Who is measured; always against the floor."""

    micro_batch: int | None = None
    """Rows in memory at a time, for the peers exact and idiomatic; others cannot."""

    rounds: int = 7
    """Measurements of each."""

    out: Path | None = None
    """Folder to write the run to; it must not hold anything yet."""

    def __post_init__(self) -> None:
        check_count("scale", self.scale)
        check_count("rounds", self.rounds)
        check_count("micro-batch", self.micro_batch)
        others = set(self.peers) - {"floor", "exact", "idiomatic"}
        if self.micro_batch is not None and others:
            raise UserError(
                f"--micro-batch {self.micro_batch}: {', '.join(sorted(others))} cannot; "
                "expected --peers exact, idiomatic or both."
            )
        if not self.rows or min(self.rows) < 1 or len(set(self.rows)) < len(self.rows):
            given = " ".join(map(shown, self.rows))
            raise UserError(f"--rows {given}: expected numbers of at least 1, each once.")
        for rows in self.sizes:
            check_count("rows times --scale:", rows)
        if self.micro_batch is None and max(self.sizes) > MOST_ROWS:
            raise UserError(
                f"--rows {max(self.rows)} --scale {self.scale}: {max(self.sizes):,} rows; expected "
                f"at most {MOST_ROWS:,}, or --micro-batch."
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows to measure with."""
        return tuple(rows * self.scale for rows in self.rows)


MOST_ROWS = 2**31 // 784
"""TensorFlow's matrix kernels index the numbers of a matrix with 32 bits."""


@dataclass(frozen=True)
class DataConfig(DataOptions):
    """Prepare a data set; print its rows, class counts and checksum, and draw a contact sheet."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(name="name")] = "mnist_5k"
    """mnist_5k, digits (embedded), mnist, fashion_mnist, kmnist, emnist/digits (TensorFlow
    Datasets), idx:DIR or npz:FILE; mnist[0-4] is a subset of the classes."""

    out: Path | None = None
    """Folder to write to; default: runs/TIME-data. It must not hold anything yet."""


@dataclass(frozen=True)
class EnvConfig(OutputOptions):
    """Print what a bug report needs: versions, machine, devices, threads, and which data are here.

    Writes nothing and asks no network.
    """


@dataclass(frozen=True, kw_only=True)
class CheckConfig(DataOptions):
    """Is your Keras model your TensorFlow 1 graph? Compare them step by step and say why not.

    RUNS THE CODE in PAIR.py, a file of yours with tf1_graph(), which builds the graph and returns
    {"x", "y", "cost", "train_op", "logits"} (logits optional), and keras_model(), which returns a
    compiled model. Optional: weight_map = {"TF1 variable": "layer/kernel"}; otherwise variables are
    paired in order, by shape.

    Verdict and exit status: identical or equivalent 0, different 1, unusable input 2.
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

    seed: int = 1234
    """Of the graph, of the synthetic data, and of what is added to weights that start constant."""

    def __post_init__(self) -> None:
        check_count("batch-size", self.batch_size)
        check_count("steps", self.steps)
        check_seed(self.seed)
