"""`--tensorboard`: its files hold what `history.csv` and the checkpoints hold, bit for bit."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import run
from tests.support.losses import read_csv
from training.lanes.history import History
from training.machine.files import read_json
from training.parity.distance import relative_distance, ulp_distance
from training.reports import tensorboard

LANES = ("tf1", "exact", "idiomatic", "numpy")
OPTIONS = ("--tensorboard", "--hidden", 16, "--lanes", *LANES)


class Shown(NamedTuple):
    plugin: str
    steps: list[int]
    values: np.ndarray


def read(folder: Path) -> dict[str, Shown]:
    """Tag -> what the one event file in `folder` holds of it, in the order it was written."""
    (file,) = folder.iterdir()
    plugins: dict[str, str] = {}
    found: dict[str, list[tuple[int, np.ndarray]]] = {}
    for event in tf.compat.v1.train.summary_iterator(str(file)):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name:  # the first of a tag only
                plugins[value.tag] = value.metadata.plugin_data.plugin_name
            found.setdefault(value.tag, []).append((event.step, tf.make_ndarray(value.tensor)))
    return {
        tag: Shown(plugins[tag], [step for step, _ in events], np.stack([v for _, v in events]))
        for tag, events in found.items()
    }


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensorboard") / "run"
    assert run("compare", *OPTIONS, "--epochs", 6, "--out", folder) == 0
    return folder


@pytest.fixture(scope="module")
def resumed(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensorboard") / "more"
    options = ("--tensorboard", "--lanes", *LANES, "--epochs", 4, "--out", folder)
    assert run("resume", first_run, *options) == 0
    return folder


@pytest.mark.parametrize(("name", "first", "epochs"), [("first_run", 0, 6), ("resumed", 6, 4)])
def test_curves_are_history_csv(
    name: str, first: int, epochs: int, request: pytest.FixtureRequest
) -> None:
    """Every lane a run beside the others, the same tags in each, epochs for steps."""
    folder = request.getfixturevalue(name)
    losses = read_csv(folder / "history.csv")
    assert sorted(path.name for path in (folder / "tensorboard").iterdir()) == sorted(losses)
    epochs_run = list(range(first, first + epochs))
    results = read_json(folder / "results.json")["lanes"]
    for lane, of_lane in losses.items():
        shown = read(folder / "tensorboard" / lane)
        kernels = ("weights/W1", "weights/b1", "weights/W2", "weights/b2")
        assert set(shown) == {
            *("loss", "distance/ulp", "distance/relative", "accuracy/test", *kernels)
        }
        for tag, expected in (
            ("loss", of_lane),
            ("distance/ulp", ulp_distance(of_lane, losses["tf1"])),
            ("distance/relative", relative_distance(of_lane, losses["tf1"])),
        ):
            assert shown[tag].plugin == "scalars"
            assert shown[tag].steps == epochs_run
            assert shown[tag].values.tobytes() == expected.astype(np.float32).tobytes()
        accuracy = shown["accuracy/test"]
        assert accuracy.steps == [first + epochs]
        assert accuracy.values == np.float32(results[lane]["test_accuracy"])


def test_histograms_are_of_the_weights_before_and_after(first_run: Path, resumed: Path) -> None:
    """Every lane starts from the same weights; those after are those that were saved."""
    histograms = {lane: read(first_run / "tensorboard" / lane) for lane in LANES}
    reader = tf.train.load_checkpoint(str(first_run / "tf1" / "model.ckpt"))
    by_hand = np.load(first_run / "numpy.npz")
    for number, name in enumerate(("W1", "b1", "W2", "b2")):
        tag = f"weights/{name}"
        saved = reader.get_tensor(f"Variable_{number}" if number else "Variable")
        shown = histograms["tf1"][tag]
        assert shown.plugin == "histograms"
        assert shown.steps == [0, 6]
        assert shown.values[:, :, 2].sum(axis=1).tolist() == [saved.size, saved.size]
        counts, edges = np.histogram(saved, tensorboard.BUCKETS)
        assert shown.values[1, :, 0].tolist() == edges[:-1].tolist()
        assert shown.values[1, :, 2].tolist() == counts.tolist()
        assert (shown.values[0] != shown.values[1]).any()
        for lane in LANES:
            assert histograms[lane][tag].values[0].tobytes() == shown.values[0].tobytes()
        assert histograms["exact"][tag].values.tobytes() == shown.values.tobytes()
        expected = tensorboard.histogram(by_hand[name])
        assert histograms["numpy"][tag].values[1].tobytes() == expected.tobytes()
        went_on = read(resumed / "tensorboard" / "tf1")[tag]
        assert went_on.steps == [6, 10]
        assert went_on.values[0].tobytes() == shown.values[1].tobytes()


def test_numbers_that_are_not_finite_are_left_out_of_a_histogram(tmp_path: Path) -> None:
    weights = {"W1": np.array([np.nan, 1.0, 2.0, np.inf], np.float32)}
    history = History({"tf1": np.array([1.5], np.float32)}, {})
    found: Any = SimpleNamespace(history=history, reference="tf1", test_accuracy={"tf1": 0.5})
    lockstep: Any = SimpleNamespace(
        initial_weights=weights,
        trainees=[SimpleNamespace(name="tf1", weights=lambda: weights)],
    )
    tensorboard.write(tmp_path, found, lockstep)
    shown = read(tmp_path / "tf1")["weights/W1"].values
    assert shown[:, :, 2].sum(axis=1).tolist() == [2, 2]


def test_nothing_is_written_unless_asked_for(tmp_path: Path) -> None:
    assert run("compare", "--epochs", 1, "--lanes", "exact", "--out", tmp_path / "run") == 0
    assert not (tmp_path / "run" / "tensorboard").exists()
