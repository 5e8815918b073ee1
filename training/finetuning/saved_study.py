"""What a study has trained so far, saved after each training, so that it can go on."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np

from training.errors import UnusableState, first_line
from training.machine import files
from training.runs import chain
from training.runs.chain import Chain

STATE = "state.json"


@dataclass(frozen=True)
class Row:
    """One training of the study; accuracies are shares of test rows, None where not measured."""

    strategy: str
    seed: int
    test_accuracy: float
    start_accuracy: float
    trainable_parameters: int
    seconds: float
    epochs_to: int | None
    seconds_to: float | None
    source_accuracy: float | None


@dataclass
class StudyProgress:
    """The trainings done, in the order of the table."""

    rows: list[Row] = field(default_factory=list)
    curves: list[list[float]] = field(default_factory=list)
    """For each row, the test accuracy before the first epoch and after each."""

    def done(self, strategy: str, seed: int) -> bool:
        """Whether this training is among them."""
        return any((row.strategy, row.seed) == (strategy, seed) for row in self.rows)


def write(folder: Path, progress: StudyProgress, run: Chain) -> None:
    """Write `folder`/state.json in place of the one that is there, if any, in one step."""
    done = asdict(progress)
    files.write_json(folder / STATE, {chain.KEY: chain.sealed(run, done), **done})


def read(folder: Path, run: Chain) -> StudyProgress:
    """Return what `write` wrote to `folder`, or that nothing is done where nothing was.

    Raises UnusableState for a damaged file, and for another run's.
    """
    path = folder / STATE
    if not path.is_file():
        return StudyProgress()
    try:
        there = files.read_json(path)
        rows = [Row(**row) for row in there["rows"]]
        for row in rows:
            _check_types(row)
        progress = StudyProgress(rows, _curves(there["curves"], len(rows)))
        links = there.get(chain.KEY)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise UnusableState(
            f"{path}: not the state of a study ({first_line(error)}).\nStart a new study."
        ) from error
    chain.check(path, links, run, asdict(progress))
    return progress


def _check_types(row: Row) -> None:
    for name, wanted in get_type_hints(Row).items():
        value = getattr(row, name)
        if type(value) not in (get_args(wanted) or (wanted,)):
            raise TypeError(f"{name} is {value!r}")


def _curves(found: Sequence[Any], rows: int) -> list[list[float]]:
    curves = [[float(one) for one in curve] for curve in found]
    if len(curves) != rows or not all(curves):
        raise ValueError(f"{len(curves)} curves of {rows} trainings")
    return curves


def summarize(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return one dict a strategy: means over the seeds, and the standard deviation (n - 1).

    `epochs_to` and `seconds_to` are means over the seeds that got there, `reached` how many.
    """
    table = []
    for name in dict.fromkeys(row.strategy for row in rows):
        of = [row for row in rows if row.strategy == name]
        accuracies = [row.test_accuracy for row in of]
        table.append(
            {
                "strategy": name,
                "test_accuracy": _mean(accuracies),
                "sd": float(np.std(accuracies, ddof=1)) if len(of) > 1 else None,
                "start_accuracy": _mean(row.start_accuracy for row in of),
                "trainable_parameters": of[0].trainable_parameters,
                "seconds": _mean(row.seconds for row in of),
                "reached": sum(row.epochs_to is not None for row in of),
                "epochs_to": _mean(row.epochs_to for row in of),
                "seconds_to": _mean(row.seconds_to for row in of),
                "source_accuracy": _mean(row.source_accuracy for row in of),
            }
        )
    return table


def _mean(given: Iterable[float | None]) -> float | None:
    there = [one for one in given if one is not None]
    return float(np.mean(there)) if there else None
