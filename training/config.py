"""The options of every command; the command line and `config.json` are made from these classes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, get_args

import tyro

from tf1_compat.hyperparameters import Cost, Hyperparameters, Optimizer
from training.errors import UserError
from training.options import (
    LARGEST_SEED,
    DataOptions,
    RunOptions,
    TrainingOptions,
    check_device,
)

Lane = Literal["tf1", "exact", "idiomatic", "numpy", "keras-jax", "keras-torch"]
IDIOMATIC = {"idiomatic", "keras-jax", "keras-torch"}
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

Scope = Literal["full", "head", "probe", "gradual", "bitfit", "lora"]
"""Strategies that say what trains; the others go with any of them."""
Strategy = Literal[Scope, "discriminative", "l2-sp", "shrink-perturb"]


@dataclass(frozen=True)
class ArticleConfig(TrainingOptions):
    """Run the article's TensorFlow 1 example; print its own lines.

    Writes a run folder only where --out says so.
    """


@dataclass(frozen=True)
class CompareConfig(TrainingOptions):
    """Train the TensorFlow 1 graph and its Keras mirrors in lockstep and compare their losses.

    Exit status: 0 exact lane identical to TensorFlow 1, 1 not, 2 bad input. The run folder is
    runs/TIME-compare unless --out names another.
    """

    lanes: tuple[Lane, ...] = ("tf1", "exact", "idiomatic")
    """Who trains: the TensorFlow 1 graph, its bit-exact Keras mirror, the everyday Keras rewrite;
    numpy: by hand in float64; keras-jax, keras-torch: the rewrite on JAX and on PyTorch. The first
    of them, in this order, is the reference."""

    epochs_per_call: int = 1
    """Epochs that a lane trains before the others go on and the losses are shown; the Keras lanes
    run them in one call. Losses of every epoch are recorded, and no bit depends on it."""

    micro_batch: int | None = None
    """Rows at a time of which the lanes exact and idiomatic sum the full batch's gradient, to need
    less memory; sums in another order, so no bits are promised then."""

    dropout: float = 0.0
    """Share of the hidden units that a training step leaves out, in the idiomatic Keras lanes only:
    masks are random, and no two frameworks draw the same."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.micro_batch is not None and self.micro_batch < 1:
            raise UserError(f"--micro-batch {self.micro_batch}: expected at least 1.")
        if self.epochs_per_call < 1:
            raise UserError(f"--epochs-per-call {self.epochs_per_call}: expected at least 1.")
        if self.epochs_per_call > 1 and self.stop_below is not None:
            raise UserError(
                f"--epochs-per-call {self.epochs_per_call}: --stop-below looks at every epoch; "
                "expected one of the two."
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


@dataclass(frozen=True)
class AblateConfig(RunOptions):
    """Switch the causes of drift on one at a time, and measure each against the TensorFlow 1 graph.

    On the CPU, where the exact lane, which all of them start from, is TensorFlow 1 bit for bit. The
    run folder is runs/TIME-ablate unless --out names another.
    """

    causes: tuple[Cause, ...] = get_args(Cause)
    """Which to switch on, each in a training of its own; all: together."""

    def __post_init__(self) -> None:
        super().__post_init__()
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
    "keras_fit",
    "torch",
    "torch_compile",
    "jax",
    "sklearn",
    "numpy",
]


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
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
        for option, value in (("scale", self.scale), ("rounds", self.rounds)):
            if value < 1:
                raise UserError(f"--{option} {value}: expected at least 1.")
        if self.micro_batch is not None:
            if self.micro_batch < 1:
                raise UserError(f"--micro-batch {self.micro_batch}: expected at least 1.")
            if others := set(self.peers) - {"floor", "exact", "idiomatic"}:
                raise UserError(
                    f"--micro-batch {self.micro_batch}: {', '.join(sorted(others))} cannot; "
                    "expected --peers exact, idiomatic or both."
                )
        if not self.rows or min(self.rows) < 1 or len(set(self.rows)) < len(self.rows):
            shown = " ".join(map(str, self.rows))
            raise UserError(f"--rows {shown}: expected numbers of at least 1, each once.")
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

    json: Path | None = None
    """File to write verdict, rungs and causes to."""

    def __post_init__(self) -> None:
        for option, value in (("batch-size", self.batch_size), ("steps", self.steps)):
            if value < 1:
                raise UserError(f"--{option} {value}: expected at least 1.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise UserError(f"--seed {self.seed}: expected 0 to {LARGEST_SEED}.")


@dataclass(frozen=True, kw_only=True)
class MigrateConfig:
    """Carry a trained model over: weights, the optimizer's slots, the step; nothing is left out.

    Knows the article's graph; --pair RUNS THE CODE in PAIR.py, as `check` does, for the names,
    the optimizer and the Keras model of any other graph.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """TensorFlow 1 checkpoint (DIR/model.ckpt or DIR), frozen graph (.pb), TensorFlow 1 SavedModel
    folder, run folder, or .keras file."""

    to: Path
    """What to write, by its name: model.keras, DIR/model.ckpt (a TensorFlow 1 checkpoint), or a
    folder without an extension (a TensorFlow 2 SavedModel, for serving). It must not exist."""

    lane: Literal["exact", "idiomatic"] | None = None
    """The article's model to make, default exact: TensorFlow 1's arithmetic; idiomatic: stock
    layers and Adam."""

    map: Path | None = None
    """JSON file, {"TF1 variable": "layer/kernel", ...}, where the variables have other names."""

    pair: Path | None = None
    """PAIR.py with tf1_graph() and keras_model(); its code is run."""

    weights_only: bool = False
    """Leave out the optimizer's state, and whatever else has no counterpart."""

    def __post_init__(self) -> None:
        if self.pair and self.lane:
            raise UserError(
                f"--lane {self.lane}: with --pair the model is what keras_model() returns."
            )


@dataclass(frozen=True)
class ResumeConfig(CompareConfig):
    """Train the article's model on from a checkpoint or .keras file, on every lane, and compare.

    Exit status: 0 exact lane identical to TensorFlow 1, 1 not, 2 bad input. The run folder is
    runs/TIME-resume unless --out names another. --data should be what it was trained on.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")] = Path()
    """TensorFlow 1 checkpoint (DIR/model.ckpt or DIR), run folder, or .keras file."""

    hidden: tuple[int, ...] | None = None  # type: ignore[assignment]
    """As in the source."""
    cost: Cost | None = None  # type: ignore[assignment]
    """Default: as the source was trained; and so are all that follow."""
    optimizer: Optimizer | None = None  # type: ignore[assignment]
    """adam or gradient_descent."""
    learning_rate: float | None = None  # type: ignore[assignment]
    """The article's alpha."""
    l1: float | None = None  # type: ignore[assignment]
    """Adds l1 * sum |W| over all kernels (not the biases) to the cost."""
    l2: float | None = None  # type: ignore[assignment]
    """Adds l2 / 2 * sum W^2 over all kernels (not the biases) to the cost."""
    dropout: float | None = None  # type: ignore[assignment]
    """As in compare; its masks are drawn anew."""

    seed: Annotated[int, tyro.conf.Suppress] = 1234  # the weights are the source's


@dataclass(frozen=True, kw_only=True)
class FinetuneConfig(DataOptions):
    """Fine-tune a trained model into a good one, or onto other data, and prove the hand-off.

    Checks first that what will train predicts what SOURCE predicts, and afterwards that what was
    frozen did not move a bit. The run folder is runs/TIME-finetune unless --out names another.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """Run folder, .keras file (a stack of Dense layers) or checkpoint of the article's model."""

    strategy: tuple[Strategy, ...] = ("full",)
    """One of full, head, probe (head, then all), gradual (unfreezing from the top), bitfit
    (biases), lora says what trains; discriminative (lower rates below), l2-sp (pull towards the
    source), shrink-perturb go with any of them."""

    rescale: str = "auto"
    """Factor of the weights that keeps every prediction: a number, none, or auto, which chooses it
    from the weights and says why."""

    recipe: Literal["default", "best"] = "default"
    """default: a minute on two cores for all of MNIST; best: a few minutes."""

    epochs: int | None = None
    """Other than the recipe's."""

    shots: int | None = None
    """Train with so many rows of each class, drawn with --seed; nothing validates then."""

    new_head: bool = False
    """Start with a new last layer also where the classes are the same."""

    lora_rank: int = 8
    """Rank of the addition to each kernel."""

    lora_alpha: float = 16.0
    """The addition counts alpha / rank times."""

    seed: int = 0
    """Of a new head, LoRA, the shots, the order of rows and their distortions."""

    study: bool = False
    """Train with every strategy and from scratch, each with --seeds seeds, and write the table,
    study.csv and a picture; --strategy is left out."""

    seeds: int = 3
    """In a study: how many, from --seed on."""

    source_data: str = "mnist_5k"
    """In a study: data of the source's own task, to measure what is forgotten."""

    accuracy: float = 0.97
    """In a study: test accuracy to which epochs and seconds are counted."""

    device: str = "auto"
    """auto, cpu, gpu or gpu:N; auto takes the GPU where there is one."""

    out: Path | None = None
    """Folder to write the run to; it must not hold anything yet."""

    def __post_init__(self) -> None:
        for option in ("epochs", "shots", "lora_rank", "seeds"):
            value = getattr(self, option)
            if value is not None and value < 1:
                raise UserError(f"--{option.replace('_', '-')} {value}: expected at least 1.")
        if not self.lora_alpha > 0:
            raise UserError(f"--lora-alpha {self.lora_alpha}: expected more than 0.")
        if not 0 < self.accuracy <= 1:
            raise UserError(f"--accuracy {self.accuracy}: expected more than 0, at most 1.")
        if not 0 <= self.seed <= LARGEST_SEED - self.seeds:
            raise UserError(f"--seed {self.seed}: expected 0 to {LARGEST_SEED - self.seeds}.")
        check_device(self.device)
        scopes = [name for name in self.strategy if name in get_args(Scope)]
        if not self.strategy or len(set(self.strategy)) < len(self.strategy) or len(scopes) > 1:
            raise UserError(
                f"--strategy {' '.join(self.strategy)}: expected each at most once, at least one, "
                f"and at most one of {', '.join(get_args(Scope))}, which say what trains."
            )
        _ = self.scale  # says at once what is wrong with it

    @property
    def scale(self) -> float | Literal["auto"] | None:
        """What --rescale says; UserError where it is nothing known."""
        if self.rescale == "auto":
            return "auto"
        if self.rescale == "none":
            return None
        try:
            value = float(self.rescale)
        except ValueError:
            value = 0.0
        if not 1e-6 <= value <= 1e6:
            raise UserError(
                f"--rescale {self.rescale}: expected auto, none or a number from 1e-6 to 1e6."
            )
        return value


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """Say which digit is in each picture, by Keras and by TensorFlow 1's graph.

    Pictures of any size, dark on bright or bright on dark, are brought into MNIST's form: grey,
    cut out, 20 x 20 in 28 x 28, centred by mass.
    """

    model: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """Run folder, .keras file or checkpoint of the article's model."""

    images: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IMAGE")]
    """Image files, or folders of them."""

    out: Path | None = None
    """CSV file to write every class's probability to; it must not exist."""

    def __post_init__(self) -> None:
        if not self.images:
            raise UserError("predict: expected an image file or a folder of them after MODEL.")
