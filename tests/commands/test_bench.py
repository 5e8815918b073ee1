"""`tf1keras bench` measures what it says, and the figures promised of it hold."""

import importlib.util
import statistics
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_models import article
from keras_models.trainees.micro_batch import MicroBatchTrainee, slices
from tests.conftest import run
from tests.support.losses import read_csv
from training import data
from training.data import Digits, Examples
from training.experiments import peer_process, peers
from training.experiments.peer_process import Process
from training.lanes import loop
from training.lanes.build import bind, build
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.bench import BenchConfig, Peer
from training.parity.bits import same_bits
from training.parity.distance import relative_distance
from training.reports import bench

CPU = Device("CPU", 0)
MEASURED: list[Peer] = ["exact", "sklearn"]
"""Those that a whole `bench` runs here."""


@pytest.mark.slow
def test_bench_measures_each_peer_against_the_floor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rows", 300, "--rounds", 2, "--peers", *MEASURED, "--out", tmp_path / "b"]
    assert run("bench", *options) == 0
    found = read_json(tmp_path / "b" / "bench.json")["rows"]["300"]
    assert list(found) == ["floor", *MEASURED]
    assert found["floor"]["to_floor"] == 1
    for of in found.values():
        assert of["n"] == 2
        assert 0 < of["min_s"] <= of["median_s"] <= of["max_s"]
        assert of["peak_mb"] > 50
    assert found["sklearn"]["to_fastest_peer"] == 1
    shown = capsys.readouterr().out
    assert "300 rows" in shown
    assert "sklearn" in shown
    assert (tmp_path / "b" / "bench.png").stat().st_size > 5000
    page = tmp_path / "b" / "report.html"
    assert "<td>" in page.read_text(encoding="utf-8")
    assert shown.endswith(f"\nResults: {tmp_path / 'b'}\nReport: {page}\n")


@pytest.mark.slow
def test_peak_memory_is_the_peers_own() -> None:
    """Linux hands the parent's largest resident size on to what it starts; here it is 1 GB."""
    ballast = np.ones(2**27)
    with Process("sklearn", 100) as process:
        assert process.failed is None
        assert 50 < process.peak_mb() < 700
    assert ballast.nbytes == 2**30


def test_missing_library_is_a_line_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install jax" in str(peer_process._missing("jax"))
    assert peer_process._missing("exact") is None
    lines = bench.lines({"floor": {"missing": "no"}, "jax": {"missing": "no"}})
    assert lines == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(peer, marks=pytest.mark.frameworks if peer in peers.NEEDS else [])
        for peer in peers.PEERS
        if peer not in ("floor", *MEASURED)
    ],
)
def test_every_other_peer_trains(peer: Peer) -> None:
    """The loss that it reaches falls; those that are there only for time do not say it."""
    if peer_process._missing(peer):
        pytest.skip(f"{peer}: `make frameworks`")
    process = Process(peer, 200)
    with process:
        assert process.failed is None
        assert process.seconds() > 0


def test_synthetic_rows_begin_with_the_same_ones() -> None:
    few, many = data.synthetic(1500), data.synthetic(2500)
    assert few.x.tobytes() == many.x[:1500].tobytes()
    assert few.y.tobytes() == many.y[:1500].tobytes()
    assert ((few.x >= 0) & (few.x < 1)).all()
    assert (few.y.sum(axis=1) == 1).all()


@pytest.mark.parametrize("rows", [1000, 999, 4000, pytest.param(7, marks=pytest.mark.slow)])
def test_slices_sum_to_the_full_batchs_gradient(rows: int, digits: Digits) -> None:
    """Also where the last slice is smaller; one slice of all rows is the full batch in bits."""
    x, y = (tf.constant(array) for array in digits.train)
    whole, sliced = build(["exact"], digits.train, 1, CPU), []
    model = article.build("exact")
    trainee = MicroBatchTrainee("exact", model, slices(x, y, rows), len(digits.train.x))
    trainee.load_weights(whole[0].weights())
    sliced.append(trainee)
    losses = [
        loop.train(of, 5, lambda epoch, losses: None).losses["exact"] for of in (whole, sliced)
    ]
    assert relative_distance(*losses).max() <= 1e-6
    if rows == len(digits.train.x):
        assert losses[0].tobytes() == losses[1].tobytes()


@pytest.mark.parametrize("rows", [1000, 999, pytest.param(7, marks=pytest.mark.slow)])
def test_gradient_of_slices_is_the_full_batchs(rows: int, digits: Digits) -> None:
    """Relative, before any update: the whole gradient as one vector.

    A bias's alone is up to 5e-6 away, for in one go it is the sum of 4,000 numbers one after the
    other, which is itself 4e-6 from float64; in slices it is 6e-7.
    """
    x, y = (tf.constant(array) for array in digits.train)
    (whole,) = build(["exact"], digits.train, 1, CPU)
    model = whole.model  # type: ignore[attr-defined]
    sliced = MicroBatchTrainee("exact", model, slices(x, y, rows), len(x))
    for part_x, part_y in slices(x, y, rows):
        sliced._add_slice(part_x, part_y, tf.constant(len(part_x) / len(x), tf.float32))
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    ours, theirs = (
        np.concatenate([array.numpy().ravel() for array in of]).astype(np.float64)
        for of in (sliced._sums, gradients)
    )
    assert np.linalg.norm(ours - theirs) <= 1e-6 * np.linalg.norm(theirs)


def test_bound_data_are_the_same_memory_where_they_can_be(digits: Digits) -> None:
    """TensorFlow aborts the process on an unaligned tensor, so such arrays are copied."""
    bound = bind(digits.train.x, CPU)
    assert np.from_dlpack(bound).ctypes.data == digits.train.x.ctypes.data
    for shift in range(1, 17):
        unaligned = np.arange(64, dtype=np.float32)[shift : shift + 32]
        copied = bind(unaligned, CPU)
        assert (copied[:4].numpy() == unaligned[:4]).all()
    turned = bind(digits.train.x[:64].T, CPU)
    assert (turned.numpy() == digits.train.x[:64].T).all()


@pytest.mark.slow
def test_a_run_by_slices_says_that_it_is_not_in_bits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--micro-batch", 900, "--epochs", 20, "--l2", 0.01, "--out", tmp_path / "run"]
    assert run("compare", "--lanes", "tf1", "exact", "idiomatic", *options) == 0
    assert "but not bit for bit" in capsys.readouterr().out
    losses = read_csv(tmp_path / "run" / "history.csv")
    assert relative_distance(losses["exact"], losses["tf1"]).max() <= 1e-6


@pytest.mark.slow
def test_several_epochs_in_a_call_change_no_bit(digits: Digits) -> None:
    every = ["tf1", "exact", "idiomatic", "numpy"]
    few = Examples(digits.train.x[::4].copy(), digits.train.y[::4].copy())
    found = []
    for per_call in (1, 7):
        trainees = build(every, few, 1234, CPU)  # type: ignore[arg-type]
        seen: list[int] = []
        history = loop.train(
            trainees, 20, lambda epoch, losses, seen=seen: seen.append(epoch), per_call=per_call
        )
        assert seen == list(range(20))
        found.append((history.losses, [trainee.weights() for trainee in trainees]))
    for lane in every:
        assert found[0][0][lane].tobytes() == found[1][0][lane].tobytes()
    assert all(same_bits(*pair) for pair in zip(found[0][1], found[1][1], strict=True))


@pytest.mark.alone
@pytest.mark.slow
def test_exact_lane_is_near_the_floor_at_few_rows() -> None:
    """Ratios on this machine: they scatter by three hundredths, so one of three."""
    assert any(_ratio("exact", "floor", 4000, rounds=5) <= 1.25 for _ in range(3))


@pytest.mark.alone
@pytest.mark.slow
def test_exact_lane_is_ahead_of_plain_fit() -> None:
    assert _ratio("keras_fit", "exact", 60000, rounds=3) >= 1.6


def _ratio(one: Peer, other: Peer, rows: int, rounds: int) -> float:
    """Return how many times as long an epoch of one takes as the other's, as `bench` does."""
    with Process(one, rows) as ours, Process(other, rows) as theirs:
        return statistics.median(ours.seconds() / theirs.seconds() for _ in range(rounds))


def test_bench_refuses_what_it_cannot_measure() -> None:
    with pytest.raises(Exception, match="sklearn cannot"):
        BenchConfig(peers=("exact", "sklearn"), micro_batch=100)
    assert BenchConfig(rows=(6000,), scale=10).sizes == (60000,)
