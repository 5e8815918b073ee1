"""Every variation of the article's model keeps the promise: TensorFlow 1 = exact, bit for bit."""

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models import article
from tests.conftest import run
from tests.slow import few_of
from tests.support.losses import read_csv
from tf1_compat import checkpoint
from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.program import Program
from training.data import Digits, Examples
from training.lanes import loop
from training.lanes.build import build
from training.lanes.by_hand import Backpropagation
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.compare import CompareConfig
from training.parity.bits import same_bits
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

CPU = Device("CPU", 0)
ROWS = 499
"""Few, but more than one thread's, and a number that nothing divides."""
PENALTIES = {"none": {}, "l1": {"l1": 1e-3}, "l2": {"l2": 1e-2}}
MATRIX = [
    Hyperparameters(cost=cost, optimizer=optimizer, **penalty)  # type: ignore[arg-type]
    for cost, optimizer, penalty in itertools.product(
        ("cross_entropy", "mse"), ("adam", "gradient_descent"), PENALTIES.values()
    )
]
KEPT = [MATRIX[n] for n in (0, 5, 7)]
"""Each cost, optimizer and penalty once at least."""


def few(digits: Digits, rows: int) -> Examples:
    """The first rows of every fourth of mnist_5k, which is sorted by class."""
    return Examples(digits.train.x[::4][:rows].copy(), digits.train.y[::4][:rows].copy())


def trained(
    hyper: Hyperparameters, examples: Examples, epochs: int, *names: Any
) -> tuple[dict[str, np.ndarray], list[dict[str, np.ndarray]]]:
    trainees = build(names, examples, 1234, CPU, hyper)
    history = loop.train(trainees, epochs, lambda epoch, losses: None)
    return dict(history.losses), [trainee.weights() for trainee in trainees]


def assert_identical(hyper: Hyperparameters, examples: Examples, epochs: int) -> None:
    losses, weights = trained(hyper, examples, epochs, "tf1", "exact", "tf2-exact")
    assert losses["tf1"].tobytes() == losses["exact"].tobytes() == losses["tf2-exact"].tobytes()
    assert all(same_bits(weights[0], others) for others in weights[1:])
    assert losses["tf1"][-1] < losses["tf1"][0]


@pytest.mark.parametrize("hyper", few_of(MATRIX, *KEPT), ids=Hyperparameters.describe)
def test_exact_lane_is_tensorflow_1_for_two_hundred_epochs(
    hyper: Hyperparameters, digits: Digits
) -> None:
    assert_identical(hyper, few(digits, ROWS), 200)


@pytest.mark.parametrize("hyper", few_of(MATRIX, *KEPT), ids=Hyperparameters.describe)
def test_by_hand_is_tensorflow_1_in_float64_for_fifty_epochs(
    hyper: Hyperparameters, digits: Digits
) -> None:
    examples = few(digits, ROWS)
    program = Program(*examples, seed=1234, dtype=tf.float64, hyper=hyper)
    numpy = Backpropagation(*examples, program.weights(), hyper)
    theirs, ours = ([trainee.step() for _ in range(50)] for trainee in (program, numpy))
    assert ours[0].dtype == theirs[0].dtype == np.float64
    allowed = TOLERANCES["by_hand_in_float64"].relative
    assert relative_distance(ours, theirs).max() <= allowed
    for name, array in program.weights().items():
        assert np.allclose(numpy.weights()[name], array, rtol=0, atol=allowed)


@pytest.mark.parametrize(
    "hyper",
    [
        Hyperparameters((784, 30, 10), l1=1e-3, l2=1e-2),
        Hyperparameters((784, 1, 10), "mse", "gradient_descent", l1=1e-3, l2=1e-2),
        Hyperparameters((784, 60, 50, 40, 30, 10), "mse", l2=0.1),
        pytest.param(
            Hyperparameters((784, *[16] * 12, 10), l1=1e-4, learning_rate=0.01),
            marks=pytest.mark.slow,
        ),
    ],
    ids=Hyperparameters.describe,
)
def test_exact_lane_is_tensorflow_1_for_any_widths_and_both_penalties(
    hyper: Hyperparameters, digits: Digits
) -> None:
    """Both penalties: three terms in one gradient. Twelve layers: fourteen in one cost."""
    assert_identical(hyper, few(digits, 250), 60)


@pytest.mark.slow
def test_parity_holds_at_ten_million_parameters(digits: Digits) -> None:
    hyper = Hyperparameters((784, 2048, 2048, 2048, 10))
    assert hyper.parameters == 10_020_874
    assert_identical(hyper, few(digits, 500), 4)


@pytest.mark.parametrize("lane", ["exact", "idiomatic"])
@pytest.mark.parametrize(("cost", "optimizer"), [("mse", "gradient_descent"), ("mse", "adam")])
def test_a_model_tells_what_it_was_built_with(lane: Any, cost: Any, optimizer: Any) -> None:
    """Also after it was saved and loaded; what it computes stays, in TensorFlow 1's terms."""
    hyper = Hyperparameters((784, 7, 5, 10), cost, optimizer, 0.02, l1=0.01, l2=0.5)
    model = article.build(lane, seed=1, hyper=hyper)
    assert article.hyperparameters(model) == hyper
    x = np.random.default_rng(0).random((6, 784), np.float32)
    y = np.eye(10, dtype=np.float32)[:6]
    program = Program(x, y, seed=0, hyper=hyper)
    program.load_weights(dict(zip(hyper.names, model.get_weights(), strict=True)))
    loss = model.compute_loss(x, y, model(x))
    assert float(loss) == pytest.approx(float(program.step()), rel=1e-6)


def test_idiomatic_variations_are_made_of_stock_keras() -> None:
    hyper = Hyperparameters(LISTING.widths, "mse", "gradient_descent", l1=1e-3, l2=0.02)
    model = article.build("idiomatic", hyper=hyper)
    penalty = model.get_layer("hidden_layer").kernel_regularizer
    parts = [*model.layers, model.optimizer, model.loss, penalty]
    assert {type(part).__module__.split(".")[0] for part in parts} == {"keras"}
    assert penalty.get_config() == {"l1": 1e-3, "l2": 0.01}
    with pytest.raises(ValueError, match="expected 0 in the exact lane"):
        article.build("exact", hyper=Hyperparameters(dropout=0.5))


def test_stop_below_ends_all_lanes_at_the_same_epoch(digits: Digits) -> None:
    (free,) = trained(LISTING, digits.train, 30, "tf1")[0].values()
    below = float(free[17])
    trainees = build(["tf1", "idiomatic", "numpy"], digits.train, 1234, CPU)
    history = loop.train(trainees, 30, lambda epoch, losses: None, stop_below=below)
    assert history.losses["tf1"].tolist() == free[:19].tolist()
    assert {len(losses) for losses in history.losses.values()} == {19}


@pytest.mark.slow
@pytest.mark.parametrize(("below", "said"), [(95, "Stopped after "), (1, "did not fall below 1")])
def test_the_screen_says_how_it_stopped(
    below: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--lanes", "tf1", "exact", "--epochs", 9, "--stop-below", below]
    assert run("compare", *options, "--out", tmp_path / "run") == 0
    assert said in capsys.readouterr().out
    assert read_json(tmp_path / "run" / "results.json")["stop_below"] == below
    assert run("article", "--epochs", 9, "--stop-below", below) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(read_csv(tmp_path / "run" / "history.csv")["tf1"])


@pytest.mark.slow
def test_dropout_is_the_idiomatic_lanes_and_the_screen_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other lanes are what they are without it; a rerun draws the same masks."""
    options = ["--dropout", 0.5, "--epochs", 6, "--lanes", "tf1", "exact", "idiomatic"]
    for name in ("run", "again"):
        assert run("compare", *options, "--out", tmp_path / name) == 0
    shown = capsys.readouterr().out
    assert "idiomatic lane differs" in shown
    assert "no two frameworks draw the same masks" in shown
    losses, again = (read_csv(tmp_path / name / "history.csv") for name in ("run", "again"))
    assert losses["idiomatic"].tobytes() == again["idiomatic"].tobytes()
    (plain,) = trained(LISTING, Examples(*_train()), 6, "exact")[0].values()
    assert losses["tf1"].tobytes() == losses["exact"].tobytes() == plain.tobytes()
    assert relative_distance(losses["idiomatic"], plain).min() > 1e-3


def test_layers_of_the_same_width_drop_other_units() -> None:
    hyper = Hyperparameters((784, 64, 64, 10), dropout=0.5)
    model = article.build("idiomatic", seed=3, hyper=hyper)
    masks = [
        layer(tf.ones([8, 64]), training=True).numpy()
        for layer in model.layers
        if isinstance(layer, keras.layers.Dropout)
    ]
    assert len(masks) == 2
    assert (masks[0] != masks[1]).any()


def _train() -> Examples:
    from training import data

    return data.load("mnist_5k").train


def test_defaults_are_the_listing() -> None:
    assert CompareConfig().hyper == LISTING
    assert LISTING.parameters == 101_770
    assert LISTING.names == ("W1", "b1", "W2", "b2")
    assert LISTING.variables == checkpoint.of_article(LISTING).weights
