"""Tables of text, a line for each digit: CSV as Kaggle has it, and the dense ARFF of OpenML.

    label,pixel0,pixel1,...
    5,0,0,...

Commas, semicolons or tabs; with a header or without; the label in the first or the last column.
"""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tf1_compat.bounds import most_bytes
from training.data import splits
from training.data.containers.names import LABELS
from training.data.splits import Rows, Splits
from training.errors import UserError, first_line

DELIMITERS = b",;\t"
CLASSES = range(10)
PIXELS = 784
COUNTERS = ("", "unnamed: 0", "id", "index")
"""Headers of a column that numbers the rows, as pandas writes one."""
Table = Callable[[bytes], tuple[list[str], np.ndarray]]


def read_csv(name: str, path: Path) -> Splits:
    """Return the rows of a `.csv` file, be it gzipped, or of those in a folder.

    UserError, which calls it `name`, where it is no table of numbers or no column is the label.
    """
    return _read(name, path, (".csv", ".csv.gz"), _csv)


def read_arff(name: str, path: Path) -> Splits:
    """Return the rows of an `.arff` file; UserError as of `read_csv`, and where it is sparse."""
    return _read(name, path, (".arff", ".arff.gz"), _arff)


def _read(name: str, path: Path, endings: tuple[str, ...], table: Table) -> Splits:
    found = [
        _rows(name, *_joined(name, split, table)) for split in splits.files(name, path, endings)
    ]
    return Splits(*found[:2])


def read_pixels(name: str, path: Path) -> np.ndarray:
    """Return [N, 784] of a `.csv` file, with labels or without, as Kaggle's test.csv is.

    UserError, which calls it `name`, as of `read_csv`.
    """
    columns, values = _joined(name, [path], _csv)
    return values if values.shape[1] == PIXELS else np.asarray(_rows(name, columns, values).pixels)


def _joined(name: str, files: Sequence[Path], table: Table) -> tuple[list[str], np.ndarray]:
    """Return the names of the columns and the rows of all `files`; UserError."""
    try:
        parts = [table(_content(file)) for file in files]
        return parts[0][0], np.concatenate([part for _, part in parts])
    except (ValueError, OSError, EOFError, zlib.error, MemoryError) as error:
        raise UserError(
            f"{name}: not a table of numbers ({first_line(error)}).\n"
            "Expected a line for each digit: its label and 784 pixels, 0 to 255."
        ) from error


def _content(path: Path) -> bytes:
    """Return the bytes of a file, unpacked where it is gzipped; ValueError where they are many."""
    if path.suffix != ".gz":
        return path.read_bytes()
    most = most_bytes(path.stat().st_size)
    with gzip.open(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it unfolds to more than {most:,} bytes")
    return content


def _csv(content: bytes) -> tuple[list[str], np.ndarray]:
    """Return the names of the columns, none where there is no header, and the numbers."""
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = content.partition(b"\n")[0]
    delimiter = max((bytes([one]) for one in DELIMITERS), key=first.count)
    cells = [cell.strip(b" \r\"'").decode("utf-8", "replace") for cell in first.split(delimiter)]
    header = any(re.search("[A-Za-df-z_]", cell) for cell in cells)
    rows = content.partition(b"\n")[2] if header else content
    return cells if header else [], _numbers(rows, delimiter.decode())


def _arff(content: bytes) -> tuple[list[str], np.ndarray]:
    head, data, rows = (
        content.partition(b"\n@DATA") if b"\n@DATA" in content else (content.partition(b"\n@data"))
    )
    if not data:
        raise ValueError("no @DATA in it")
    rows = rows.partition(b"\n")[2].lstrip()
    if rows.startswith(b"{"):
        raise ValueError("its rows are sparse")
    pattern = rb"^@attribute\s+['\"]?([^\s'\"]+)"
    found = re.findall(pattern, head, re.MULTILINE | re.IGNORECASE)
    return [column.decode("utf-8", "replace") for column in found], _numbers(rows, ",")


def _numbers(content: bytes, delimiter: str) -> np.ndarray:
    """Return the lines as [N, columns] float32."""
    content = content.translate(None, b"\"'")  # OpenML quotes its labels
    if not content.strip():
        raise ValueError("it has no rows")
    return np.loadtxt(io.BytesIO(content), np.float32, delimiter=delimiter, comments="%", ndmin=2)


def _rows(name: str, columns: list[str], values: np.ndarray) -> Rows:
    columns = [column.lower() for column in columns]
    label = _label(name, columns, values)
    counters = [at for at, column in enumerate(columns) if column in COUNTERS]
    if values.shape[1] == PIXELS + 1:
        counters = []
    return Rows(np.delete(values, [label, *counters], axis=1), values[:, label])


def _label(name: str, columns: list[str], values: np.ndarray) -> int:
    """Return which column is the label: by its name, else the outer one that looks like one."""
    named = [at for at, column in enumerate(columns) if column in LABELS]
    if len(named) == 1:
        return named[0]
    last = values.shape[1] - 1
    # a corner's pixel is nearly always 0, or more than 9 somewhere
    fits = [at for at in (0, last) if 1 < len(np.unique(values[:, at])) <= len(CLASSES)]
    fits = [at for at in fits if np.isin(values[:, at], CLASSES).all()]
    if len(fits) == 1:
        return fits[0]
    if last + 1 == PIXELS:
        raise UserError(
            f"{name}: 784 columns, and so no labels, as in Kaggle's test.csv.\n"
            "Name the file that has them, such as csv:train.csv; tf1keras predict answers others."
        )
    what = "no column" if not fits else "both the first and the last column"
    raise UserError(
        f"{name}: {what} of {last + 1} looks like the label.\n"
        "Expected the label, 0 to 9, in the first or the last column, or under a header named "
        f"{LABELS[0]}."
    )
