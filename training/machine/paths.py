"""Paths that users give: what is there, said before anything is opened.

A pipe would be waited for and a device read for ever, so only plain files are opened.
"""

import os
import stat
from pathlib import Path

from training.errors import UserError

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def expand(path: Path) -> Path:
    """Return `path` with ~ and ~name replaced; UserError where there is no such home."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UserError(f"{path}: no such home folder; write the path in full.") from error


def check_working_folder() -> None:
    """Raise UserError where this process works in a folder that was removed."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise UserError(
            "the working folder was removed; expected one that is there: cd to it."
        ) from error


def is_there(path: Path) -> bool:
    """Whether something has this name, be it a link that leads nowhere.

    Raises UserError where nothing can: the name is too long, or a part of it is no folder.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {_reason(error)}; expected another name.") from error
    return True


def check(path: Path, expected: str, name: str = "") -> None:
    """Raise UserError unless `path` is a plain file; `expected` ends the message.

    `name` is how the user gave it, where that is not the path.
    """
    name = name or str(path)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_symlink():
            what = f"a link to {path.readlink()}, which is not there"
            raise UserError(f"{name}: {what}; expected {expected}.") from error
        raise UserError(f"{name}: no such file; expected {expected}.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{name}: {_reason(error)}; expected {expected}.") from error
    if kind := KINDS.get(stat.S_IFMT(mode)):
        raise UserError(f"{name}: {kind}; expected {expected}.")


def check_new(path: Path, option: str) -> None:
    """Raise UserError unless a file can be made at `path`, which `option` asked for."""
    path = expand(path)
    if is_there(path) or not path.name:
        raise UserError(f"{option} {path}: exists already; expected a new file.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UserError(f"{option} {path}: {path.parent} is no folder that can be written to.")


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
