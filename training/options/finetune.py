"""The options of `tf1keras finetune`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import tyro

from training.errors import UserError
from training.options.shared import FitOptions, limits

Scope = Literal["full", "head", "probe", "gradual", "bitfit", "lora"]
"""Strategies that say what trains; the others go with any of them."""
Strategy = Literal[Scope, "discriminative", "l2-sp", "shrink-perturb"]


@dataclass(frozen=True, kw_only=True)
class FinetuneConfig(FitOptions):
    """Fine-tune a trained model, on the same digits or on other data, and prove the hand-off.

    First it checks that the model handed over predicts what SOURCE predicts, and at the end that
    frozen weights are the same to the bit. The run folder is runs/TIME-finetune unless --out names
    another.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """Run folder, .keras file of a classifier of 28 x 28 pixels, or checkpoint of the article's
    model."""

    strategy: tuple[Strategy, ...] = ("full",)
    """What trains: one of full, head, probe (the head, then all), gradual (unfreezing from the
    top), bitfit (biases) or lora. discriminative (lower rates in lower layers), l2-sp (a pull
    towards the source) and shrink-perturb go with any of them."""

    rescale: str = "auto"
    """Factor for the weights, which changes no prediction: a number, none, or auto, which chooses
    it from the weights and says why."""

    recipe: Literal["default", "best"] = "default"
    """default: a quarter of a minute on two cores for all of MNIST; best: a few minutes."""

    epochs: int | None = None
    """How many epochs to train; default: as many as the recipe says."""

    shots: int | None = None
    """Train with so many rows of each class, drawn with --seed, and without validation."""

    new_head: bool = False
    """Start with a new last layer even if the classes are the same."""

    save_every: int = 1
    """Save every so many epochs; `tf1keras resume` goes on from there. Ctrl-C, SIGTERM and SIGHUP
    save, too. A study saves after each of its trainings."""

    lora_rank: int = 8
    """Rank of what LoRA adds to each kernel."""

    lora_alpha: float = 16.0
    """What LoRA adds is multiplied by alpha / rank."""

    seed: int = 0
    """Decides a new head's and LoRA's weights, the shots, the order of rows, the distortions."""

    study: bool = False
    """Train with every strategy and from scratch, each with --seeds seeds, and write the table,
    study.csv and a picture; --strategy is left out."""

    seeds: int = 3
    """In a study: how many seeds, from --seed on."""

    source_data: str = "mnist_5k"
    """In a study: data of the source's own task, to measure what is forgotten."""

    accuracy: float = 0.97
    """In a study: test accuracy to which epochs and seconds are counted."""

    device: str = "auto"
    """auto, cpu, gpu or gpu:N; auto takes the GPU where there is one."""

    out: Path | None = None
    """Folder to write the run to; it must be new or empty."""

    def __post_init__(self) -> None:
        for option in ("epochs", "shots", "save_every", "lora_rank", "seeds"):
            limits.check_count(option.replace("_", "-"), getattr(self, option))
        limits.check_number("lora-alpha", self.lora_alpha, positive=True)
        if not 0 < self.accuracy <= 1:
            raise UserError(f"--accuracy {self.accuracy}: expected more than 0, at most 1.")
        limits.check_seed(self.seed, limits.LARGEST_SEED - self.seeds)
        limits.check_device(self.device)
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
