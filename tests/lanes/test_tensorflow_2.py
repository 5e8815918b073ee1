"""The lanes tf2: TensorFlow 1 bit for bit with its update, a known distance with Keras' Adam."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import run
from tests.support.losses import read_csv
from tf1_compat.hyperparameters import Hyperparameters
from training.data import Digits, Examples
from training.lanes import loop
from training.lanes.build import Manner, build
from training.machine.devices import Device
from training.machine.files import read_json
from training.parity.bits import same_bits
from training.parity.distance import relative_distance
from training.parity.tolerances import FIRST_EPOCHS, TOLERANCES

CPU = Device("CPU", 0)
LANES = ("tf2", "tf2-exact")


@pytest.fixture
def few(digits: Digits) -> Examples:
    return Examples(digits.train.x[::8].copy(), digits.train.y[::8].copy())


def test_with_tensorflow_1s_update_it_is_the_graph_in_float64_too(few: Examples) -> None:
    """tests/keras_models/test_variations.py says it of every variation in float32."""
    manner = Manner(precision="float64")
    tf1, exact = build(["tf1", "tf2-exact"], few, 7, CPU, manner=manner)
    found = loop.train([tf1, exact], 30, lambda epoch, losses: None).losses
    assert found["tf1"].dtype == found["tf2-exact"].dtype == np.float64
    assert found["tf1"].tobytes() == found["tf2-exact"].tobytes()
    assert same_bits(tf1.weights(), exact.weights())


def test_with_stock_pieces_its_distance_is_kerass_adams(few: Examples) -> None:
    """Not the bias': `+` is TensorFlow 1's own."""
    trainees = build(["tf1", "tf2"], few, 7, CPU)
    losses = loop.train(trainees, FIRST_EPOCHS, lambda epoch, losses: None).losses
    largest = relative_distance(losses["tf2"], losses["tf1"]).max()
    assert 0 < largest < TOLERANCES["other_frameworks"].relative


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("optimizer", ["adam", "gradient_descent"])
def test_state_goes_out_and_in_bit_for_bit(lane: str, optimizer: str, few: Examples) -> None:
    hyper = Hyperparameters(optimizer=optimizer)  # type: ignore[arg-type]
    (first,) = build([lane], few, 1234, CPU, hyper)
    for _ in range(3):
        first.step()
    state, snapshot = first.state(), first.snapshot()
    assert state.step == 3
    theirs = first.steps(4)
    for seed, give in ((1, "state"), (2, "snapshot")):
        (other,) = build([lane], few, seed, CPU, hyper)
        if give == "state":
            other.load_state(state)
        else:
            other.restore(snapshot)
        assert other.steps(4) == theirs
        assert same_bits(other.weights(), first.weights())


@pytest.mark.parametrize("lane", LANES)
def test_the_tf1_graphs_state_fits(lane: str, few: Examples) -> None:
    """Training goes on from a TensorFlow 1 checkpoint, with its update bit for bit."""
    tf1, other = build(["tf1", lane], few, 1234, CPU)
    tf1.steps(5)
    other.load_state(tf1.state())
    ours, theirs = np.array(other.steps(5)), np.array(tf1.steps(5))
    if lane == "tf2-exact":
        assert ours.tobytes() == theirs.tobytes()
    else:
        assert relative_distance(ours, theirs).max() < TOLERANCES["idiomatic_resumed"].relative


@pytest.mark.slow
def test_a_run_with_them_is_saved_resumed_and_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, resumed = tmp_path / "run", tmp_path / "resumed"
    lanes = ("--lanes", "tf1", *LANES)
    assert run("compare", "--epochs", 6, *lanes, "--out", folder) == 0
    said = capsys.readouterr().out
    assert "the tf2 lane drifts by at most" in said
    assert "the tf2-exact lane does not drift" in said
    found = read_json(folder / "results.json")["lanes"]
    assert found["tf2-exact"]["max_ulp"] == 0 < found["tf2"]["max_ulp"]
    for lane in LANES:
        saved = tf.train.load_checkpoint(str(folder / lane / "ckpt"))
        assert any(name.startswith("W1/") for name in saved.get_variable_to_shape_map())
    assert run("resume", folder, "--epochs", 4, *lanes, "--out", resumed) == 0
    losses = read_csv(resumed / "history.csv")
    assert losses["tf1"].tobytes() == losses["tf2-exact"].tobytes()
    assert run("compare", "--epochs", 10, *lanes, "--out", tmp_path / "whole") == 0
    whole = read_csv(tmp_path / "whole" / "history.csv")
    for lane in ("tf1", *LANES):
        assert losses[lane].tobytes() == whole[lane][6:].tobytes()
