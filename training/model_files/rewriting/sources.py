"""What `tf1keras rewrite` reads: a graph beside a checkpoint or alone, a frozen one, a SavedModel.

find(Path("old/model.ckpt-300.meta"))  ->  Source("trained", ...)
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.errors import UserError
from training.machine import paths
from training.model_files import reading

PART = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")
"""How the files of a checkpoint end."""
LONGEST = 2**20
"""Bytes of a file `checkpoint` that is looked into; it has a line for each."""


@dataclass(frozen=True)
class Source:
    """Where a graph lies, and the numbers of its variables."""

    kind: Literal["trained", "frozen", "saved_model"]
    graph: Path
    """The .meta file, the .pb file, the SavedModel's folder."""
    checkpoint: Path | None
    """Prefix; None: none is there, or the graph holds its weights."""
    chosen: str = ""
    """What was chosen among several, as a sentence."""

    @property
    def without_weights(self) -> str:
        """Why no weights are carried over."""
        return f"No checkpoint is beside {self.graph.name}, and so there is no model.keras."


def find(path: Path) -> Source:
    """Return what lies at `path`; UserError where it is no TensorFlow 1 graph."""
    given = path = paths.expand(path)
    if path.name == "saved_model.pb":
        path = path.parent
    if path.name.endswith(".meta"):
        paths.check(path, "the .meta file of a TensorFlow 1 checkpoint")
        prefix = path.with_suffix("")
        return Source("trained", path, prefix if _index(prefix).is_file() else None)
    path, chosen = _latest(path.with_name(PART.sub("", path.name)))
    kind, found = reading.kind(path)
    beside = found.with_name(f"{found.name}.meta")
    if kind == "checkpoint" and beside.is_file():
        return Source("trained", beside, found, chosen)
    if kind == "frozen":
        return Source("frozen", found, None)
    if kind == "saved_model":
        return Source("saved_model", found.parent.parent, found)
    raise UserError(
        f"{given}: expected a TensorFlow 1 checkpoint with its graph beside it, {beside.name}, as "
        "a Saver writes both; or a .meta file, a frozen graph (.pb), a SavedModel folder."
    )


def _index(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _latest(path: Path) -> tuple[Path, str]:
    """Return the newest of several checkpoints in a folder, by its file `checkpoint`, and say so.

    Any other path as it is.
    """
    held = path / "checkpoint"
    count = len([*path.glob("*.index")]) if path.is_dir() else 0
    if count < 2 or not held.is_file() or held.stat().st_size > LONGEST:
        return path, ""
    text = held.read_text(encoding="utf-8", errors="replace")
    named = re.search(r'^model_checkpoint_path: "(?:.*[/\\])?([^"/\\]+)"', text, re.MULTILINE)
    if not named or not _index(path / named[1]).is_file():
        return path, ""
    said = f"{count} checkpoints are in {path}; {named[1]} is the newest by its file checkpoint."
    return path / named[1], said
