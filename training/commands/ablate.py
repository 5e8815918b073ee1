"""`tf1keras ablate`: switch the causes of drift on one at a time, and measure each.

    tf1keras ablate
    tf1keras ablate --epochs 100 --causes epsilon bias_add all

Prints a table: per cause how far its losses are from the TensorFlow 1 graph's, and whether that
is rounding, which float64 shrinks, or semantics, which it does not. `docs/why-keras-drifts.md`
explains the causes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from training import data
from training.command_line.output import Output
from training.experiments import drift
from training.experiments.drift import REFERENCE
from training.experiments.effects import Effect, describe, measure
from training.lanes import history
from training.lanes.history import History
from training.machine import devices, files, startup
from training.options.ablate import AblateConfig
from training.parity.tolerances import FLOAT64_EPOCHS
from training.reports import ablate as report
from training.reports import png
from training.runs import folders, setting


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
        report.write(folder, config, histories, results)
    for name in drift.STATES.values():  # all epochs are done: there is nothing to go on with
        (final / name).unlink(missing_ok=True)
    out.show(report.table(results))
    double = min(FLOAT64_EPOCHS, config.epochs)
    out.show(Text(f"\n{report.LEGEND.format(double=double)}"))  # in lines as wide as the screen
    out.where(final)
    out.result(results, final)
    return 0


def _write(folder: Path, histories: Mapping[str, History], results: Mapping[str, Any]) -> None:
    history.write_csv(histories["float32"], folder / "history.csv")
    history.write_csv(histories["float64"], folder / "history_float64.csv")
    files.write_json(folder / "ablation.json", results)
    files.write_csv(folder / "ablation.csv", _lines(results["causes"]))
    kinds = {cause: row["kind"] for cause, row in results["causes"].items()}
    png.distances(histories["float32"], REFERENCE, kinds, folder / "ablation.png")


def _lines(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the table's lines: `cause,rel_1,...,ulp_1,...,float64,kind`."""
    return [
        {"cause": cause}
        | {f"rel_{n}": distance for n, distance in row["max_rel"].items()}
        | {f"ulp_{n}": distance for n, distance in row["max_ulp"].items()}
        | {"float64": row["float64"], "kind": row["kind"]}
        for cause, row in rows.items()
    ]
