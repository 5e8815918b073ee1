"""`SHA256SUMS`: all that lies in a finished run folder, as `sha256sum --check SHA256SUMS` reads it.

With config.json, whose `run` ties options, data and state to each other, it says of every file
that it belongs to the run.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from training.errors import UserError

SUMS = "SHA256SUMS"
RUN = ("config.json", "history.csv")
"""What every run has whose model can be taken."""
LOOKED_AT = {".html", ".png", ".v2"}
"""Pages, pictures, what TensorBoard shows: nothing reads them again, so they may go or change."""


def write(folder: Path, leave_out: Collection[Path]) -> None:
    """Write the sums of all files in `folder` but those that are left out."""
    names = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [
        f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n"
        for path in names
        if path not in leave_out
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def has(folder: Path, name: str) -> bool:
    """Whether `folder` is a finished run's, and the file `name` belongs to it."""
    return (folder / SUMS).is_file() and name in _read(folder)


def check(folder: Path, prefix: Path) -> None:
    """Raise UserError unless the run in `folder`, if one is, is as it was when it ended.

    `prefix` is how the names of what will be read begin; all of it has to belong to the run.
    """
    if not (folder / SUMS).is_file() and not all((folder / name).is_file() for name in RUN):
        return
    listed = _read(folder)
    used = prefix.relative_to(folder).as_posix()
    here = (path.relative_to(folder).as_posix() for path in prefix.parent.iterdir())
    wrong = sorted(name for name in here if name.startswith(used) and name not in listed)
    for name, digest in listed.items():
        if Path(name).suffix not in LOOKED_AT:
            path = folder / name
            if not path.is_file() or path.is_symlink() or _sha256(path) != digest:
                wrong.append(name)
    if wrong:
        raise UserError(
            f"{folder / wrong[0]}: not what the run ended with, by its {SUMS}; give it back.\n"
            f"To take the model that is there now, name it: {folder / used}"
        )


def _read(folder: Path) -> dict[str, str]:
    """Return name -> SHA-256; UserError where nothing says so."""
    try:
        text = (folder / SUMS).read_text(encoding="utf-8")
        return {
            name: digest for digest, name in (line.split("  ", 1) for line in text.splitlines())
        }
    except (OSError, ValueError) as error:
        raise UserError(
            f"{folder}: no readable {SUMS} in it, so nobody can tell whether its files belong "
            "together; it is not done, altered, or an earlier version's.\n"
            "Name the model in it instead of the folder."
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
