"""An image in MNIST's form: 28 x 28 pixels, bright on black, in a 20 x 20 box, centred by mass.

    images.read(Path("photo.jpg"))  ->  [28, 28] uint8
    images.digits("sheet", grey)    ->  as many of them as there are digits in it

LeCun's page on MNIST (yann.lecun.com/exdb/mnist) says how its digits were made: "size normalized to
fit in a 20x20 pixel box while preserving their aspect ratio", with grey levels from "the
anti-aliasing technique used by the normalization algorithm", then "centered in a 28x28 image by
computing the center of mass of the pixels, and translating the image so as to position this point
at the center of the 28x28 field".
"""

from pathlib import Path

import numpy as np

from training.data import decoding, parts
from training.data.decoding import border
from training.errors import UserError

SIDE, BOX = 28, 20

CENTRE = 14
"""Index of the pixel on which the centre of mass falls, rounded to the nearest. The page does not
say which of the four in the middle it is: with this one 4,999 of mnist_5k's 5,000 digits stay as
they are, byte for byte."""

LARGEST = 112
"""Pixels. Larger images are reduced to this before ink is told from paper, and what is cropped of
them once more: that averages a camera's noise away."""

LARGEST_OF_SEVERAL = 336
"""The same, before digits are told from each other: ten in a line have 33 each."""

FAINTEST = 0.1
"""Contrast, of the range from black to white, below which an image counts as blank; and, of the
strongest ink, what is taken for noise, such as JPEG's ringing around a stroke."""


def mnist_form(ink: np.ndarray) -> np.ndarray:
    """Return ink in MNIST's form: [H, W] float -> [28, 28] uint8.

    Paper is 0 and full ink 1, or whatever is largest where that is more. All above 0 is ink. It is
    cropped, scaled with its aspect ratio kept until it fits 20 x 20 (Lanczos: anti-aliased; its
    brightest pixel becomes white, or a fine pen would come out grey), and placed so that its centre
    of mass is in the middle. Raises ValueError where nothing is ink.
    """
    ink = np.asarray(ink, np.float32)
    rows, columns = _inked(ink)
    if not len(rows):
        raise ValueError("nothing is above 0: there is no ink")
    ink = ink / max(1, ink.max())
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(ink.shape)
    if scale != 1:
        ink = resize(ink, scale).clip(0)
        ink = ink / ink.max()
    height, width = ink.shape
    top, left = _start(ink.sum(axis=1)), _start(ink.sum(axis=0))
    placed = np.zeros((SIDE, SIDE), np.uint8)
    placed[top : top + height, left : left + width] = np.rint(ink * 255).clip(0, 255)
    return placed


def _inked(ink: np.ndarray) -> list[np.ndarray]:
    """Return the rows and the columns of [H, W] that have ink."""
    return [np.flatnonzero((ink > 0).any(axis=axis)) for axis in (1, 0)]


def _start(mass: np.ndarray) -> int:
    """Return where `mass`, [n], is to begin for its centre to fall on CENTRE."""
    centre = (mass * np.arange(len(mass))).sum(dtype=np.float64) / mass.sum(dtype=np.float64)
    return int(np.clip(np.rint(CENTRE - centre), 0, SIDE - len(mass)))


def resize(grey: np.ndarray, scale: float) -> np.ndarray:
    """Return [H, W] float32 `scale` times as large, by Lanczos: it may overshoot a little."""
    from PIL import Image

    height, width = (max(1, round(n * scale)) for n in grey.shape)
    image = Image.fromarray(np.ascontiguousarray(grey, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def read(path: Path) -> np.ndarray:
    """Return the image file `path` as the models take it: `one` of what is in it."""
    return one(str(path), decoding.read(path))


def one(name: str, grey: np.ndarray) -> np.ndarray:
    """Return the only digit of `digits`; UserError where there are several."""
    found = digits(name, grey)
    if len(found) > 1:
        raise UserError(f"{name}: {len(found)} digits are in it; expected one digit in a picture.")
    return found[0]


def digits(name: str, grey: np.ndarray, several: bool = True) -> list[np.ndarray]:
    """Return each digit in a grey picture, line by line: [H, W] float32 -> [28, 28] uint8 each.

    Not `several`: all that is on it is one.

    The median of the outermost pixels is the paper; where that is bright the picture is inverted.
    Paper, and what differs from it no more than the outermost pixels do, becomes 0, the strongest
    ink 1, and `mnist_form` does the rest, once for each of the `parts` that are a digit.

    A 28 x 28 picture on plain black is returned as it is, one on plain white inverted: that is what
    a data set written to files looks like, and not every data set has MNIST's margins. Raises
    UserError, which calls the picture `name`, where nothing is on it.
    """
    small = _reduced(grey, LARGEST)
    paper = float(np.median(border(small)))
    bright = paper > (float(small.min()) + float(small.max())) / 2
    if _above(paper, bright, small).max() < FAINTEST:
        raise UserError(
            f"{name}: no ink: nothing on it differs from its border by {FAINTEST:.0%} of the range "
            "from black to white.\nExpected one digit, darker or brighter than the paper, with "
            "some paper around it."
        )
    if grey.shape == (SIDE, SIDE) and paper == float(bright):
        return [np.rint(_above(paper, bright, grey) * 255).astype(np.uint8)]
    noise = 1.5 * float(np.quantile(np.abs(border(small) - np.float32(paper)), 0.9))
    larger = _above(paper, bright, _reduced(grey, LARGEST_OF_SEVERAL))
    apart = parts.separate(larger) if several else []
    if len(apart) > 1:
        return [mnist_form(_ink(_reduced(part, LARGEST), noise)) for part in apart]
    ink = _ink(_above(paper, bright, small), noise)
    (top, bottom), (left, right) = (  # crop with a margin of one pixel of the reduced image
        [max(0, int(whole / part * n)) for n in (inked[0] - 1, inked[-1] + 2)]
        for inked, whole, part in zip(_inked(ink), grey.shape, small.shape, strict=True)
    )
    cropped = _reduced(grey[top:bottom, left:right], LARGEST)
    return [mnist_form(_ink(_above(paper, bright, cropped), noise))]


def _above(paper: float, bright: bool, grey: np.ndarray) -> np.ndarray:
    """Return how far `grey` is from the paper in the direction of ink."""
    away = grey - np.float32(paper)
    return -away if bright else away


def _ink(above: np.ndarray, noise: float) -> np.ndarray:
    """Return 0 for paper and noise to 1 for the strongest ink."""
    strongest = float(above.max())
    floor = min(max(noise, FAINTEST * strongest), strongest / 2)
    return ((above - floor) / (strongest - floor)).clip(0)


def _reduced(grey: np.ndarray, most: int) -> np.ndarray:
    """Return [H, W] with no side longer than `most`."""
    scale = most / max(grey.shape)
    return grey if scale >= 1 else resize(grey, scale).clip(0, 1)
