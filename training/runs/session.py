"""How every command that trains begins, and how it ends.

The folder of a run holds from its beginning `config.json`, what was asked for, and
`environment.json`, what it ran on.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from tf1_compat.state import State
from training.command_line import words
from training.command_line.output import Output
from training.data import Digits
from training.errors import UserError
from training.machine import environment, files
from training.machine.devices import Device
from training.options.finetune import FinetuneConfig
from training.options.shared import RunOptions, TrainingOptions
from training.runs import chain, folders
from training.runs.saving import Saved


@dataclass(frozen=True)
class Origin:
    """Where training begins, if not at the initial weights of the seed."""

    state: State | None = None
    """What every lane starts from."""
    saved: Saved | None = None
    """What each lane starts from of its own; its losses are those of an earlier run."""
    first: int = 0
    """The number of the first epoch."""


@dataclass(frozen=True)
class Session:
    """A run that has begun: its options, its digits, where it computes, how it speaks."""

    config: RunOptions | FinetuneConfig
    digits: Digits
    device: Device
    out: Output

    def banner(self, origin: Origin = Origin()) -> str:
        """Return the lines above a run: software, data, model, what will be done and from where."""
        config, model, rate = self.config, "", ""
        if isinstance(config, TrainingOptions):
            model = f"model {config.hyper.describe()}\n"
            rate = f" at learning rate {config.hyper.learning_rate:g}"  # no checkpoint holds it
        where = f"seed {config.seed}"
        if origin.state or origin.saved:
            where = (f"from step {origin.first}" if origin.first else "from its weights") + rate
        return (
            f"{environment.banner()}\ndata {self.digits.describe()}\n"
            f"{model}{config.epochs} epochs, full batch, {where}, on {self.device.name}"
        )

    @contextmanager
    def folder(self, final: Path, *, keep_state: bool = False, banner: str = "") -> Iterator[Path]:
        """Give the folder to write to, its settings written; it becomes `final` at the end.

        `keep_state` is as in `folders.begin`. Raises UserError where it cannot be made, is in use,
        or was begun with other data.
        """
        with folders.begin(final, keep_state=keep_state) as folder:
            if banner:
                self.out.note(banner)
            self._write_settings(folder)
            yield folder

    def _write_settings(self, folder: Path) -> None:
        """Write what the run begins with; or hold it to that, and add on what it goes on."""
        file, digits = folder / "environment.json", self.digits
        if not (folder / "config.json").is_file():
            options = {"command": words.of(self.config), **words.options(self.config)}
            chain.begin(folder, options, digits.sha256)
        before = environment.read(file) if file.is_file() else None
        if before and (began_with := before["data"]["sha256"]) != digits.sha256:
            raise UserError(
                f"{folder}: was begun with data of SHA-256 {began_with}; {digits.name} now has "
                f"{digits.sha256}.\nGive it the same data, or start a new run."
            )
        chain.hold(folder, digits.sha256)
        now = {**environment.describe(self.device.name), "data": digits.facts()}
        if before is None:
            files.write_json(file, now)
        elif warning := environment.warning(before, now):
            self.out.note(warning)
            files.write_json(file, {**now, "earlier": before})

    def end(self, final: Path, results: Mapping[str, Any], *shown: RenderableType) -> None:
        """Print the results for people, where they lie, and all of them for programs."""
        for one in shown:
            self.out.show(one)
        self.out.where(final)
        self.out.result(results, final)
