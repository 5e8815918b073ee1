"""Held against genuine TensorFlow 1.15.5: its checkpoints go to Keras, and ours back to it.

Needs TF115, a Python with TensorFlow 1.15.5 (`make tf115`), and REFERENCE, the folder of what it
recorded; skipped, each by its reason, where they are not set.
"""

import os
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.conftest import ROOT, golden
from tests.support import tf115
from tests.support.losses import read_csv
from tf1_compat import checkpoint
from tf1_compat.hyperparameters import Hyperparameters
from tf1_compat.program import Program
from training import cli
from training.data import Digits
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

VARIATIONS = {
    "formulas": Hyperparameters(cost="mse", optimizer="gradient_descent"),
    "l2": Hyperparameters(l2=0.01),
    "deep": Hyperparameters((784, 64, 32, 10), l1=0.001),
    "all": Hyperparameters((784, 30, 20, 20, 10), "mse", l1=0.001, l2=0.01),
}
"""By the names in tests/support/tf115.py, where they are written out."""

PAIR = ROOT / "tests" / "support" / "pair_of_rule.py"


@pytest.fixture(scope="module")
def reference() -> Path:
    folder = os.environ.get("REFERENCE")
    if not folder:
        pytest.skip("no genuine checkpoint: REFERENCE=DIR names the folder of TF 1.15.5's records")
    return Path(folder) / "mnist_5k-seed1234-ckpt" / "model.ckpt"


def tf115_python() -> str:
    """A Python with TensorFlow 1.15.5; skips where TF115 names none."""
    python = os.environ.get("TF115")
    if not python:
        pytest.skip("no TensorFlow 1.15.5: TF115=PYTHON names one, `make tf115` installs it")
    return python


def on_tf115(*arguments: object) -> None:
    """Run `tests/support/tf115.py` on TensorFlow 1.15.5."""
    done = subprocess.run(
        [tf115_python(), str(ROOT / "tests" / "support" / "tf115.py"), *map(str, arguments)],
        env={n: v for n, v in os.environ.items() if not n.startswith(("TF", "PYTHON"))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def run(*arguments: object) -> None:
    assert cli.main([str(argument) for argument in arguments]) == 0


@pytest.mark.parametrize("epochs", [150, pytest.param(500, marks=pytest.mark.soak)])
def test_training_goes_on_from_the_genuine_checkpoint_as_tensorflow_1_did(
    epochs: int, reference: Path, tmp_path: Path
) -> None:
    """From epoch 500 on every lane, against what TensorFlow 1.15.5 recorded."""
    run("resume", reference, "--epochs", epochs, "--out", tmp_path / "run")
    losses = read_csv(tmp_path / "run" / "history.csv")
    recorded = np.array(golden("mnist_5k-seed1234")["loss"])[500 : 500 + epochs]
    assert losses["exact"].tobytes() == losses["tf1"].tobytes()
    distance = {lane: relative_distance(of_lane, recorded) for lane, of_lane in losses.items()}
    assert distance["exact"][:50].max() <= TOLERANCES["other_kernels_first_epochs"].relative
    assert distance["exact"].max() <= TOLERANCES["other_kernels"].relative
    assert distance["idiomatic"][:50].max() <= TOLERANCES["idiomatic_resumed"].relative


def test_fit_goes_on_from_the_genuine_checkpoint(
    reference: Path, digits: Digits, tmp_path: Path
) -> None:
    """What a user does: migrate, load_model, fit."""
    run("migrate", reference, "--to", tmp_path / "a.keras")
    model = keras.models.load_model(tmp_path / "a.keras")
    x, y = digits.train
    fitted = model.fit(x, y, batch_size=len(x), epochs=50, shuffle=False, verbose=0)
    recorded = np.array(golden("mnist_5k-seed1234")["loss"])[500:550]
    distance = relative_distance(fitted.history["loss"], recorded).max()
    assert distance <= TOLERANCES["other_kernels_first_epochs"].relative


def test_variations_are_what_genuine_tensorflow_1_trains(digits: Digits, tmp_path: Path) -> None:
    """Other widths, costs, penalties and optimizers, written for TensorFlow 1.15.5 by hand."""
    np.savez(tmp_path / "data.npz", x=digits.train.x, y=digits.train.y)
    on_tf115("variations", tmp_path / "data.npz", 50, tmp_path / "out.npz")
    recorded = np.load(tmp_path / "out.npz")
    assert set(tf115.VARIATIONS) == set(VARIATIONS)
    for name, hyper in VARIATIONS.items():
        program = Program(*digits.train, seed=1234, hyper=hyper)
        for number, weight in enumerate(program.weights().values()):
            assert weight.tobytes() == recorded[f"{name}/initial/{number}"].tobytes()
        losses = [program.step() for _ in range(50)]
        far = relative_distance(losses, recorded[f"{name}/losses"]).max()
        depth = "other_kernels_first_epochs" if len(hyper.layers) < 4 else "other_kernels_deeper"
        assert far <= TOLERANCES[depth].relative, name


@pytest.mark.parametrize("lane", ["exact", "idiomatic"])
def test_genuine_tensorflow_1_restores_and_trains_on_from_keras(
    reference: Path, digits: Digits, tmp_path: Path, lane: str
) -> None:
    """Through Keras and back: TensorFlow 1.15.5 cannot tell it from never having left."""
    run("migrate", reference, "--to", tmp_path / "a.keras", "--lane", lane)
    run("migrate", tmp_path / "a.keras", "--to", tmp_path / "back" / "model.ckpt")
    np.savez(tmp_path / "data.npz", x=digits.train.x, y=digits.train.y)
    for prefix, out in ((reference, "stayed"), (tmp_path / "back" / "model.ckpt", "returned")):
        on_tf115("article", tmp_path / "data.npz", prefix, 20, tmp_path / f"{out}.npz")
    stayed, returned = (dict(np.load(tmp_path / f"{n}.npz")) for n in ("stayed", "returned"))
    assert {n: a.tobytes() for n, a in stayed.items()} == {
        n: a.tobytes() for n, a in returned.items()
    }
    recorded = np.array(golden("mnist_5k-seed1234")["loss"])[500:520]
    distance = relative_distance(returned["losses"], recorded).max()
    assert distance <= TOLERANCES["other_kernels_first_epochs"].relative


@pytest.fixture(scope="module")
def genuine_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("genuine")
    for rule in tf115.RULES:
        (folder / rule).mkdir()
    on_tf115("rules", folder)
    return folder


@pytest.mark.parametrize("rule", tf115.RULES)
def test_genuine_checkpoints_of_every_rule_go_on_in_keras(
    rule: str, genuine_rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RULE", rule)
    there = genuine_rules / rule / "model.ckpt"
    run("migrate", there, "--to", tmp_path / "a.keras", "--pair", PAIR)
    run("migrate", tmp_path / "a.keras", "--to", tmp_path / "b" / "model.ckpt", "--pair", PAIR)
    there_and_back = (checkpoint.read(prefix) for prefix in (there, tmp_path / "b" / "model.ckpt"))
    went, came = ({n: a.tobytes() for n, a in of.items()} for of in there_and_back)
    assert went == came
    model = keras.models.load_model(tmp_path / "a.keras")
    losses = [model.train_on_batch(*tf115.batch()) for _ in range(tf115.UPDATES)]
    later = np.load(genuine_rules / rule / "later.npz")
    assert (
        relative_distance(losses, later["losses"]).max()
        <= TOLERANCES["other_kernels_first_epochs"].relative
    )


def test_genuine_frozen_graph_and_saved_model_give_their_weights(
    reference: Path, tmp_path: Path
) -> None:
    on_tf115("frozen", reference, tmp_path)
    for name, step in (("frozen.pb", 0), ("saved_model", 500)):
        run("migrate", tmp_path / name, "--to", tmp_path / f"{name}.keras")
        model = keras.models.load_model(tmp_path / f"{name}.keras")
        assert model.optimizer.iterations.numpy() == step
        kernel = checkpoint.read(reference)["Variable"]
        assert model.get_layer("hidden_layer").kernel.numpy().tobytes() == kernel.tobytes()
