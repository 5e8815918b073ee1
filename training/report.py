"""What a comparison says on the screen and in `results.json`: banner, table, verdict."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from training import environment, runs
from training.tolerances import TOLERANCES

if TYPE_CHECKING:
    from tf1_compat.state import State
    from training.compare import Comparison
    from training.config import FinetuneConfig, RunOptions
    from training.data import Digits
    from training.devices import Device


def banner(
    config: "RunOptions", digits: "Digits", device: "Device", start: "State | None" = None
) -> str:
    """Return the lines above a run: software, data, what will be done, and from where."""
    origin = f"from step {start.step}" if start else f"seed {config.seed}"
    return (
        f"{escape(environment.banner())}\n"
        f"data {escape(digits.describe())}\n"
        f"{config.epochs} epochs, full batch, {origin}, on {device.name}"
    )


def write_setting(
    folder: Path, config: "RunOptions | FinetuneConfig", device: "Device", digits: "Digits"
) -> None:
    """Write `config.json` and `environment.json`: every option, and what the run ran on."""
    runs.write_json(folder / "config.json", config)
    runs.write_json(
        folder / "environment.json",
        {**environment.describe(), "device": device.name, "data": data_facts(digits)},
    )


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
            "first_loss": _shortest(losses[0]),
            "last_loss": _shortest(losses[-1]),
            "max_ulp": parity.max_ulp if parity else None,
            "max_rel": parity.max_rel if parity else None,
            "test_accuracy": comparison.test_accuracy[lane],
            "seconds_per_epoch": round(comparison.history.seconds_per_epoch[lane], 6),
        }
    return {
        "reference": comparison.reference,
        "epochs": comparison.history.epochs,
        "lanes": lanes,
        "exact_holds": comparison.exact_holds,
        "verdict": verdict(comparison),
    }


def _shortest(loss: np.float32) -> float:
    """The float whose shortest form is the float32's own: 101.944, not 101.94400024414062."""
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
            f"{row['first_loss']}",
            f"{row['last_loss']}",
            *distances,
            f"{row['test_accuracy']:.2%}",
            f"{row['seconds_per_epoch']:.4f}",
        )
    return shown


def distance(relative: float) -> str:
    """Return a relative distance as tables show it: 0 is 0 and nothing else is."""
    return "0" if relative == 0 else f"{relative:.1e}"


def verdict(comparison: "Comparison") -> str:
    """Return one sentence: is the exact lane the reference, and how far does the other drift?"""
    epochs, reference = comparison.history.epochs, _title(comparison.reference)
    clauses = []
    if comparison.exact_holds is None:
        clauses.append("nothing is proven, for the exact lane and a reference did not both run")
    elif comparison.parity["exact"].identical:
        clauses.append(
            f"the exact lane is {reference} bit for bit over {epochs} epochs, losses and weights"
        )
    elif comparison.exact_holds:
        allowed = TOLERANCES["other_kernels"].relative
        clauses.append(
            f"the exact lane follows {reference} over {epochs} epochs on {comparison.device.name}, "
            f"within {allowed:g} relative but not bit for bit"
        )
    else:
        where = comparison.parity["exact"].first_difference
        what = "the final weights" if where is None else f"epoch {comparison.history.first + where}"
        clauses.append(f"the exact lane is NOT {reference}: they differ first in {what}")
    idiomatic = comparison.parity.get("idiomatic")
    if idiomatic is not None:
        drift = f"drifts by at most {idiomatic.max_rel:.1e} relative"
        clauses.append(f"the idiomatic lane {drift if idiomatic.max_ulp else 'does not drift'}")
    sentence = "; ".join(clauses) + "."
    return sentence[0].upper() + sentence[1:]


def _title(lane: str) -> str:
    return "the TensorFlow 1 graph" if lane == "tf1" else f"the {lane} lane"
