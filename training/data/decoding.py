"""Image files in grey, whatever is in them: bounded, upright, on paper that shows the ink."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from training.errors import UserError, first_line
from training.machine import paths

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
"""As many as a telephone's camera takes."""

FEW_PIXELS = 1_000_000
"""So many, and LARGEST_RATIO for each byte: a small file can promise any number, and Pillow would
work on them for minutes."""

LARGEST_RATIO = 1032
"""Grey pixels to a byte: deflate cannot do better than 258 from 2 bits
(https://zlib.net/zlib_tech.html)."""

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""Of all that Pillow knows, those that hold pixels: for an EPS it would run Ghostscript."""

LOOKED_AT = 64
"""Pixels of a side, about, by which paper and ink are told of what is transparent."""


def read(path: Path) -> np.ndarray:
    """Return what `decode` does of the image file `path`."""
    paths.check(path, "an image file")
    with path.open("rb") as file:
        return decode(str(path), file, path.stat().st_size)


def decode(name: str, file: BinaryIO, size: int) -> np.ndarray:
    """Return an image file of `size` bytes in grey: [H, W] float32, 0 black to 1 white.

    Any of FORMATS, turned as its EXIF data say, the first picture where there are several. What is
    transparent is white; black where the border is transparent and the ink in it bright. Raises
    UserError, which calls the file `name`, where it cannot be read.
    """
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"):  # what is refused is said below
            return _decoded(file, size)
    except Exception as error:  # whatever a damaged file makes Pillow's many readers raise
        unknown = isinstance(error, UnidentifiedImageError)  # which quotes the file object
        why = "cannot identify its format" if unknown else first_line(error)
        raise UserError(
            f"{name}: not an image that can be read ({why}).\n"
            f"Expected {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
        ) from error


def _decoded(file: BinaryIO, size: int) -> np.ndarray:
    """Return what `decode` does; raises what Pillow raises, or ValueError."""
    from PIL import Image, ImageOps

    with Image.open(file, formats=FORMATS) as opened:
        width, height = opened.size
        most = min(MOST_PIXELS, FEW_PIXELS + LARGEST_RATIO * size)
        if not 0 < width * height <= most:
            raise ValueError(f"{width} x {height} pixels, where 1 to {most:,} are taken")
        if opened.format == "PNG":
            opened.verify()  # its checksums, which nobody compares when the pixels are read
    file.seek(0)
    with Image.open(file, formats=FORMATS) as opened:
        image = ImageOps.exif_transpose(opened)
        image.load()
    if image.mode[0] in "IF":  # 16 or 32 bits a pixel
        deep = np.asarray(image, np.float32).clip(0)
        if not np.isfinite(deep).all():
            raise ValueError("a pixel of it is no number")
        white = next((white for white in (1, 255, 65535) if deep.max() <= white), deep.max())
        return deep / np.float32(white)
    if image.has_transparency_data:
        image = _on_paper(image.convert("RGBA"))
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def _on_paper(image: "Image") -> "Image":
    """Return an RGBA image on white, or on black where nothing of its bright ink would be seen."""
    from PIL import Image

    small = image.reduce(max(1, max(image.size) // LOOKED_AT))
    grey, opaque = (
        np.asarray(one, np.float32) for one in (small.convert("L"), small.getchannel("A"))
    )
    clear = np.median(border(opaque)) < 128
    bright = (grey * opaque).sum() > 128 * opaque.sum()
    return Image.alpha_composite(
        Image.new("RGBA", image.size, "black" if clear and bright else "white"), image
    )


def border(grey: np.ndarray) -> np.ndarray:
    """Return the outermost pixels of [H, W]."""
    return np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
