"""Digits turned, moved, zoomed, sheared, bent and inked on the fly, otherwise at every step.

All of it is one mapping of coordinates and one bilinear look-up, so that a row is blurred once.
The random numbers are stateless: the same seed gives the same bits.
"""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

SIDE = 28
CENTRE = (SIDE - 1) / 2
VARIANCE_LEFT = 1e-3
"""Of an elastic distortion: what is left out to save time, 3% of its size."""


@dataclass(frozen=True)
class Augmentation:
    """How far a row may go from what it was; every amount is uniform from -value to value."""

    rotation: float = 0.1
    """Radians."""
    zoom: float = 0.07
    """Of the size, in both directions alike."""
    shear: float = 0.1
    """Columns per row."""
    shift: float = 1.0
    """Pixels, in each direction."""
    elastic: float = 12.0
    """Simard, Steinkraus, Platt 2003, section 2: alpha, the factor of smoothed random numbers from
    -1 to 1, in pixels; they used 34."""
    smoothness: float = 4.0
    """The same: sigma of the Gaussian that smooths them, pixels."""
    ink: float = 0.4
    """Of the factor of the brightness, its logarithm; white stays white, so that with more of it
    the grey edges make a stroke wider."""


def augment(x: "tf.Tensor", seed: "tf.Tensor", amount: Augmentation) -> "tf.Tensor":
    """Return rows [B, 784] float32 distorted by `amount`; what comes from outside is black.

    `seed` is two int64 numbers.
    """
    import tensorflow as tf

    rows = tf.shape(x)[0]
    *placing, ink = tf.unstack(tf.random.stateless_uniform([6, rows], seed, -1.0, 1.0))
    fields, numbers = [_plane()], [_affine(placing, amount)]
    if amount.elastic:
        smooth = smooth_fields(amount.smoothness)
        drawn = [rows * 2, len(smooth)]
        fields.append(smooth * np.float32(amount.elastic))
        numbers.append(tf.random.stateless_uniform(drawn, tf.stack([seed[0], seed[1] + 1]), -1.0))
    # where each pixel comes from is linear in the numbers of a row
    place = tf.matmul(tf.concat(numbers, axis=1), tf.constant(np.concatenate(fields)))
    look_up = tf.function(_bilinear, autograph=False, jit_compile=True)
    return look_up(x, tf.reshape(place, [rows, 2, SIDE * SIDE]), tf.exp(ink * amount.ink))


def _plane() -> np.ndarray:
    """Return [3, 784]: each pixel's row and column from the centre, and 1."""
    steps = np.arange(SIDE, dtype=np.float32) - np.float32(CENTRE)
    rows, columns = np.meshgrid(steps, steps, indexing="ij")
    return np.stack([rows, columns, np.ones_like(rows)]).reshape(3, -1)


def _affine(numbers: "list[tf.Tensor]", amount: Augmentation) -> "tf.Tensor":
    """Return factors of the plane [2 B, 3]: of the row and of the column where a pixel is from.

    `numbers` are five of each row [B], from -1 to 1.
    """
    import tensorflow as tf

    turn, zoom, slant, down, right = numbers
    size, shear = 1 + zoom * amount.zoom, slant * amount.shear
    cos, sin = tf.cos(turn * amount.rotation), tf.sin(turn * amount.rotation)
    row = [cos * size, sin * size, down * amount.shift + CENTRE]
    column = [(shear - sin) * size, cos * size, right * amount.shift + CENTRE]
    return tf.reshape(tf.stack([*row, *column], axis=1), [-1, 3])


@functools.cache
def smooth_fields(sigma: float) -> np.ndarray:
    """Return the fields [K, 784] whose random sums are 784 smoothed random numbers.

    Smoothing is a symmetric matrix S, so S times independent numbers of one variance has the
    covariance of the sum of S's eigenvectors, each times its eigenvalue and such a number
    (Karhunen, Loeve). The few that carry all but VARIANCE_LEFT of the variance are K of 784.
    """
    far = np.arange(SIDE)
    line = np.exp(-((far[:, None] - far) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    values, vectors = np.linalg.eigh(np.kron(line, line))  # ascending
    left = np.cumsum(values**2) / (values**2).sum()
    kept = left > VARIANCE_LEFT
    return (vectors[:, kept] * values[kept]).T.astype(np.float32)


def _bilinear(x: "tf.Tensor", place: "tf.Tensor", brightness: "tf.Tensor") -> "tf.Tensor":
    """Return the rows [B, 784] of `x` looked up at rows and columns [B, 2, 784], times [B].

    Compiled by XLA, which makes one pass of it, it takes a quarter of the time.
    """
    import tensorflow as tf

    wide = SIDE + 3  # one black line before, two after
    count = tf.shape(x)[0]
    framed = tf.pad(tf.reshape(x, [count, SIDE, SIDE]), [[0, 0], [1, 2], [1, 2]])
    # what is farther away than one line is black, too
    row, column = (tf.clip_by_value(place[:, axis], -1, SIDE) for axis in (0, 1))
    top, left = tf.floor(row), tf.floor(column)
    down, right = row - top, column - left
    first = [tf.cast(edge, tf.int32) + 1 for edge in (top, left)]
    start = first[0] * wide + first[1] + tf.range(count)[:, None] * wide**2
    flat = tf.reshape(framed, [-1])

    def line(offset: int) -> "tf.Tensor":
        here, next_ = tf.gather(flat, start + offset), tf.gather(flat, start + offset + 1)
        return here + (next_ - here) * right

    above, below = line(0), line(wide)
    return tf.minimum((above + (below - above) * down) * brightness[:, None], 1.0)
