"""`tf1keras ablate`: switch the causes of drift on one at a time, and measure each.

    tf1keras ablate
    tf1keras ablate --epochs 100 --causes epsilon bias_add all

Prints a table: per cause how far its losses are from the TensorFlow 1 graph's, and whether that
is rounding, which float64 shrinks, or semantics, which it does not.
`docs/understand/why-keras-drifts.md` explains the causes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training import data
from training.command_line.output import Output
from training.experiments import drift
from training.experiments.effects import describe
from training.lanes import history
from training.machine import devices, files, startup
from training.options.ablate import AblateConfig
from training.reports import ablate as report
from training.runs import names
from training.runs.session import Session


def run(config: AblateConfig) -> int:
    """Run the command; return its exit status."""
    return run_in(config, names.choose("ablate", config.out))


def run_in(config: AblateConfig, final: Path) -> int:
    """Measure in the run folder `final`, from where an unfinished run there has come to."""
    digits = data.load_all_classes(config.data, config.manual_dir)
    startup.one_thread_per_op()
    device = devices.choose("cpu")
    session = Session(config, digits, device, Output(config))
    with session.folder(final, banner=session.banner()) as folder:
        histories = drift.train(config, digits.train, folder)
        results = describe(histories)
        history.write_csv(histories["float32"], folder / "history.csv")
        history.write_csv(histories["float64"], folder / "history_float64.csv")
        files.write_json(folder / "ablation.json", results)
        files.write_csv(folder / "ablation.csv", _lines(results["causes"]))
        report.write(folder, config, histories, results)
    session.end(final, results, report.table(results), report.legend(config.epochs))
    return 0


def _lines(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the table's lines: `cause,rel_1,...,ulp_1,...,float64,kind`."""
    return [
        {"cause": cause}
        | {f"rel_{n}": distance for n, distance in row["max_rel"].items()}
        | {f"ulp_{n}": distance for n, distance in row["max_ulp"].items()}
        | {"float64": row["float64"], "kind": row["kind"]}
        for cause, row in rows.items()
    ]
