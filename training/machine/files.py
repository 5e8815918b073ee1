"""Files that are written whole: a reader finds the old one or the new one, never half of it."""

import csv
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to, which is brought to the disk and takes the place of `path`.

    At every moment the old file is there or the new one. If the body raises, the old one stays.
    """
    unfinished = path.with_name(f".{path.name}")
    try:
        with unfinished.open("wb") as file:
            yield file
        put(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def put(part: Path, path: Path) -> None:
    """Bring `part`, a file or a folder with all in it, to the disk; then call it `path`, for good.

    What is at `path` is replaced, a folder if it is empty. After a power failure either name is
    there, with all that it had, and after this returns it is the new one.
    """
    for folder, _, names in os.walk(part, topdown=False):
        for name in names:
            _bring_to_disk(Path(folder, name))
        _bring_to_disk(Path(folder))
    if part.is_file():
        _bring_to_disk(part)
    os.replace(part, path)
    _bring_to_disk(path.parent)


def make_folder(path: Path) -> None:
    """Make the folder `path`, and those that it lies in, to survive a power failure."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in (*reversed(missing), path):
        folder.mkdir(exist_ok=True)
        _bring_to_disk(folder.parent)


def _bring_to_disk(path: Path) -> None:
    """Make the content of a file, or the names in a folder, survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def as_json(value: Any) -> str:
    """Return `value` (a dataclass, or what JSON knows, or paths) as indented JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    return json.dumps(value, indent=2, default=str, allow_nan=False, ensure_ascii=False)


def write_json(path: Path, value: Any) -> None:
    """Write what `as_json` returns."""
    with replacing(path) as file:
        file.write(f"{as_json(value)}\n".encode())


def write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Write a new file, a line for each of `rows`, under the first one's keys."""
    with path.open("x", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_json(path: Path) -> Any:
    """Return what `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
