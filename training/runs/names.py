"""What a run folder is called: NAME.unfinished until it is done, and then NAME."""

import os
from datetime import datetime
from pathlib import Path

from training.errors import UserError
from training.machine import paths

UNFINISHED = ".unfinished"
BEGUN = ("config.json", "environment.json")
"""What is there of a run as soon as it has begun, beside what it has reached."""
STATES = "state*"
"""What a run has reached lies in files that are called so, and nothing else is."""


def choose(command: str, out: Path | None, option: str = "--out") -> Path:
    """Return the run folder to make: `out`, or runs/TIME-`command`; nothing is written yet.

    `option` is what `out` was given by.

    Raises UserError where something is there already, or a stopped run that `resume` goes on with.
    """
    final = paths.expand(out) if out is not None else _default(command)
    if not final.name or is_taken(final):
        raise UserError(f"{option} {final}: exists already; expected a new or empty folder.")
    folder = unfinished(final)
    if is_taken(folder) and not _has_reached_nothing(folder):
        raise UserError(
            f"{option} {final}: a run that was stopped, or still runs, lies in {folder}.\n"
            f"tf1keras resume {final} goes on with it; or remove it."
        )
    return final


def unfinished(final: Path) -> Path:
    """Return where the run that will be `final` lies until it is done."""
    return final.with_name(final.name + UNFINISHED)


def find_unfinished(path: Path) -> Path | None:
    """Return the final name of the unfinished run that `path` names, by either name; else None."""
    path = paths.expand(path)
    final = path.with_name(path.name.removesuffix(UNFINISHED)) if path.name else path
    if (path.name.endswith(UNFINISHED) or not paths.is_there(path)) and unfinished(final).is_dir():
        return final
    return None


def saved(folder: Path) -> list[Path]:
    """Return the files in `folder` that hold what a run has reached."""
    return sorted(path for path in folder.glob(STATES) if path.is_file())


def _has_reached_nothing(folder: Path) -> bool:
    """Whether it is a run's that was stopped before it saved anything, maybe while it began."""
    first, *_ = BEGUN
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return not saved(folder) and (first in there or there == {f".{first}"})


def is_taken(path: Path) -> bool:
    """Say whether something is there, other than an empty folder."""
    if not paths.is_there(path):
        return False
    return path.is_symlink() or not path.is_dir() or any(path.iterdir())


def check_free(final: Path) -> None:
    """Raise UserError where a run that is done cannot get its name, for it is taken."""
    if is_taken(final):
        raise UserError(
            f"{final}: exists already; {unfinished(final)} cannot take its name.\n"
            "Move it away, or remove what is unfinished."
        )


def _default(command: str) -> Path:
    """Return a name that no other process chooses, though it begin in the same second."""
    stem = Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}-{command}"
    folder, number = stem, 2
    while folder.exists() or unfinished(folder).exists():
        folder, number = stem.with_name(f"{stem.name}-{number}"), number + 1
    return folder
