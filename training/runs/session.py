"""How every command that trains begins, and how it ends."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from training.command_line.output import Output
from training.data import Digits
from training.machine.devices import Device
from training.options.finetune import FinetuneConfig
from training.options.shared import RunOptions
from training.runs import folders, setting


@dataclass(frozen=True)
class Session:
    """A run that has begun: its options, its digits, where it computes, how it speaks."""

    config: RunOptions | FinetuneConfig
    digits: Digits
    device: Device
    out: Output

    @contextmanager
    def folder(self, final: Path, *states: str, banner: str = "") -> Iterator[Path]:
        """Give the folder to write to, its settings written; it becomes `final` at the end.

        `states` are the files that hold what was reached; where there is one, the folder stays if
        the body raises. Raises UserError where it cannot be made, is in use, or was begun with
        other data.
        """
        with folders.resumable(final, *states) as folder:
            if banner:
                self.out.note(banner)
            setting.write(folder, self.config, self.device, self.digits)
            yield folder

    def end(self, final: Path, results: Mapping[str, Any], *shown: RenderableType) -> None:
        """Print the results for people, where they lie, and all of them for programs."""
        for one in shown:
            self.out.show(one)
        self.out.where(final)
        self.out.result(results, final)


def forget(final: Path, *states: str) -> None:
    """Remove what was saved on the way: the run is at its end, there is nothing to go on with."""
    for state in states:
        (final / state).unlink(missing_ok=True)
