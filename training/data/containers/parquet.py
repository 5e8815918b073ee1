"""Parquet files as Hugging Face has MNIST: a column of image files, and one of labels."""

import functools
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tf1_compat.bounds import most_bytes
from training.data import decoding, splits
from training.data.containers.names import LABELS, PIXELS
from training.data.splits import Rows, Splits
from training.errors import UserError, first_line, printable

BATCH = 1000
"""Rows that are in memory at once, as files; MOST_ROWS of them are looked at."""


def read(name: str, path: Path) -> Splits:
    """Return the rows of a `.parquet` file, or of those in a folder, train and test.

    UserError, which calls it `name`, for what is damaged or has no such columns.
    """
    found = [_rows(name, split) for split in splits.files(name, path, (".parquet",))]
    return Splits(*found[:2])


def _rows(name: str, files: list[Path]) -> Rows:
    pixels: list[Any] = []
    labels: list[np.ndarray] = []
    for file in files:
        try:
            for image, label in _batches(file):
                pixels += image
                labels.append(label)
        except Exception as error:  # whatever damaged bytes make Arrow raise
            raise UserError(
                f"{name}: cannot be read as a Parquet file of digits ({first_line(error)}).\n"
                "Expected a column image, of image files, and a column label."
            ) from error
    return Rows(
        [functools.partial(_picture, *one) for one in enumerate(pixels)],
        np.concatenate([np.empty(0, np.uint8), *labels]),
    )


def _batches(file: Path) -> Iterator[tuple[list[bytes], np.ndarray]]:
    """Yield image files and labels; ValueError where they are more than the file can hold."""
    from pyarrow import parquet

    size = file.stat().st_size
    with parquet.ParquetFile(file) as table:
        held = {column.lower(): column for column in table.schema_arrow.names}
        image, label = (
            next((held[one] for one in known if one in held), None) for known in (PIXELS, LABELS)
        )
        if image is None or label is None:
            raise ValueError(printable(f"its columns are {', '.join(held.values())}"))
        promised = sum(
            table.metadata.row_group(at).total_byte_size for at in range(table.num_row_groups)
        )
        if max(promised, table.metadata.num_rows) > most_bytes(size):
            raise ValueError(f"it promises {promised:,} bytes")
        left = most_bytes(size)
        for batch in table.iter_batches(BATCH, columns=[image, label]):
            if (left := left - batch.nbytes) < 0:
                raise ValueError(f"it unfolds to more than {most_bytes(size):,} bytes")
            found = batch.column(image).to_pylist()
            yield (
                [one["bytes"] if isinstance(one, dict) else one for one in found],
                batch.column(label).to_numpy(zero_copy_only=False),
            )


def _picture(row: int, content: Any) -> tuple[str, np.ndarray]:
    """Return the name and the greys of a row's picture."""
    name = f"row {row}"
    if not isinstance(content, bytes):
        raise UserError(f"{name}: no image file in it, but {type(content).__name__}.")
    return name, decoding.decode(name, io.BytesIO(content), len(content))
