"""`tf1keras ablate`: switch the causes of drift on one at a time, and measure each.

    tf1keras ablate
    tf1keras ablate --epochs 100 --causes epsilon bias_add all

Prints a table: per cause how far its losses are from the TensorFlow 1 graph's, and whether that
is rounding, which float64 shrinks, or semantics, which it does not. `docs/why-keras-drifts.md`
explains the causes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich import box
from rich.table import Table
from rich.text import Text

from training import data, plot
from training.command_line.output import Output
from training.experiments import drift
from training.experiments.drift import REFERENCE
from training.lanes import history
from training.lanes.history import History
from training.machine import devices, files, startup
from training.options.ablate import AblateConfig
from training.pages import tables
from training.parity import distance
from training.parity.distance import relative_distance, ulp_distance
from training.parity.tolerances import FLOAT64_EPOCHS, ROUNDING_SHRINKS_TO
from training.runs import folders, setting

Kind = Literal["none", "rounding", "semantics"]

MILESTONES = (1, 10, 100, 1000)


@dataclass(frozen=True)
class Effect:
    """What one cause does: its distance to the TensorFlow 1 graph.

    `max_rel` and `max_ulp` are by number of epochs n: the largest distance of any loss from the
    initial one to the one after n epochs. `float64` is the same relative distance after
    FLOAT64_EPOCHS epochs, or all where there are fewer, with both sides in float64.
    """

    max_rel: Mapping[int, float]
    max_ulp: Mapping[int, int]
    float64: float
    kind: Kind


def run(config: AblateConfig) -> int:
    """Run the command; return its exit status."""
    return go_on(config, folders.choose("ablate", config.out))


def go_on(config: AblateConfig, final: Path) -> int:
    """Measure in the run folder `final`, from where an unfinished run there has come to."""
    digits = data.load_all_classes(config.data, config.manual_dir)
    startup.one_thread_per_op()
    device = devices.choose("cpu")
    out = Output(config)
    with folders.resumable(final, *drift.STATES.values()) as folder:
        out.note(setting.banner(config, digits, device))
        setting.write(folder, config, device, digits)
        plan = drift.Plan(digits.train, config.epochs, config.seed, folder, config.save_every)
        histories = drift.train(config.causes, plan)
        effects: dict[str, Effect] = {cause: measure(cause, histories) for cause in config.causes}
        results = describe(effects)
        _write(folder, histories, results)
        tables.ablate(folder, config, histories, results)
    for name in drift.STATES.values():  # all epochs are done: there is nothing to go on with
        (final / name).unlink(missing_ok=True)
    out.show(table(results))
    double = min(FLOAT64_EPOCHS, config.epochs)
    out.show(Text(f"\n{LEGEND.format(double=double)}"))  # in lines as wide as the screen
    out.where(final)
    out.result(results, final)
    return 0


LEGEND = (
    "Largest relative distance of a loss to the TensorFlow 1 graph's, up to so many epochs; "
    "float64: both sides in float64, up to {double} epochs. What float64 shrinks is "
    "rounding, the rest is semantics."
)


def measure(cause: str, histories: Mapping[str, History]) -> Effect:
    """Return the effect of `cause` from the histories of `drift.train`."""
    relative = {
        precision: relative_distance(found.losses[cause], found.losses[REFERENCE])
        for precision, found in histories.items()
    }
    single = histories["float32"].losses
    ulp = ulp_distance(single[cause], single[REFERENCE])
    last = len(ulp) - 1
    milestones = sorted({*(n for n in MILESTONES if n < last), last})
    max_rel = {n: float(relative["float32"][: n + 1].max()) for n in milestones}
    double = relative["float64"]
    return Effect(
        max_rel=max_rel,
        max_ulp={n: int(ulp[: n + 1].max()) for n in milestones},
        float64=float(double.max()),
        kind=classify(relative["float32"], double),
    )


def classify(float32: np.ndarray, float64: np.ndarray) -> Kind:
    """Say what two rows of relative distances show, epoch by epoch; float64's may be shorter.

    Semantics: over the epochs that both have, float64 leaves at least ROUNDING_SHRINKS_TO of the
    float32 distance, or of float32's epsilon where that is larger, for a smaller one is not seen in
    float32. Rounding: it shrinks it further than that. None: nothing differs in float32.
    """
    seen = max(float32[: len(float64)].max(), np.finfo(np.float32).eps)
    if float64.max() >= ROUNDING_SHRINKS_TO * seen:
        return "semantics"
    return "rounding" if float32.any() else "none"


def describe(effects: Mapping[str, Effect]) -> dict[str, Any]:
    """Return `ablation.json`: what the table shows, and the ULP distances."""
    return {
        "reference": REFERENCE,
        "epochs": max(next(iter(effects.values())).max_rel),
        "causes": {
            cause: {
                "max_rel": {str(n): distance for n, distance in effect.max_rel.items()},
                "max_ulp": {str(n): distance for n, distance in effect.max_ulp.items()},
                "float64": effect.float64,
                "kind": effect.kind,
            }
            for cause, effect in effects.items()
        },
    }


def table(results: Mapping[str, Any]) -> Table:
    """Return the closing table, one row a cause, from what `describe` returns."""
    rows = results["causes"]
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("cause", no_wrap=True)
    for heading in (*next(iter(rows.values()))["max_rel"], "float64"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("kind", no_wrap=True)
    for cause, row in rows.items():
        distances = [*row["max_rel"].values(), row["float64"]]
        shown.add_row(cause, *map(distance.shown, distances), row["kind"])
    return shown


def _write(folder: Path, histories: Mapping[str, History], results: Mapping[str, Any]) -> None:
    history.write_csv(histories["float32"], folder / "history.csv")
    history.write_csv(histories["float64"], folder / "history_float64.csv")
    files.write_json(folder / "ablation.json", results)
    files.write_csv(folder / "ablation.csv", _lines(results["causes"]))
    kinds = {cause: row["kind"] for cause, row in results["causes"].items()}
    plot.distances(histories["float32"], REFERENCE, kinds, folder / "ablation.png")


def _lines(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the table's lines: `cause,rel_1,...,ulp_1,...,float64,kind`."""
    return [
        {"cause": cause}
        | {f"rel_{n}": distance for n, distance in row["max_rel"].items()}
        | {f"ulp_{n}": distance for n, distance in row["max_ulp"].items()}
        | {"float64": row["float64"], "kind": row["kind"]}
        for cause, row in rows.items()
    ]
