"""Run folders: there whole or not at all."""

import contextlib
import csv
import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from training import files
from training.errors import UserError


def choose(command: str, out: Path | None) -> Path:
    """Return the run folder to make: `out`, or runs/TIME-`command`; nothing is written yet.

    Raises UserError where something is there already.
    """
    final = files.expand(out) if out is not None else _default(command)
    if not final.name or (files.is_there(final) and not _is_empty_folder(final)):
        raise UserError(f"--out {final}: exists already; expected a new or empty folder.")
    return final


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


@contextlib.contextmanager
def new(final: Path) -> Iterator[Path]:
    """Give a folder to write to, which becomes the run folder `final` when the body ends well.

    If the body raises, nothing is left behind. Raises UserError where no folder can be made there.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
        unfinished.chmod(0o755)
    except OSError as error:
        raise UserError(f"--out {final}: cannot be written to ({error.strerror}).") from error
    try:
        yield unfinished
        os.replace(unfinished, final)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _default(command: str) -> Path:
    stem = Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{command}"
    folder, number = stem, 2
    while folder.exists():
        folder, number = stem.with_name(f"{stem.name}-{number}"), number + 1
    return folder


def write_json(path: Path, value: Any) -> None:
    """Write `value` (a dataclass, or what JSON knows, or paths) as indented JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    text = json.dumps(value, indent=2, default=str, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Write a new file, a line for each of `rows`, under the first one's keys."""
    with path.open("x", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_json(path: Path) -> Any:
    """Return what `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
