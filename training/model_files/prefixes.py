"""Checkpoints as people name them: by any file, by their folder, by the name without its step."""

import re
from pathlib import Path

from training.errors import UserError
from training.machine import paths

LONGEST = 10_000
"""Characters that are read of a folder's file `checkpoint`."""
LATEST = re.compile(r'^model_checkpoint_path: "(?:.*[/\\])?([^"/\\]+)"', re.MULTILINE)
PART = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
"""How the files of a checkpoint end."""
SHARD = re.compile(r"-[\d?]{5}-of-\d{5}$")
"""How those of an old one end that is made of several."""


def of(path: Path) -> Path:
    """Return the checkpoint that `path` is a file of, as people complete names; or `path`."""
    prefix = path.with_name(PART.sub("", path.name)) if path.name else path
    if path.name.endswith(".index") or is_one(prefix):
        return prefix
    whole = path.with_name(SHARD.sub("", path.name)) if path.name else path
    if whole != path and is_v1(whole):
        return whole
    return prefix if path.suffix == ".meta" and is_v1(prefix) else path


def is_one(prefix: Path) -> bool:
    """Whether a checkpoint with an index has this name."""
    return bool(prefix.name) and prefix.with_name(f"{prefix.name}.index").is_file()


def is_v1(prefix: Path) -> bool:
    """Whether it may be a checkpoint of before there was an index."""
    from tf1_compat.bundle import shards, table

    files = shards.of_v1(prefix) if prefix.name else []
    return bool(files) and all(one.is_file() and table.is_one(one) for one in files)


def in_folder(folder: Path) -> Path | None:
    """Return the only checkpoint of a folder, or the newest by its file `checkpoint`; or None.

    Raises UserError where there are several, and nothing says which is the newest.
    """
    prefixes = _with_index(folder)
    latest = LATEST.search(_text(folder / "checkpoint"))
    if latest and len(prefixes) != 1:
        named = of(folder / latest[1])  # wherever the folder lay when it was written
        if named in prefixes or is_v1(named):
            return named
    if len(prefixes) > 1:
        names = ", ".join(prefix.name for prefix in prefixes)
        raise UserError(f"{folder}: {len(prefixes)} checkpoints are in it; name one of {names}.")
    return prefixes[0] if prefixes else None


def _with_index(folder: Path) -> list[Path]:
    return [file.with_suffix("") for file in sorted(folder.glob("*.index")) if file.is_file()]


def newest_of(source: Path, prefix: Path) -> str | None:
    """Return a sentence where `prefix` is one of several checkpoints in the folder `source`."""
    count = len(_with_index(paths.expand(source)))
    return f"{prefix.name}, the newest of {count} checkpoints in {source}" if count > 1 else None


def instead(path: Path) -> str:
    """Return what is there in the place of a checkpoint `path` that is not: to be told, or ""."""
    prefix = path.with_name(PART.sub("", path.name)) if path.name else path
    beside = [*prefix.parent.glob("*")] if prefix.parent.is_dir() else []
    names = sorted({PART.sub("", one.name) for one in beside if PART.search(one.name)})
    if prefix.name in names and not paths.is_there(prefix.with_name(f"{prefix.name}.index")):
        return f"{prefix.name}.index is missing, which says where each variable is in the others"
    steps = [name for name in names if re.fullmatch(rf"{re.escape(prefix.name)}-\d+", name)]
    return f"there is {', '.join(steps)}" if steps else ""


def _text(file: Path) -> str:
    """Return the beginning of a file; nothing where there is none."""
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.read(LONGEST)
