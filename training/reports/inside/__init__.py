"""What is inside a page as data: models, pictures of weights, digits; all of it as JSON has it."""

import base64
import zlib
from typing import Any

import numpy as np

from training.reports.document import Text

Name = str | Text
"""A lane, which is called the same in both languages, or another model."""


def base64_of(array: np.ndarray) -> str:
    """Return the bytes of `array`, in base64."""
    return base64.b64encode(array.tobytes()).decode()


def deflated(array: np.ndarray) -> str:
    """Return the bytes of `array`, compressed, in base64: what page.js' `inflate` takes.

    At zlib's default level: 9 takes fifteen times as long for 2% fewer bytes of digits.
    """
    return base64.b64encode(zlib.compress(array.tobytes())).decode()


def rounded(array: np.ndarray) -> dict[str, Any]:
    """Return `array` as signed bytes, and the size that 127 stands for: what `unrounded` takes."""
    largest = float(np.abs(array).max()) or 1.0
    scaled = np.rint(array * (127 / largest)).astype(np.int8)
    return {"largest": float(f"{largest:.4g}"), "data": deflated(scaled)}


def spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of `rows`, from the first to the last, equally far apart."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows)), dtype=int)]
