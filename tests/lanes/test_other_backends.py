"""The everyday Keras model on JAX and on PyTorch, beside TensorFlow 1's graph.

Needs the extras `jax` and `torch` (`make frameworks`); without one, its lane is skipped by name.
"""

import importlib.util
import os
import signal
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.conftest import run, tf1keras
from tests.support.losses import read_csv
from tf1_compat.hyperparameters import Hyperparameters
from training.data import Digits, Examples
from training.errors import UserError
from training.lanes import loop
from training.lanes.build import build
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.lanes import PACKAGES
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

CPU = Device("CPU", 0)
COMPILED = (
    "__import__('training.lanes.other_backends').lanes.other_backends._here['model'].jit_compile"
)
"""In the other process: whether Keras compiles the step, as on JAX it does unless told not to."""
LANES = [
    pytest.param(
        lane,
        marks=[
            pytest.mark.frameworks,
            pytest.mark.skipif(
                importlib.util.find_spec(package) is None, reason=f"no {package}: `make frameworks`"
            ),
        ],
    )
    for lane, package in PACKAGES.items()
]


@pytest.mark.slow
@pytest.mark.parametrize("lane", LANES)
def test_another_framework_follows_tensorflow_1_for_a_hundred_epochs(
    lane: str, tmp_path: Path
) -> None:
    """Run as a user runs it: same table, same picture, same files as the other lanes."""
    done = tf1keras(
        *("compare", "--lanes", "tf1", lane, "--epochs", "100", "--out", "run"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    losses = read_csv(tmp_path / "run" / "history.csv")
    assert list(losses) == ["tf1", lane]
    assert len(losses[lane]) == 100
    far = relative_distance(losses[lane], losses["tf1"])
    assert 0 < far.max() <= TOLERANCES["other_frameworks"].relative
    assert f"{lane} lane drifts" in done.stdout
    assert f"executed {lane}: 4 updated weights on /CPU:0" in done.stderr
    assert "Traceback" not in done.stderr
    assert "oneDNN" not in done.stderr  # nothing of TensorFlow's in the other process
    result = read_json(tmp_path / "run" / "results.json")["lanes"]
    assert result[lane]["test_accuracy"] == pytest.approx(result["tf1"]["test_accuracy"], abs=0.02)
    saved = tmp_path / "run" / f"{lane}.keras"
    assert keras.models.load_model(saved).optimizer.iterations.numpy() == 100
    assert (
        run("resume", saved, "--lanes", "tf1", "exact", "--epochs", 2, "--out", tmp_path / "r") == 0
    )
    assert run("migrate", saved, "--to", tmp_path / "b" / "model.ckpt") == 0


@pytest.mark.parametrize("lane", LANES)
def test_its_state_goes_out_and_in_bit_for_bit(lane: Any, digits: Digits) -> None:
    """From TensorFlow 1's state, ten epochs on; and from its own, the same bits again.

    A process that ends is a message.
    """
    tf1, trainee = build(["tf1", lane], digits.train, 1234, CPU)
    for _ in range(10):
        tf1.step()
    trainee.load_state(tf1.state())
    assert all((trainee.weights()[n] == array).all() for n, array in tf1.weights().items())
    both = loop.train([tf1, trainee], 10, lambda epoch, losses: None).losses
    assert np.allclose(both["tf1"], both[lane], rtol=TOLERANCES["other_frameworks"].relative)
    assert trainee._call(eval, COMPILED) is (lane == "keras-jax")  # type: ignore[attr-defined]
    state = trainee.state()
    assert state.step == 20
    later = [trainee.step() for _ in range(3)]
    trainee.load_state(state)
    assert [trainee.step() for _ in range(3)] == later
    (process,) = trainee._child._processes  # type: ignore[attr-defined]
    os.kill(process, signal.SIGKILL)
    with pytest.raises(UserError, match=f"lane {lane}: its process ended"):
        trainee.step()


@pytest.mark.parametrize("lane", LANES)
def test_random_state_goes_over(lane: Any, digits: Digits) -> None:
    """A new process, set to what an older one had reached, draws the same masks."""
    few = Examples(digits.train.x[:500], digits.train.y[:500])
    hyper = Hyperparameters(dropout=0.3)
    (first,) = build([lane], few, 1234, CPU, hyper)
    losses = [first.step() for _ in range(3)]
    snapshot = first.snapshot()
    later = [first.step() for _ in range(3)]
    assert len({*losses, *later}) == 6
    (second,) = build([lane], few, 99, CPU, hyper)
    second.restore(snapshot)
    assert [second.step() for _ in range(3)] == later


@pytest.mark.slow
@pytest.mark.parametrize("lane", LANES)
def test_variations_and_dropout_run_there_too(lane: str, tmp_path: Path) -> None:
    options = ["--hidden", 20, 10, "--cost", "mse", "--l2", 0.01, "--epochs", 20]
    assert run("compare", "--lanes", "tf1", lane, *options, "--out", tmp_path / "run") == 0
    losses = read_csv(tmp_path / "run" / "history.csv")
    far = relative_distance(losses[lane], losses["tf1"]).max()
    assert far <= TOLERANCES["other_frameworks"].relative
    options += ["--dropout", 0.5, "--out", tmp_path / "dropped"]
    assert run("compare", "--lanes", "tf1", lane, *options) == 0
    dropped = read_csv(tmp_path / "dropped" / "history.csv")
    assert (dropped["tf1"] == losses["tf1"]).all()
    assert relative_distance(dropped[lane], losses["tf1"]).min() > 1e-3


@pytest.mark.parametrize("lane", PACKAGES)
def test_missing_extra_is_one_line_that_says_what_to_install(
    lane: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert run("compare", "--lanes", "tf1", lane) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert f"make frameworks, or pip install {PACKAGES[lane]}" in message
    assert list(tmp_path.iterdir()) == []
