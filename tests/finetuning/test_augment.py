"""Distorting does what its numbers say, and the same for the same seed."""

from dataclasses import replace

import numpy as np
import tensorflow as tf

from training.data import Digits
from training.finetuning.augment import SIDE, Augmentation, augment, smooth_fields

NOTHING = Augmentation(rotation=0, zoom=0, shear=0, shift=0, elastic=0, ink=0)


def distorted(x: np.ndarray, amount: Augmentation, seed: int = 0) -> np.ndarray:
    return augment(tf.constant(x), tf.constant([seed, 1], tf.int64), amount).numpy()


def centres(x: np.ndarray) -> np.ndarray:
    """[N, 2]: the centre of mass, row and column."""
    images = x.reshape(-1, SIDE, SIDE)
    lines = np.arange(SIDE)
    mass = images.sum(axis=(1, 2))
    return np.stack([(images.sum(axis=axis) * lines).sum(axis=1) / mass for axis in (2, 1)], axis=1)


def test_no_distortion_is_every_bit_as_it_was(digits: Digits) -> None:
    x = digits.train.x[:64]
    assert distorted(x, NOTHING).tobytes() == x.tobytes()


def test_rows_are_shifted_by_at_most_what_is_asked_for(digits: Digits) -> None:
    x = digits.train.x[:256]
    moved = centres(distorted(x, replace(NOTHING, shift=2.0))) - centres(x)
    assert 1.9 < np.abs(moved).max() <= 2.001
    assert np.unique(moved.round(4)).size > 500  # each row and direction otherwise


def test_rotation_keeps_distances_from_the_centre() -> None:
    """A dot far out stays as far out, and the angle is within the bound."""
    x = np.zeros((200, SIDE, SIDE), np.float32)
    x[:, 13:15, 22:24] = 1  # 9 pixels right of the centre
    out = centres(distorted(x.reshape(200, -1), replace(NOTHING, rotation=0.2))) - 13.5
    assert np.allclose(np.hypot(*out.T), 9, atol=0.15)
    angles = np.arctan2(out[:, 0], out[:, 1])
    assert 0.18 < np.abs(angles).max() < 0.21


def test_zoom_keeps_the_centre_and_changes_the_size() -> None:
    x = np.zeros((100, SIDE, SIDE), np.float32)
    x[:, 9:19, 9:19] = 1  # 100 pixels of ink
    out = distorted(x.reshape(100, -1), replace(NOTHING, zoom=0.12))
    assert np.allclose(centres(out), 13.5, atol=1e-3)
    sides = np.sqrt(out.sum(axis=1))
    assert 10 / 1.12 - 0.1 < sides.min() < 9.2
    assert 10.8 < sides.max() < 10 / 0.88 + 0.1


def test_more_ink_makes_strokes_wider_and_less_makes_them_fainter() -> None:
    """Greys change by a factor from exp(-ink) to exp(ink); black stays, and white is the most."""
    edge = np.tile(np.float32([0, 0.25, 0.5, 1]), (500, SIDE * SIDE // 4))
    out = distorted(edge, replace(NOTHING, ink=0.4))[:, :4]
    factor = out[:, 1] / 0.25
    assert np.exp(-0.4) <= factor.min() < 0.7
    assert 1.45 < factor.max() <= np.exp(0.4)
    assert np.allclose(out, np.minimum([0, 0.25, 0.5, 1] * factor[:, None], 1), atol=1e-6)


def test_what_is_farther_away_than_the_picture_is_black() -> None:
    """Shifted by up to 40 pixels each way, where 29 are enough, half of the rows are gone."""
    out = distorted(np.ones((1000, SIDE * SIDE), np.float32), replace(NOTHING, shift=40.0))
    gone = (out == 0).all(axis=1).mean()
    assert abs(gone - (1 - (29 / 40) ** 2)) < 0.06


def test_elastic_fields_are_smoothed_noise_but_for_what_is_left_out() -> None:
    """Their covariance is that of Simard's: random numbers smoothed by a Gaussian."""
    fields = smooth_fields(4.0)
    lines = np.arange(SIDE)
    line = np.exp(-((lines[:, None] - lines) ** 2) / 32) / (4 * np.sqrt(2 * np.pi))
    smoothing = np.kron(line, line)
    theirs, ours = smoothing @ smoothing.T, fields.T.astype(np.float64) @ fields
    assert np.abs(ours - theirs).max() < 0.02 * theirs.max()
    assert 0.998 < np.trace(ours) / np.trace(theirs) < 1


def test_distortion_is_the_seeds(digits: Digits) -> None:
    x, amount = digits.train.x[:32], Augmentation()
    first = distorted(x, amount)
    assert first.tobytes() == distorted(x, amount).tobytes()
    assert not np.array_equal(first, distorted(x, amount, seed=1))
    assert not np.array_equal(first, distorted(x, replace(amount, elastic=0)))
    assert first.min() >= 0
    assert first.max() <= 1
