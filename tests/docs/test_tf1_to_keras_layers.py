"""docs/understand/tf1-to-keras.md: what it says of numbers, initial values, layers."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from docs.figures.traps.inputs import inputs
from docs.figures.traps.keras_3 import masked
from docs.figures.traps.pieces import gru_weights
from docs.figures.write_traps import TENSORFLOW_1
from tests.conftest import golden
from tests.promises.test_genuine import on_tf115
from tests.support.tf1_to_keras import ROUNDING, batch, session_run, v1
from training.machine.files import read_json


def test_both_sides_start_from_glorots_range() -> None:
    limit = np.sqrt(6 / 500)
    theirs = session_run(lambda: v1.get_variable("W", [300, 200]))
    ours = keras.layers.Dense(200)
    ours.build([None, 300])
    own = keras.layers.Layer()
    for drawn in (theirs, ours.kernel.numpy(), own.add_weight(shape=[300, 200]).numpy()):
        assert 0.99 * limit < np.abs(drawn).max() <= limit
        assert drawn.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)  # uniform


def test_statistics_move_in_training_only() -> None:
    x, y = batch()
    layer = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input([4]), layer, keras.layers.Dense(3)])
    model(x)
    assert not layer.moving_mean.numpy().any()
    model(x, training=True)
    once = layer.moving_mean.numpy().copy()
    assert once.all()
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=8, verbose=0)
    assert (layer.moving_mean.numpy() != once).all()
    model.predict(x, verbose=0)


def test_a_seed_gives_other_numbers() -> None:
    theirs = session_run(lambda: v1.random_normal([5]))
    keras.utils.set_random_seed(1)
    assert not np.isclose(theirs, keras.random.normal([5])).any()
    recorded = golden("mnist_5k-seed1234")["initial_sha256"]["W1"]

    def build() -> Any:
        v1.set_random_seed(1234)
        v1.placeholder(tf.float32, [None, 784])
        v1.placeholder(tf.float32, [None, 10])
        return v1.Variable(v1.random_normal([784, 128]))

    assert sha256(session_run(build).tobytes()).hexdigest() != recorded


def test_argmax_has_another_default_axis() -> None:
    logits = np.array([[1.0, 5.0], [3.0, 2.0]], np.float32)
    assert session_run(lambda: v1.argmax(logits)).tolist() == [1, 0]
    assert int(keras.ops.argmax(logits)) == 1
    assert session_run(lambda: v1.argmax(logits, axis=-1)).tolist() == [1, 0]
    assert keras.ops.argmax(logits, axis=-1).numpy().tolist() == [1, 0]


def test_moving_variance_is_divided_by_one_less_in_tensorflow_1() -> None:
    images = np.random.default_rng(0).standard_normal((2, 3, 3, 1)).astype(np.float32)
    values = images.size

    def build() -> Any:
        return v1.nn.fused_batch_norm(images, [1.0], [0.0])[2]

    theirs = session_run(build)[0]
    assert theirs == pytest.approx(images.var() * values / (values - 1), rel=ROUNDING)
    layer = keras.layers.BatchNormalization(momentum=0.0)
    layer(images, training=True)
    assert layer.moving_variance.numpy()[0] == pytest.approx(images.var(), rel=ROUNDING)


def test_keep_prob_is_one_minus_rate() -> None:
    ones = np.ones([10_000], np.float32)
    theirs = session_run(lambda: v1.nn.dropout(ones, keep_prob=0.9))
    for rate, kept in ((0.9, 0.1), (0.1, 0.9)):
        ours = keras.layers.Dropout(rate, seed=0)(ones, training=True).numpy()
        assert (ours > 0).mean() == pytest.approx(kept, abs=0.02)
    assert (theirs > 0).mean() == pytest.approx(0.9, abs=0.02)
    assert theirs.max() == pytest.approx(ours.max(), rel=ROUNDING)  # both scale what is kept


def test_lstm_cell_is_keras_lstm_reordered(tmp_path: Path) -> None:
    on_tf115("lstm", tmp_path / "out.npz")
    found = np.load(tmp_path / "out.npz")
    assert not found["started"].any()  # the forget gate's one is not in the variable
    layer = keras.layers.LSTM(4, return_sequences=True)
    layer.build(found["x"].shape)
    assert layer.cell.bias.numpy().tolist() == [0] * 4 + [1] * 4 + [0] * 8

    def reordered(array: np.ndarray) -> np.ndarray:
        i, j, f, o = np.split(array, 4, axis=-1)
        return np.concatenate([i, f, j, o], axis=-1)

    kernel, bias = reordered(found["kernel"]), reordered(found["bias"])
    bias[4:8] += 1
    layer.set_weights([kernel[:3], kernel[3:], bias])
    assert layer(found["x"]).numpy() == pytest.approx(found["outputs"], rel=1e-5)


def test_contrib_batch_norm_is_slow_and_fused() -> None:
    first = inputs()["rows"][0]
    mean, variance = read_json(TENSORFLOW_1)["contrib_batch_norm"]["1"]
    unbiased = first.var(axis=0, ddof=1)
    assert mean == pytest.approx(0.001 * first.mean(axis=0), rel=1e-4)
    assert np.array(variance) - 0.999 == pytest.approx(0.001 * unbiased, rel=1e-3)
    assert unbiased != pytest.approx(first.var(axis=0), rel=0.05)


def test_keras_resizes_from_the_middle_of_pixels() -> None:
    line = np.arange(4, dtype=np.float32).reshape(1, 1, 4, 1)

    def theirs(**options: bool) -> list[float]:
        return session_run(lambda: v1.image.resize_bilinear(line, [1, 8], **options)).ravel()

    middle = [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
    assert theirs() == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5, 3, 3])
    assert theirs(align_corners=True) == pytest.approx(np.linspace(0, 3, 8), rel=ROUNDING)
    assert theirs(half_pixel_centers=True) == pytest.approx(middle)
    for ours in (
        keras.ops.image.resize(line, (1, 8)),
        keras.layers.Resizing(1, 8)(line),
        keras.layers.UpSampling2D((1, 2), interpolation="bilinear")(line),
    ):
        assert np.ravel(ours) == pytest.approx(middle)


def test_same_padding_is_not_one_pixel_all_around() -> None:
    given = inputs()
    picture, kernel = given["picture"], given["kernel"]
    around = [[0, 0], [1, 1], [1, 1], [0, 0]]
    for strides in (1, 2, 3):
        theirs = session_run(lambda n=strides: v1.nn.conv2d(picture, kernel, [1, n, n, 1], "SAME"))
        ours = keras.ops.conv(picture, kernel, strides=strides, padding="same").numpy()
        assert ours == pytest.approx(theirs, rel=ROUNDING, abs=ROUNDING)
        padded = keras.ops.conv(np.pad(picture, around), kernel, strides=strides).numpy()
        assert np.allclose(padded, ours, atol=0.1) == (strides != 2)
    after = [[0, 0], [0, 1], [0, 1], [0, 0]]
    ours = keras.ops.conv(picture, kernel, strides=2, padding="same").numpy()
    padded = keras.ops.conv(np.pad(picture, after), kernel, strides=2).numpy()
    assert ours == pytest.approx(padded, rel=ROUNDING, abs=ROUNDING)


def test_gru_cell_resets_before_the_product() -> None:
    """One step of numpy's from a state of ones, by both formulas and in both orders."""
    given = inputs()
    x, state = given["sequences"][:1, 0], np.ones([1, 4], np.float32)
    names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
    gates, bias, kernel, own = (given[name] for name in names)
    both = 1 / (1 + np.exp(-(np.concatenate([x, state], 1) @ gates + bias)))
    reset, update = np.split(both, 2, axis=1)
    before = np.tanh(np.concatenate([x, reset * state], 1) @ kernel + own)
    after = np.tanh(x @ kernel[:3] + reset * (state @ kernel[3:]) + own)
    assert np.abs(before - after).max() > 0.1
    for reset_after, candidate in ((False, before), (True, after)):
        layer = keras.layers.GRU(4, reset_after=reset_after)
        layer.build([1, 1, 3])
        *kernels, bias_of_all = gru_weights(gates, bias, kernel, own)
        of_layer = [bias_of_all, 0 * bias_of_all] if reset_after else bias_of_all
        layer.set_weights([*kernels, np.array(of_layer)])
        expected = update * state + (1 - update) * candidate
        found = layer(x[:, None], initial_state=state).numpy()
        assert found == pytest.approx(expected, rel=1e-5)
    first = np.array(read_json(TENSORFLOW_1)["gru"]["0"][0])[0, 0]
    layer = keras.layers.GRU(4, reset_after=False)
    layer.build([1, 1, 3])
    layer.set_weights(gru_weights(gates, bias, kernel, own))
    assert layer(x[:, None]).numpy()[0] == pytest.approx(first, rel=1e-5)


def test_steps_past_the_end_repeat_the_last_output() -> None:
    given, recorded = inputs(), read_json(TENSORFLOW_1)
    theirs, lengths = np.array(recorded["outputs"]["0"][0]), given["lengths"]
    line = "keras.layers.LSTM(u, return_sequences=True)(x, mask=mask)"
    (ours,) = masked(line, given)[0]
    for of_theirs, of_ours, length in zip(theirs, ours, lengths, strict=True):
        assert of_ours[:length] == pytest.approx(of_theirs[:length], rel=1e-5)
        assert not of_theirs[length:].any()
        assert (of_ours[length:] == of_ours[length - 1]).all()
    zeros = ~given["sequences"].any(axis=-1)
    assert zeros[:, 1].all()
    assert (lengths > 1).all()
