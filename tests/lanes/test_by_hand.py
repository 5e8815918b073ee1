"""Backpropagation by hand is right: against differences, and against formulas worked on paper."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.figures import worked_example
from keras_models import article
from keras_models.trainees.compiled import KerasTrainee
from tests.conftest import run
from tests.support.losses import read_csv
from tf1_compat.hyperparameters import Cost, Hyperparameters
from tf1_compat.program import Program
from training.data import Digits
from training.lanes import loop
from training.lanes.build import build
from training.lanes.by_hand import Backpropagation
from training.machine.devices import Device

STEP = 1e-6


def small(seed: int, hyper: Hyperparameters, rows: int = 7) -> Backpropagation:
    random = np.random.default_rng(seed)
    weights = {}
    for number, (inputs, units) in enumerate(hyper.layers, 1):
        weights[f"W{number}"] = random.normal(size=(inputs, units))
        weights[f"b{number}"] = random.normal(size=units)
    y = np.eye(hyper.widths[-1])[random.integers(hyper.widths[-1], size=rows)]
    return Backpropagation(random.normal(size=(rows, hyper.widths[0])), y, weights, hyper)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    hidden=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    cost=st.sampled_from(["cross_entropy", "mse"]),
    penalties=st.sampled_from([(0.0, 0.0), (0.1, 0.0), (0.0, 0.3), (0.1, 0.3)]),
)
def test_gradients_are_the_central_differences(
    seed: int, hidden: list[int], cost: Cost, penalties: tuple[float, float]
) -> None:
    """(J(theta + h) - J(theta - h)) / 2h, for every number, of networks of any depth.

    A relu or |w| that bends within h of where it is would give half the slope; such numbers are
    left out, and there are few of them.
    """
    hyper = Hyperparameters((4, *hidden, 3), cost, l1=penalties[0], l2=penalties[1])
    network, compared = small(seed, hyper), 0
    x, y = network._x, network._y
    _, gradients = network.gradients(x, y)
    for name, weight in network.weights().items():
        for index in np.ndindex(weight.shape):
            costs = []
            for way in (STEP, 0, -STEP):
                moved = network.weights()
                moved[name][index] += way
                network.load_weights(moved)
                costs.append(network.gradients(x, y)[0])
                moved[name][index] = weight[index]
                network.load_weights(moved)
            right, left = (costs[0] - costs[1]) / STEP, (costs[1] - costs[2]) / STEP
            scale = max(1, abs(gradients[name][index]), costs[1])
            if abs(right - left) < 1e-3 * scale:  # no bend between
                compared += 1
                assert (right + left) / 2 == pytest.approx(
                    gradients[name][index], abs=1e-6 * scale
                ), (name, index)
    assert compared >= 0.9 * hyper.parameters


def test_step_7_stops_at_the_first_error_below_the_threshold() -> None:
    free = small(0, Hyperparameters((4, 5, 3), learning_rate=0.05)).repeat(0.0, 60)
    assert len(free) == 60
    threshold = free[30]
    stopped = small(0, Hyperparameters((4, 5, 3), learning_rate=0.05)).repeat(threshold, 60)
    assert stopped == free[: next(i for i, cost in enumerate(free) if cost < threshold) + 1]


@pytest.mark.parametrize("side", ["tf1", "exact", "numpy"])
def test_every_side_computes_the_numbers_worked_by_hand(side: str) -> None:
    """2-2-1, squared error, gradient descent: loss and new weights, equal in every bit."""
    hyper = Hyperparameters(
        (2, 2, 1), "mse", "gradient_descent", learning_rate=float(worked_example.ALPHA)
    )
    theta = {n: np.array(v, np.float32) for n, v in worked_example.THETA.items()}
    x = np.array(worked_example.X, np.float32)
    y = np.array(worked_example.Y, np.float32)[:, None]
    trainee: Any
    if side == "tf1":
        trainee = Program(x, y, seed=0, hyper=hyper)
    elif side == "exact":
        model = article.build("exact", hyper=hyper)
        trainee = KerasTrainee("exact", model, tf.constant(x), tf.constant(y), hyper=hyper)
    else:
        trainee = Backpropagation(x, y, theta, hyper)
    trainee.load_weights(theta)
    assert trainee.step() == float(worked_example.mse(worked_example.THETA))
    by_hand = worked_example.update(worked_example.THETA)
    for name, array in trainee.weights().items():
        assert (array == np.array(by_hand[name], array.dtype)).all(), name
    assert trainee.step() == pytest.approx(float(worked_example.mse(by_hand)), rel=1e-7)


def test_example_meets_an_open_and_a_closed_relu() -> None:
    entered, _, _ = worked_example.forward(worked_example.THETA)
    signs = {z > 0 for z in itertools.chain(*entered)}
    assert signs == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "gradient_descent"])
def test_numpy_goes_on_from_tensorflow_1s_state(optimizer: Any, digits: Digits) -> None:
    """Weights, slots, powers and step are all there: a lane that has left goes on as it would."""
    hyper = Hyperparameters(optimizer=optimizer)
    cpu = Device("CPU", 0)
    tf1, numpy = build(["tf1", "numpy"], digits.train, 5, cpu, hyper)
    loop.train([tf1], 10, lambda epoch, losses: None)
    numpy.load_state(tf1.state())
    recorded = loop.train([tf1, numpy], 10, lambda epoch, losses: None).losses
    assert np.allclose(recorded["tf1"], recorded["numpy"], rtol=1e-6, atol=0)
    state, again = numpy.state(), build(["numpy"], digits.train, 6, cpu, hyper)[0]
    again.load_state(state)
    assert again.step() == numpy.step()


@pytest.mark.slow
def test_numpy_lane_judges_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--lanes", "numpy", "idiomatic", "tf1", "--epochs", 60, "--out", tmp_path / "run"]
    assert run("compare", *options) == 0
    losses = read_csv(tmp_path / "run" / "history.csv")
    assert list(losses) == ["tf1", "idiomatic", "numpy"]
    assert [of.dtype for of in losses.values()] == ["float32", "float32", "float64"]
    assert "From the exact arithmetic of the numpy lane" in capsys.readouterr().out
    saved = np.load(tmp_path / "run" / "numpy.npz", allow_pickle=False)
    assert saved["W1"].shape == saved["m of W1"].shape == (784, 128)
