"""What a command says: notes on standard error, its result on standard output.

Every command takes --quiet and --json (`training/options/shared/`) and prints through an
`Output`. --quiet leaves nothing on standard error but errors; --json makes standard output one JSON
document and nothing else.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table

from training.machine import files
from training.options.shared import OutputOptions

PAGE = "report.html"
"""What a run folder has to look at."""


class _Console(Console):
    """One that leaves a closed pipe (`tf1keras article | head`) to `training.cli`."""

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError, within whose handling this is called


class Output:
    """Prints what a command has to say, as `options` ask for it."""

    def __init__(self, options: OutputOptions) -> None:
        self.notes = Console(stderr=True)
        self._shown = _Console(quiet=options.json)
        self._json = _Console(quiet=not options.json)

    def note(self, text: str) -> None:
        """Print a line on standard error: what is done, on what, from what."""
        self.notes.print(text, highlight=False, markup=False, soft_wrap=True)

    def show(self, result: RenderableType) -> None:
        """Print a part of the result for people: a string as it is, or a table, or wrapped text."""
        if isinstance(result, str):
            self._shown.print(result, highlight=False, markup=False, soft_wrap=True)
        elif isinstance(result, Table) and all(column.no_wrap for column in result.columns):
            # Nothing of it is cut off, however narrow the screen is.
            free = self._shown.options.update(max_width=1000)
            wide = self._shown.measure(result, options=free).maximum
            shown = _Console(quiet=self._shown.quiet, width=max(wide, self._shown.width))
            shown.print(result)
        else:
            self._shown.print(result)

    def where(self, folder: Path) -> None:
        """Print, for people, where a run folder is, and the page in it."""
        self.show(f"Results: {folder}")
        if (folder / PAGE).is_file():
            self.show(f"Report: {folder / PAGE}")

    def result(self, facts: Mapping[str, Any], folder: Path | None = None) -> None:
        """Print the whole result for programs: `facts`, and the run folder's path as "folder"."""
        where = {} if folder is None else {"folder": str(folder)}
        self._json.out(files.as_json({**facts, **where}), highlight=False)


@contextlib.contextmanager
def quiet(wanted: bool) -> Iterator[None]:
    """Where `wanted`, turn away what the body says on standard error; what it raises is kept."""
    with contextlib.ExitStack() as stack:
        if wanted:
            nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stderr(nowhere))
        yield
