"""One progress line: epoch, losses, distance to the first lane, time left; silent in a pipe."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.history import relative_distance


@contextlib.contextmanager
def line(
    epochs: int, console: Console
) -> Iterator[Callable[[int, Mapping[str, np.floating]], None]]:
    """Give a function to call after every epoch with (epoch, lane -> loss)."""
    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=epochs, losses="")

        def show(epoch: int, losses: Mapping[str, np.floating]) -> None:
            if not shown.disable:
                shown.update(task, completed=epoch + 1, losses=_text(losses))

        yield show


def _text(losses: Mapping[str, np.floating]) -> str:
    """Such as "tf1 40.04  exact 40.04 =  idiomatic 40.04 5e-06": it fits 80 columns."""
    (reference, first), *others = losses.items()
    parts = [f"{reference} {first:.4g}"]
    for lane, loss in others:
        distance = float(relative_distance(loss, first))
        parts.append(f"{lane} {loss:.4g} {'=' if distance == 0 else f'{distance:.0e}'}")
    return "  ".join(parts)
