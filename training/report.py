"""What a comparison says on the screen and in `results.json`: banner, table, verdict."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.table import Table

from training.command_line import words
from training.errors import UserError
from training.machine import environment, files
from training.options.lanes import IDIOMATIC
from training.options.shared import RunOptions, TrainingOptions
from training.parity.distance import relative_distance
from training.parity.tolerances import FIRST_EPOCHS, TOLERANCES

if TYPE_CHECKING:
    from training.comparison import Comparison
    from training.data import Digits
    from training.lockstep import Start
    from training.machine.devices import Device
    from training.options.finetune import FinetuneConfig


def banner(
    config: "RunOptions", digits: "Digits", device: "Device", start: "Start | None" = None
) -> str:
    """Return the lines above a run: software, data, model, what will be done, and from where."""
    model = f"model {config.hyper.describe()}\n" if isinstance(config, TrainingOptions) else ""
    origin = f"seed {config.seed}"
    if start and (start.state or start.saved):
        origin = f"from step {start.first}" if start.first else "from its weights"
        if isinstance(config, TrainingOptions):  # what a checkpoint does not hold
            origin += f" at learning rate {config.hyper.learning_rate:g}"
    return (
        f"{environment.banner()}\n"
        f"data {digits.describe()}\n"
        f"{model}{config.epochs} epochs, full batch, {origin}, on {device.name}"
    )


def write_setting(
    folder: Path, config: "RunOptions | FinetuneConfig", device: "Device", digits: "Digits"
) -> None:
    """Write `config.json` and `environment.json`: every option, and what the run ran on.

    Raises UserError where the run in `folder` was begun with other data.
    """
    facts, file = data_facts(digits), folder / "environment.json"
    if file.is_file() and (before := files.read_json(file)["data"]["sha256"]) != digits.sha256:
        raise UserError(
            f"{folder}: was begun with data of SHA-256 {before}; {digits.name} now has "
            f"{digits.sha256}.\nGive it the same data, or start anew."
        )
    command = words.of(config)
    files.write_json(folder / "config.json", {"command": command, **words.options(config)})
    files.write_json(file, {**environment.describe(), "device": device.name, "data": facts})


def data_facts(digits: "Digits") -> dict[str, Any]:
    """Return the data set's name, rows and checksum for `environment.json`."""
    return {
        "name": digits.name,
        "train_rows": len(digits.train.x),
        "test_rows": len(digits.test.x),
        "sha256": digits.sha256,
    }


def results(comparison: "Comparison") -> dict[str, Any]:
    """Return the table as JSON: per lane losses, distances to the reference, accuracy, speed."""
    lanes = {}
    for lane, losses in comparison.history.losses.items():
        parity = comparison.parity.get(lane)
        lanes[lane] = {
            "first_loss": shortest(losses[0]),
            "last_loss": shortest(losses[-1]),
            "max_ulp": parity.max_ulp if parity else None,
            "max_rel": parity.max_rel if parity else None,
            "test_accuracy": comparison.test_accuracy[lane],
            "seconds_per_epoch": _seconds(comparison.history.seconds_per_epoch[lane]),
        }
    return {
        "reference": comparison.reference,
        "epochs": comparison.history.epochs,
        "lanes": lanes,
        "exact_holds": comparison.exact_holds,
        "precision": comparison.precision,
        "workers": comparison.workers,
        "from_exact_arithmetic": from_exact_arithmetic(comparison.history.losses),
        "stop_below": comparison.stop_below,
        "verdict": verdict(comparison),
    }


def from_exact_arithmetic(losses: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return how far each lane's losses are from the numpy lane's, which has float64's rounding.

    Largest relative distance over the first FIRST_EPOCHS epochs and over all; {} without that lane.
    """
    found = {}
    for lane in losses if "numpy" in losses else ():
        if lane != "numpy":
            away = relative_distance(losses[lane], losses["numpy"])
            found[lane] = {
                "first_epochs": float(away[:FIRST_EPOCHS].max()),
                "all": float(away.max()),
            }
    return found


def _seconds(measured: float) -> float | None:
    """None where nothing was left to run, and so to measure."""
    return round(measured, 6) if np.isfinite(measured) else None


def shortest(loss: np.float32) -> float:
    """Return the float whose shortest form is the float32's: 101.944, not 101.94400024414062."""
    return float(str(loss))


def table(results: dict[str, Any]) -> Table:
    """Return the closing table, one row a lane, from what `results` returns."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("lane", no_wrap=True)
    for heading in ("first loss", "last loss", "max ULP", "max rel", "test acc", "s/epoch"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for lane, row in results["lanes"].items():
        distances = (
            ("-", "-")
            if row["max_ulp"] is None
            else (
                f"{row['max_ulp']:,}",
                distance(row["max_rel"]),
            )
        )
        shown.add_row(
            lane,
            str(np.float32(row["first_loss"])),
            str(np.float32(row["last_loss"])),
            *distances,
            f"{row['test_accuracy']:.2%}",
            "-" if row["seconds_per_epoch"] is None else f"{row['seconds_per_epoch']:.4f}",
        )
    return shown


def distance(relative: float) -> str:
    """Return a relative distance as tables show it: 0 is 0 and nothing else is."""
    return "0" if relative == 0 else f"{relative:.1e}"


def verdict(comparison: "Comparison") -> str:
    """Return a sentence: is the exact lane the reference, and how far do the others drift?

    A second one where the numpy lane judges, a third where the run was to stop below a loss.
    """
    epochs, reference = comparison.history.epochs, _title(comparison.reference)
    clauses = []
    if comparison.precision == "mixed_bfloat16" and "exact" in comparison.parity:
        clauses.append(
            f"in mixed_bfloat16 the exact lane is away from {reference} by up to "
            f"{comparison.parity['exact'].max_rel:.1e} relative over {_epochs(epochs)}: it rounds "
            "to 8 bits, and no parity is promised"
        )
    elif comparison.exact_holds is None:
        clauses.append("nothing is proven, for the exact lane and a reference did not both run")
    elif comparison.parity["exact"].identical:
        clauses.append(
            f"the exact lane is {reference} bit for bit over {_epochs(epochs)}, losses and weights"
        )
    elif comparison.exact_holds:
        allowed = TOLERANCES["other_kernels"].relative
        clauses.append(
            f"the exact lane follows {reference} over {_epochs(epochs)} "
            f"on {_where(comparison)}, within {allowed:g} relative but not bit for bit"
        )
    else:
        where = comparison.parity["exact"].first_difference
        what = "the final weights" if where is None else f"epoch {comparison.history.first + where}"
        clauses.append(f"the exact lane is NOT {reference}: they differ first in {what}")
    for lane in ("idiomatic", "keras-jax", "keras-torch"):
        if lane in comparison.parity:
            clauses.append(_drift(lane, comparison))
    sentences = ["; ".join(clauses)]
    judged = from_exact_arithmetic(comparison.history.losses)
    if comparison.dropout:
        judged = {lane: away for lane, away in judged.items() if lane not in IDIOMATIC}
    if judged:
        sentences.append(_judged(judged, epochs))
    if comparison.stop_below is not None:
        sentences.append(_stopped(comparison))
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)


def _where(comparison: "Comparison") -> str:
    if comparison.workers > 1:
        return f"{comparison.workers} workers, whose weights are identical to each other"
    return comparison.device.name


def _drift(lane: str, comparison: "Comparison") -> str:
    parity = comparison.parity[lane]
    if comparison.dropout:
        return (
            f"the {lane} lane differs by up to {parity.max_rel:.1e} relative, for it drops out: "
            "no two frameworks draw the same masks, so no parity can hold"
        )
    if not parity.max_ulp:
        return f"the {lane} lane does not drift"
    return f"the {lane} lane drifts by at most {parity.max_rel:.1e} relative"


def _judged(judged: Mapping[str, Mapping[str, float]], epochs: int) -> str:
    """Such as "from the exact arithmetic of the numpy lane, in float64, tf1 is at most ..."."""
    early = min(FIRST_EPOCHS, epochs)
    distances = ", ".join(
        f"{lane} {away['first_epochs']:.1e}"
        + (f" ({away['all']:.1e} in all)" if epochs > early else "")
        for lane, away in judged.items()
    )
    return (
        f"from the exact arithmetic of the numpy lane, in float64, the losses of the first {early} "
        f"epochs are away by at most: {distances}"
    )


def _stopped(comparison: "Comparison") -> str:
    reached = comparison.history.losses[comparison.reference]
    below = f"below {comparison.stop_below:g}"
    if reached[-1] < comparison.stop_below:
        return f"stopped after {_epochs(len(reached))}: the loss {reached[-1]!s} is {below}"
    return f"the loss did not fall {below} in {_epochs(len(reached))}: it is {reached[-1]!s}"


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"


def _title(lane: str) -> str:
    return "the TensorFlow 1 graph" if lane == "tf1" else f"the {lane} lane"
