"""A PAIR.py with tf.layers, rnn_cell or slim: runs with the extra `legacy`, or is told of it."""

import importlib.util
import os
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from tests.conftest import run, tf1keras
from training.model_files import legacy_layers

PAIR = """
import keras
import tensorflow as tf
SLIM

tf1 = tf.compat.v1


def tf1_graph():
    x = tf1.placeholder(tf.float32, [None, 5, 4])
    y = tf1.placeholder(tf.float32, [None, 3])
    _, last = tf1.nn.dynamic_rnn(tf1.nn.rnn_cell.BasicRNNCell(6), x, dtype=tf.float32)
    logits = tf1.layers.dense(tf_slim.fully_connected(last, 4), 3)
    cost = tf1.losses.softmax_cross_entropy(y, logits)
    train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": logits}


def keras_model():
    from keras_models.exact import TF1RNNCell

    layers = [keras.layers.RNN(TF1RNNCell(6)), keras.layers.Dense(4, "relu")]
    model = tf.keras.Sequential([keras.Input([5, 4]), *layers, keras.layers.Dense(3)])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.CategoricalCrossentropy(from_logits=True))
    return model
"""
WITH_SLIM = PAIR.replace("SLIM", "import tf_slim")
WITHOUT = PAIR.replace("SLIM", "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (WITHOUT, "`BasicRNNCell` is not available with Keras 3."),
        ("import no_such_package", "No module named 'no_such_package'"),
    ],
)
def test_without_the_extra_the_message_says_what_to_install(
    code: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(legacy_layers, "find_spec", lambda package: None)
    (tmp_path / "pair.py").write_text(code)
    assert run("check", tmp_path / "pair.py") == 2
    told = capsys.readouterr().err
    assert said in told
    assert ("`legacy`: make legacy, or pip install" in told) == (code == WITHOUT)
    assert ("Fix that first" in told) == (code != WITHOUT)


@pytest.mark.parametrize("own", [None, "0"])
def test_tensorflow_is_told_only_meanwhile_and_keras_stays(
    own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not where the user has chosen."""
    monkeypatch.setattr(legacy_layers, "find_spec", lambda package: True)
    monkeypatch.delenv(legacy_layers.SWITCH, raising=False)
    if own is not None:
        monkeypatch.setenv(legacy_layers.SWITCH, own)
    with legacy_layers.found():
        assert os.environ[legacy_layers.SWITCH] == (own or "1")
        assert tf.keras.Model is keras.Model
    assert os.environ.get(legacy_layers.SWITCH) == own


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("tf_keras") is None or importlib.util.find_spec("tf_slim") is None,
    reason="no tf-keras or no tf-slim: `make legacy`",
)
def test_with_the_extra_the_pair_is_identical(tmp_path: Path) -> None:
    """In a process of its own: TensorFlow chooses once."""
    (tmp_path / "pair.py").write_text(WITH_SLIM)
    done = tf1keras("check", "pair.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "IDENTICAL" in done.stdout
