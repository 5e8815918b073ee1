"""docs/tf1-to-keras.md: its statements on numbers, initial values and layers are computed."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import golden
from tests.promises.test_genuine import on_tf115
from tests.support.tf1_to_keras import ROUNDING, batch, session_run, v1


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
