"""`TF1Loss` is `tf.losses` bit for bit, value and gradient, with every reduction and weights."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.exact import TF1Loss
from keras_models.exact.losses import FORMULAS, Reduction
from tests.slow import few_of

tf1 = tf.compat.v1
OPTIONS = {
    "softmax_cross_entropy": {"label_smoothing": 0.1},
    "sigmoid_cross_entropy": {"label_smoothing": 0.2},
    "cosine_distance": {"axis": -1},
    "huber_loss": {"delta": 0.7},
}
ROW_LOSSES = ("softmax_cross_entropy", "sparse_softmax_cross_entropy")
"""Which give [N], and others [N, ...]."""
LOSSES = [
    *((reduction, True) for reduction in get_args(Reduction)),
    (get_args(Reduction)[0], False),
]
"""Reduction, and whether there are weights; every third of them is zero."""


def batch(name: str, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, predictions [rows, 4] and weights."""
    rng = np.random.default_rng(rows)
    classes, drawn = rng.integers(0, 4, rows), rng.standard_normal((rows, 4)).astype(np.float32)
    labels = classes if name.startswith("sparse") else np.eye(4, dtype=np.float32)[classes]
    predictions = 1 / (1 + np.exp(-drawn)) if name == "log_loss" else drawn
    weights = np.where(np.arange(rows) % 3, rng.random(rows), 0).astype(np.float32)
    return labels, predictions, weights if name in ROW_LOSSES else weights[:, None]


Batch = tuple[np.ndarray, ...]


def theirs(name: str, batches: Sequence[Batch]) -> list[list[np.ndarray]]:
    with tf.Graph().as_default(), tf1.Session() as session:
        fed = [tf1.placeholder(a.dtype, [None, *a.shape[1:]]) for a in batches[0]]
        labels, predictions, weights = fed
        wanted: list[Any] = []
        for reduction, weighted in LOSSES:
            options = {"weights": weights} if weighted else {}
            loss = getattr(tf1.losses, name)(
                labels, predictions, reduction=reduction, **options, **OPTIONS.get(name, {})
            )
            wanted += [loss, tf1.gradients(loss, predictions)[0]]
        return [session.run(wanted, dict(zip(fed, given, strict=True))) for given in batches]


def ours(name: str, batches: Sequence[Batch]) -> list[list[np.ndarray]]:
    losses = [TF1Loss(name, reduction, **OPTIONS.get(name, {})) for reduction, _ in LOSSES]
    loaded = [keras.losses.deserialize(keras.losses.serialize(loss)) for loss in losses]

    def look(labels: Any, predictions: Any, weights: Any) -> list[Any]:
        found = []
        for loss, (_, weighted) in zip(loaded, LOSSES, strict=True):
            value = loss(labels, predictions, weights if weighted else None)
            found += [value, tf.gradients(value, predictions)[0]]
        return found

    signature = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in batches[0]]
    traced = tf.function(look, input_signature=signature)
    return [[one.numpy() for one in traced(*given)] for given in batches]


KEPT = ("softmax_cross_entropy", "sigmoid_cross_entropy", "huber_loss", "mean_squared_error")


@pytest.mark.parametrize("name", few_of(FORMULAS, *KEPT))
def test_loss_is_tensorflow_1s_bit_for_bit(name: str) -> None:
    batches = [batch(name, rows) for rows in (16, 17)]
    for one, other in zip(ours(name, batches), theirs(name, batches), strict=True):
        assert [array.tobytes() for array in one] == [array.tobytes() for array in other]
        assert all(array.any() for array in one)


def of_classes(labels: Any, logits: Any) -> Any:
    one_hot = tf.one_hot(labels, 4)
    return tf.nn.softmax_cross_entropy_with_logits(labels=one_hot, logits=logits)


BY_HAND: dict[str, tuple[Callable[[Any, Any], Any], TF1Loss]] = {
    "mean of all": (
        lambda y, z: tf.reduce_mean(tf.square(z - tf.one_hot(y, 4))),
        TF1Loss("mean_squared_error", "mean"),
    ),
    "mean of sums": (
        lambda y, z: tf.reduce_mean(tf.reduce_sum(tf.abs(z - tf.one_hot(y, 4)), 1)),
        TF1Loss("absolute_difference", "mean", sum_along=1),
    ),
    "mean of classes made one-hot": (
        lambda y, z: tf.reduce_mean(of_classes(y, z)),
        TF1Loss("softmax_cross_entropy", "mean"),
    ),
    "sum": (lambda y, z: tf.reduce_sum(of_classes(y, z)), TF1Loss("softmax_cross_entropy", "sum")),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_losses_by_hand_are_tensorflow_1s_bit_for_bit(name: str) -> None:
    by_hand, loss = BY_HAND[name]
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 4, 17), rng.standard_normal((17, 4)).astype(np.float32)
    signature = [tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 4])]

    def ours(y: Any, z: Any) -> Any:
        return loss(y if loss.loss.startswith("softmax") else tf.one_hot(y, 4), z)

    def look(of: Callable[[Any, Any], Any], y: Any, z: Any) -> list[Any]:
        value = of(y, z)
        return [value, tf.gradients(value, z)[0]]

    with tf.Graph().as_default(), tf1.Session() as session:
        y, z = (tf1.placeholder(one.dtype, one.shape) for one in signature)
        theirs = session.run(look(by_hand, y, z), {y: labels, z: logits})
    found = tf.function(lambda y, z: look(ours, y, z), input_signature=signature)(labels, logits)
    assert [one.numpy().tobytes() for one in found] == [one.tobytes() for one in theirs]


def test_classes_made_one_hot_round_otherwise_than_sparse_ones() -> None:
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 5, 400), rng.standard_normal((400, 5)).astype(np.float32)
    dense, sparse = (
        FORMULAS[f"{kind}softmax_cross_entropy"](tf.constant(labels), tf.constant(logits)).numpy()
        for kind in ("", "sparse_")
    )
    assert (dense != sparse).any()
    np.testing.assert_allclose(dense, sparse, rtol=1e-5)


def test_loss_of_rows_that_weigh_nothing_is_zero() -> None:
    labels, predictions, _ = batch("huber_loss", 16)
    assert TF1Loss("huber_loss")(labels, predictions, tf.zeros([16])).numpy() == 0


def test_unknown_loss_reduction_option_and_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'mse': expected one of .*mean_squared_error"):
        TF1Loss("mse")
    with pytest.raises(ValueError, match=r"'median': expected one of weighted_sum.*, mean, sum"):
        TF1Loss("huber_loss", "median")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'label_smoothing': expected one of delta"):
        TF1Loss("huber_loss", label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"labels \(4,\): expected \(4, 2\)"):
        TF1Loss("huber_loss")(tf.zeros([4]), tf.zeros([4, 2]))


def test_labels_of_one_output_need_no_axis_for_it() -> None:
    labels, outputs = tf.constant([1.0, 2.0]), tf.constant([[1.0], [3.0]])
    assert TF1Loss("mean_squared_error")(labels, outputs).numpy() == 0.5
