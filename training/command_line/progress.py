"""One progress line: epoch, losses, distance to the first lane, speed, time left; not in a pipe."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from rich.console import Console
from rich.progress import (
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from training.parity.distance import relative_distance


@contextlib.contextmanager
def line(
    epochs: int, console: Console, after: int | None = None
) -> Iterator[Callable[[int, Mapping[str, np.floating]], None]]:
    """Give a function to call after every epoch with (epoch, lane -> loss).

    The run is begun anew, or goes on `after` an epoch.
    """
    goes_on(after, console)
    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[losses]}", table_column=Column(no_wrap=True)),
        _Speed(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=epochs, losses="")

        def show(epoch: int, losses: Mapping[str, np.floating]) -> None:
            if not shown.disable:
                shown.update(task, completed=epoch + 1, losses=_text(losses))

        yield show


def goes_on(after: int | None, console: Console) -> None:
    """Say after which epoch a run goes on, in a pipe as well, if it is not begun anew."""
    if after is not None:
        console.print(f"goes on after epoch {after}", highlight=False)


class _Speed(ProgressColumn):
    """Epochs a second, of the last half minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed or 0.0
        digits = 0 if speed >= 100 else 1
        return Text(f"{speed:,.{digits}f}/s" if speed else "")


def _text(losses: Mapping[str, np.floating]) -> str:
    """Such as "tf1 40.04  exact =  idiomatic 5e-06": the others' losses are as far from the first.

    With three lanes it fits 80 columns, whatever the numbers.
    """
    (reference, first), *others = losses.items()
    parts = [f"{reference} {first:.4g}"]
    for lane, loss in others:
        distance = float(relative_distance(loss, first))
        parts.append(f"{lane} {'=' if distance == 0 else f'{distance:.0e}'}")
    return "  ".join(parts)
