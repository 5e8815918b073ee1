"""docs/understand/tf1-to-keras.md: its statements on losses, penalties and `fit` are computed."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.tf1_to_keras import ROUNDING, batch, dense, session_run, v1


def test_the_loss_is_that_before_the_update() -> None:
    x, y = batch()
    model = dense()
    model.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(True))
    losses, expected = [], []
    for _ in range(3):
        expected.append(float(model.loss(y, model(x))))
        losses.append(float(model.train_on_batch(x, y)))
    assert losses == pytest.approx(expected, rel=ROUNDING)
    assert losses[2] < losses[1] < losses[0]

    def build() -> Any:
        fed = v1.Variable(np.float32(3.0))
        cost = fed * 1.0
        update = v1.train.GradientDescentOptimizer(1.0).minimize(cost)
        return [update, cost]

    assert session_run(build)[1] == 3.0
    before = float(model.loss(y, model(x)))
    history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([before], rel=ROUNDING)
    model.optimizer.learning_rate = 0.0  # so that the loss of all rows is that of every batch
    x, y = batch(12)
    history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([float(model.loss(y, model(x)))], rel=ROUNDING)
    assert float(model.loss(y[:8], model(x[:8]))) != pytest.approx(history["loss"][0], rel=0.01)


def test_fit_takes_batches_of_32() -> None:
    x, y = batch(65)
    model = dense()
    model.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(True))
    model.fit(x, y, verbose=0)
    assert model.optimizer.iterations.numpy() == 3
    model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0)
    assert model.optimizer.iterations.numpy() == 4


def test_logits_are_taken_for_probabilities() -> None:
    logits = np.array([[2.0, 1.0, 0.5], [0.3, 0.2, 4.0]], np.float32)
    labels = np.eye(3, dtype=np.float32)[:2]
    theirs = session_run(
        lambda: tf.reduce_mean(
            v1.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
        )
    )
    right = keras.losses.CategoricalCrossentropy(from_logits=True)(labels, logits)
    wrong = keras.losses.CategoricalCrossentropy()(labels, logits)
    assert float(right) == pytest.approx(float(theirs), rel=ROUNDING)
    assert np.isfinite(float(wrong))
    assert abs(float(wrong) - float(theirs)) > 0.05
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.arange(2), logits)
    assert float(sparse) == pytest.approx(float(theirs), rel=ROUNDING)
    each = session_run(
        lambda: v1.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    of_rows = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)(labels, logits)
    assert of_rows.numpy() == pytest.approx(each.mean(axis=-1), rel=ROUNDING)


LOSSES = {
    "softmax": (v1.losses.softmax_cross_entropy, keras.losses.CategoricalCrossentropy(True)),
    "squared": (v1.losses.mean_squared_error, keras.losses.MeanSquaredError()),
    "absolute": (v1.losses.absolute_difference, keras.losses.MeanAbsoluteError()),
    "huber": (v1.losses.huber_loss, keras.losses.Huber()),
    "smoothed": (
        lambda y, f, **more: v1.losses.softmax_cross_entropy(y, f, label_smoothing=0.1, **more),
        keras.losses.CategoricalCrossentropy(True, label_smoothing=0.1),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_masked_rows_count_in_keras_mean(name: str) -> None:
    theirs, ours = LOSSES[name]
    y = batch()[1]
    outputs = 3 * np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)
    mask = np.array([1, 0] * 4, np.float32)
    whole = session_run(lambda: theirs(y, outputs))
    assert float(ours(y, outputs)) == pytest.approx(float(whole), rel=ROUNDING)
    weights = mask if name in ("softmax", "smoothed") else mask[:, None]
    masked = session_run(lambda: theirs(y, outputs, weights=weights))
    assert float(ours(y, outputs, mask)) == pytest.approx(float(masked) / 2, rel=ROUNDING)
    ours = ours.from_config(ours.get_config() | {"reduction": "mean_with_sample_weight"})
    assert float(ours(y, outputs, mask)) == pytest.approx(float(masked), rel=ROUNDING)
    doubled = session_run(lambda: theirs(y, outputs, weights=2 * weights))
    assert float(ours(y, outputs, 2 * mask)) == pytest.approx(float(doubled) / 2, rel=ROUNDING)


def test_l2_has_a_half_and_fit_adds_it() -> None:
    W = np.array([[3.0, 4.0]], np.float32)
    assert session_run(lambda: v1.nn.l2_loss(W)) == 12.5
    assert float(keras.regularizers.L2(0.1)(W)) == pytest.approx(2.5, rel=ROUNDING)
    x, y = batch()
    losses = []
    for penalty in (None, keras.regularizers.L2(0.1)):
        model = dense(kernel_initializer="ones", kernel_regularizer=penalty)
        model.compile("sgd", "mse")
        losses.append(model.train_on_batch(x, y))
    assert losses[1] - losses[0] == pytest.approx(0.1 * 12, rel=1e-5)

    def build() -> Any:
        v1.get_variable("W", initializer=W, regularizer=lambda w: 0.1 * v1.nn.l2_loss(w))
        cost = v1.losses.mean_squared_error([1.0], [0.0])
        return [cost, v1.losses.get_total_loss(False), *v1.losses.get_regularization_losses()]

    assert session_run(build) == pytest.approx([1.0, 1.0, 1.25], rel=ROUNDING)
