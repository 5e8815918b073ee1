"""Checkpoints of the graphs in examples/tf115, as TensorFlow 1.15.5 wrote them: there and back.

Needs REFERENCE, beside whose folder `graphs` lies, with a folder of each graph, and TF115; skipped,
each by its reason, where they are not set.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.conftest import ROOT
from tests.promises.test_genuine import run, tf115_python
from tf1_compat import checkpoint
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

GRAPHS = {
    *("a1_mlp_layers", "a2_convnet_layers", "a3_convnet_bn", "a4_text_lstm", "a5_regression_l2"),
    *("a6_autoencoder", "a7_two_inputs", "a8_slim_style"),
}


@pytest.fixture(scope="module")
def recorded() -> Path:
    folder = os.environ.get("REFERENCE")
    if not folder or not (Path(folder).parent / "graphs").is_dir():
        pytest.skip("no genuine checkpoints: REFERENCE=DIR, with the folder graphs beside DIR")
    return Path(folder).parent / "graphs"


@pytest.fixture(scope="module")
def back(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every checkpoint, as NAME/model.ckpt, that went to NAME.keras and back."""
    folder = tmp_path_factory.mktemp("back")
    for name in GRAPHS:
        pair = ROOT / "examples" / "tf115" / f"{name.partition('_')[2]}_exact.py"
        there = folder.parent / f"{name}.keras"
        run("migrate", recorded / name / "model.ckpt", "--to", there, "--pair", pair, "--quiet")
        run("migrate", there, "--to", folder / name / "model.ckpt", "--pair", pair, "--quiet")
    return folder


def batch(truth: Any, arrays: Any, step: int) -> tuple[Any, Any]:
    """Return x and y of an update after the checkpoint."""
    roles = truth["placeholders"]
    x, y = (
        {name: arrays[name][step] for name, role in roles.items() if kind in role}
        for kind in ("input", "label")
    )
    return x if len(x) > 1 else next(iter(x.values())), next(iter(y.values()))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_it_comes_back_bit_for_bit_and_keras_trains_on_as_tensorflow_1_did(
    name: str, recorded: Path, back: Path
) -> None:
    went, came = (checkpoint.read(one / name / "model.ckpt") for one in (recorded, back))
    bits = [{n: (a.dtype, a.tobytes()) for n, a in arrays.items()} for arrays in (went, came)]
    assert bits[0] == bits[1]
    truth = json.loads((recorded / name / "truth.json").read_text())
    model = keras.models.load_model(back.parent / f"{name}.keras")
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0  # as in the updates whose losses are on record
    with np.load(recorded / name / "batches.npz") as arrays:
        losses = [model.train_on_batch(*batch(truth, arrays, step)) for step in range(30)]
    far = relative_distance(losses, truth["losses_after"]).max()
    assert far <= TOLERANCES["other_kernels"].relative
    assert far * 100 < relative_distance(truth["losses_without_updates"], losses).max()


@pytest.mark.slow
def test_genuine_tensorflow_1_trains_on_from_what_came_back(
    recorded: Path, back: Path, tmp_path: Path
) -> None:
    """It cannot tell it from what never left."""
    script = ROOT / "tests" / "support" / "tf115_graphs.py"
    command = [tf115_python(), str(script), str(recorded), str(back), str(tmp_path / "losses.json")]
    env = {n: v for n, v in os.environ.items() if not n.startswith(("TF", "PYTHON"))}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    losses = json.loads((tmp_path / "losses.json").read_text())
    assert set(losses) == GRAPHS
    for name, (stayed, returned) in losses.items():
        truth = json.loads((recorded / name / "truth.json").read_text())
        far = relative_distance(returned, truth["losses_after"]).max()
        assert stayed == returned
        assert far <= TOLERANCES["other_kernels"].relative, name
