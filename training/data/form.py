"""Digits as people have them, brought to MNIST's bytes: 28 x 28 pixels 0 to 255, labels 0 to 9.

What is only written otherwise (numbers of another type, 0 to 1, a channel axis, one-hot labels,
digits as text) is read. What would be another picture (another size, other grey levels) is refused,
unless it is asked for: `fit`.
"""

import numpy as np

from training.data import images
from training.data.decoding import border
from training.data.images import SIDE
from training.data.splits import Pictures, Rows, Splits
from training.data.subset import CLASSES
from training.errors import UserError, printable

PIXELS = SIDE * SIDE
BETWEEN = 0.1
"""Grey levels that a pixel may be from a whole one: more than float16 rounds by, less than what
interpolation leaves."""
BRIGHT = 192
"""Of 255: pictures with such a border are dark on bright, and MNIST is not."""
EVERY = 5
"""Where nothing says which rows test, every fifth of each class does; of two to four the last."""
MNIST = (70_000, 10_000)
"""But of as many rows as MNIST has, in one table, the last so many test, as everywhere."""
SHOWN = 20
"""Pictures that a message lists, at most."""
FIT = "--fit brings them into MNIST's form, as in tf1keras data NAME --fit --to npz:FILE"


def splits(name: str, found: Splits, fit: bool) -> list[np.ndarray]:
    """Return train pixels [N, 784], train labels [N], test pixels, test labels, all uint8.

    Raises UserError, which calls the data `name`, for what is no picture of a digit with its label.
    """
    train = _rows(f"{name}, train rows", found.train, fit)
    if found.test is not None:
        return [*train, *_rows(f"{name}, test rows", found.test, fit)]
    tests = _tests(train[1])
    if not tests.any():
        raise UserError(
            f"{name}: {len(tests)} rows, and nothing says which test; expected two of a class."
        )
    return [array[rows] for rows in (~tests, tests) for array in train]


def _tests(labels: np.ndarray) -> np.ndarray:
    """Return which rows test where nothing says so."""
    if len(labels) == MNIST[0]:
        return np.arange(len(labels)) >= MNIST[0] - MNIST[1]
    tests = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        tests[rows[EVERY - 1 :: EVERY] if len(rows) >= EVERY else rows[1:][-1:]] = True
    return tests


def _rows(what: str, rows: Rows, fit: bool) -> list[np.ndarray]:
    if isinstance(rows.pixels, np.ndarray):
        pixels = of_arrays(what, rows.pixels, fit)
    else:
        pixels = _of_pictures(what, rows.pixels, fit)
    if not len(pixels):
        raise UserError(f"{what}: there are none; expected some.")
    return [pixels.reshape(len(pixels), PIXELS), _labels(what, rows.labels, len(pixels))]


def _of_pictures(what: str, pictures: Pictures, fit: bool) -> np.ndarray:
    """Return [N, 28, 28] uint8; UserError that names those that cannot be taken."""
    found, refused = [], []
    for read in pictures:
        try:
            found.append(_picture(*read(), fit))
        except UserError as error:
            refused.append(str(error))
    if refused:
        names = ", ".join(one.partition(":")[0] for one in refused[1 : SHOWN + 1])
        others = f"\nAlso {names}" + (", ..." if len(refused) > SHOWN + 1 else "")
        count = f"{len(refused)} of {len(pictures)} pictures cannot be taken: "
        raise UserError(f"{what}: {count}{refused[0]}{others if names else ''}")
    if found and np.median([border(image) for image in found]) >= BRIGHT and not fit:
        raise UserError(f"{what}: dark ink on bright paper; expected bright on black.\n{FIT}")
    return np.array(found, np.uint8).reshape(-1, SIDE, SIDE)


def _picture(name: str, grey: np.ndarray, fit: bool) -> np.ndarray:
    """Return [28, 28] uint8; UserError, which calls the picture `name`."""
    if fit:
        return images.one(name, grey)
    if grey.shape != (SIDE, SIDE):
        height, width = grey.shape
        raise UserError(f"{name}: {width} x {height} pixels; expected 28 x 28.\n{FIT}")
    return np.rint(grey * 255).astype(np.uint8)


def of_arrays(what: str, pixels: np.ndarray, fit: bool = False) -> np.ndarray:
    """Return [N, 28, 28] uint8; UserError, which calls them `what`, where they are no pictures."""
    shaped = _without_channel(pixels)
    if shaped is None or not pixels.size or not (fit or shaped.shape[1:] == (SIDE, SIDE)):
        raise UserError(
            f"{what}: expected greyscale images, N x 28 x 28 or N x 784, found {pixels.shape}."
            + (f"\n{FIT}" if shaped is not None and pixels.size else "")
        )
    if shaped.dtype == np.uint8 and not fit:
        return shaped
    levels = _levels(what, shaped, fit)
    if not fit:
        return np.rint(levels).astype(np.uint8)
    white = 255 if shaped.shape[1:] == (SIDE, SIDE) else levels.max() or 1  # such as 16
    grey = (levels / white).astype(np.float32)
    rows = enumerate(grey)
    return np.stack([images.digits(f"{what}, row {row}", one, False)[0] for row, one in rows])


def _without_channel(pixels: np.ndarray) -> np.ndarray | None:
    """Return [N, H, W], a view; None where it is no such thing, in grey."""
    shape = pixels.shape
    side = round(shape[1] ** 0.5) if len(shape) == 2 else 0
    if len(shape) == 2 and side * side == shape[1]:
        return pixels.reshape(len(pixels), side, side)
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        return pixels[:, 0] if shape[1] == 1 else pixels[..., 0]
    return pixels if len(shape) == 3 else None


def _levels(what: str, pixels: np.ndarray, fit: bool) -> np.ndarray:
    """Return pixels from 0 to 255, whole but for rounding; of any such numbers where they `fit`."""
    if pixels.dtype.kind not in "uif":
        raise UserError(f"{what}: expected pixels as uint8 (0 to 255), found {pixels.dtype}.")
    least, most = float(pixels.min()), float(pixels.max())
    if not (least >= 0 and most <= 255):
        raise UserError(
            f"{what}: expected pixels as uint8 (0 to 255) or from 0 to 1, found "
            f"{pixels.dtype} from {least:g} to {most:g}.\nUndo what standardized them."
        )
    if pixels.dtype.kind != "f":
        return pixels
    levels = pixels.astype(np.float32) * 255 if most <= 1 else pixels
    if not fit and (np.abs(levels - np.rint(levels)) > BETWEEN).any():
        raise UserError(
            f"{what}: expected pixels as uint8 (0 to 255) or 256 levels from 0 to 1, found others "
            f"between them.\n{FIT}"
        )
    return levels


def _labels(what: str, given: np.ndarray, count: int) -> np.ndarray:
    """Return [N] uint8 of labels as numbers, as digits in text, one-hot, or in a column or row."""
    labels = _one_number_each(given, count)
    if labels is None:
        raise UserError(f"{what}: expected {count} labels, one a row, found {given.shape}.")
    if labels.dtype.kind in "US":
        labels = np.char.strip(labels.astype("U"))
        numeric = bool(np.char.isdecimal(labels).all())
        found = "" if numeric else printable(next(one for one in labels if not one.isdecimal()))
        labels = labels.astype(np.float64) if numeric else labels
    else:
        numeric, found = labels.dtype.kind in "uif", str(labels.dtype)
        if numeric and not (labels == np.floor(labels)).all():  # NaN is not, either
            numeric, found = False, f"{labels.dtype} with fractions"
    if not numeric:
        raise UserError(f"{what}: expected whole numbers as labels, found {found}.")
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise UserError(
            f"{what}: expected whole numbers 0 to {CLASSES - 1} as labels, "
            f"found {labels.dtype} from {labels.min():g} to {labels.max():g}."
        )
    return labels.astype(np.uint8)


def _one_number_each(labels: np.ndarray, count: int) -> np.ndarray | None:
    """Return [N] of labels [N], [N, 1], [1, N], or one-hot [N, M]; None for anything else."""
    if labels.shape in ((count,), (count, 1), (1, count)):
        return labels.reshape(count)
    one_hot = labels.ndim == 2 and len(labels) == count and labels.dtype.kind in "buif"
    if one_hot and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        return labels.argmax(axis=1)
    return None
