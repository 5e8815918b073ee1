"""Digits turned, moved, zoomed, sheared and bent on the fly, each row otherwise at every step.

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

    rotation: float = 0.15
    """Radians."""
    zoom: float = 0.1
    """Of the size, in both directions alike."""
    shear: float = 0.15
    """Columns per row."""
    shift: float = 1.0
    """Pixels, in each direction."""
    elastic: float = 0.0
    """Simard, Steinkraus, Platt 2003, section 2: alpha, the factor of smoothed random numbers from
    -1 to 1, in pixels; they used 34."""
    smoothness: float = 4.0
    """The same: sigma of the Gaussian that smooths them, pixels."""


def augment(x: "tf.Tensor", seed: "tf.Tensor", amount: Augmentation) -> "tf.Tensor":
    """Return rows [B, 784] float32 distorted by `amount`; what comes from outside is black.

    `seed` is two int64 numbers.
    """
    import tensorflow as tf

    rows = tf.shape(x)[0]
    uniform = tf.random.stateless_uniform([5, rows, 1], seed, -1.0, 1.0)  # 5 numbers a row
    angle = uniform[0] * amount.rotation
    size = 1 + uniform[1] * amount.zoom
    shear = uniform[2] * amount.shear
    down, right = (uniform[3 + axis] * amount.shift for axis in (0, 1))

    steps = np.arange(SIDE, dtype=np.float32) - np.float32(CENTRE)
    rows_of, columns_of = (grid.reshape(1, -1) for grid in np.meshgrid(steps, steps, indexing="ij"))
    # where each pixel [B, 784] comes from
    cos, sin = tf.cos(angle), tf.sin(angle)
    column = (cos * columns_of + (shear - sin) * rows_of) * size + right + CENTRE
    row = (sin * columns_of + cos * rows_of) * size + down + CENTRE
    if amount.elastic:
        bent = _elastic(rows, tf.stack([seed[0], seed[1] + 1]), amount)
        column, row = column + bent[:, 0], row + bent[:, 1]
    return tf.function(_bilinear, autograph=False, jit_compile=True)(x, row, column)


def _elastic(rows: "tf.Tensor", seed: "tf.Tensor", amount: Augmentation) -> "tf.Tensor":
    """Return smooth random displacements [B, 2, 784] in pixels."""
    import tensorflow as tf

    basis = smooth_fields(amount.smoothness) * np.float32(amount.elastic)
    numbers = tf.random.stateless_uniform([rows * 2, len(basis)], seed, -1.0, 1.0)
    return tf.reshape(tf.matmul(numbers, tf.constant(basis)), [rows, 2, SIDE * SIDE])


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


def _bilinear(x: "tf.Tensor", row: "tf.Tensor", column: "tf.Tensor") -> "tf.Tensor":
    """Return the rows [B, 784] of `x` looked up at the coordinates [B, 784].

    Compiled by XLA, which makes one pass of it, it takes a quarter of the time.
    """
    import tensorflow as tf

    wide = SIDE + 3  # one black line before, two after
    count = tf.shape(x)[0]
    framed = tf.pad(tf.reshape(x, [count, SIDE, SIDE]), [[0, 0], [1, 2], [1, 2]])
    top, left = tf.floor(row), tf.floor(column)
    down, right = row - top, column - left
    outside = (row < -1) | (row > SIDE) | (column < -1) | (column > SIDE)
    first = [tf.cast(tf.clip_by_value(edge, -1, SIDE), tf.int32) + 1 for edge in (top, left)]
    start = first[0] * wide + first[1] + tf.range(count)[:, None] * wide**2
    flat = tf.reshape(framed, [-1])

    def line(offset: int) -> "tf.Tensor":
        here, next_ = tf.gather(flat, start + offset), tf.gather(flat, start + offset + 1)
        return here + (next_ - here) * right

    above, below = line(0), line(wide)
    return tf.where(outside, 0.0, above + (below - above) * down)
