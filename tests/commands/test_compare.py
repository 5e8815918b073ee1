"""`tf1keras compare`, run as a user runs it: what it proves, what it writes, how it ends."""

import hashlib
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import golden, tf1keras
from tests.support.losses import read_csv
from training.commands import compare
from training.data import Digits
from training.errors import UserError
from training.experiments import comparison, verdict
from training.lanes import loop
from training.lanes.history import History
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.compare import CompareConfig
from training.parity.distance import relative_distance
from training.parity.judgement import Parity, within_other_kernels
from training.parity.tolerances import FIRST_EPOCHS, TOLERANCES
from training.runs import folders


def test_exact_lane_equals_tensorflow_1_in_all_thousand_epochs(default_run: Path) -> None:
    losses = read_csv(default_run / "history.csv")
    assert list(losses) == ["tf1", "exact", "idiomatic"]
    assert len(losses["tf1"]) == 1000
    assert losses["tf1"].tobytes() == losses["exact"].tobytes()
    assert read_json(default_run / "parity.json")["lanes"]["exact"] == {
        "max_ulp": 0,
        "max_rel": 0.0,
        "first_difference": None,
        "weights_identical": True,
    }


def test_default_run_follows_tensorflow_1_15(default_run: Path) -> None:
    recorded = golden("mnist_5k-seed1234")
    losses = read_csv(default_run / "history.csv")["tf1"]
    assert within_other_kernels(losses, recorded["loss"])
    written = read_json(default_run / "parity.json")["initial_weights_sha256"]
    assert written == recorded["initial_sha256"]


@pytest.mark.soak
def test_another_seed_follows_tensorflow_1_15_for_thousand_epochs(tmp_path: Path) -> None:
    """A hundred epochs of it are a command of docs/reference/comparing.md, which a test runs."""
    recorded = golden("mnist_5k-seed0")
    command = ["compare", "--seed", "0", "--lanes", "tf1", "exact", "--out", "run"]
    done = tf1keras(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    losses = read_csv(tmp_path / "run" / "history.csv")
    assert len(losses["tf1"]) == 1000
    assert losses["tf1"].tobytes() == losses["exact"].tobytes()
    assert within_other_kernels(losses["tf1"], recorded["loss"])
    parity = read_json(tmp_path / "run" / "parity.json")
    assert parity["initial_weights_sha256"] == recorded["initial_sha256"]
    assert parity["lanes"]["exact"]["weights_identical"] is True


def test_tolerance_to_tensorflow_1_15_has_teeth(default_run: Path) -> None:
    """What is wrong by one epoch, by one seed or by a little in the middle is not accepted."""
    recorded = np.array(golden("mnist_5k-seed1234")["loss"])
    assert not within_other_kernels(read_csv(default_run / "history.csv")["tf1"][1:], recorded[:-1])
    assert not within_other_kernels(np.array(golden("mnist_5k-seed0")["loss"]), recorded)
    for epoch, name in ((FIRST_EPOCHS - 1, "other_kernels_first_epochs"), (999, "other_kernels")):
        bent = recorded.copy()
        bent[epoch] *= 1 + 1.01 * TOLERANCES[name].relative
        assert not within_other_kernels(bent, recorded)
        bent[epoch] = recorded[epoch] * (1 + 0.99 * TOLERANCES[name].relative)
        assert within_other_kernels(bent, recorded)


def test_idiomatic_lane_drifts_as_measured(default_run: Path) -> None:
    """Not identical, and not more than Adam's float32 rounding and chaos account for."""
    losses = read_csv(default_run / "history.csv")
    distance = relative_distance(losses["idiomatic"], losses["tf1"])
    parity = read_json(default_run / "parity.json")["lanes"]["idiomatic"]
    assert parity["max_rel"] == distance.max()
    assert parity["first_difference"] == int((distance > 0).argmax())
    assert parity["weights_identical"] is False
    assert distance[0] == 0 < distance.max() < TOLERANCES["other_kernels"].relative
    assert distance[:100].max() < 1e-5


def test_run_folder_holds_all_that_it_promises(default_run: Path) -> None:
    assert {path.name for path in default_run.iterdir()} == {
        "SHA256SUMS",
        "config.json",
        "environment.json",
        "history.csv",
        "parity.json",
        "results.json",
        "placement.json",
        "losses.png",
        "report.html",
        "tf1",
        "exact.keras",
        "idiomatic.keras",
        "state.npz",
    }
    environment = read_json(default_run / "environment.json")
    assert environment["packages"]["tensorflow"] == tf.__version__
    assert environment["onednn"] is True
    assert environment["device"] == "/CPU:0"
    assert environment["data"]["train_rows"] == 4000
    assert len(environment["data"]["sha256"]) == 64
    config = read_json(default_run / "config.json")
    assert (config["epochs"], config["seed"], config["data"]) == (1000, 1234, "mnist_5k")
    for ops in read_json(default_run / "placement.json")["executed"].values():
        assert list(ops) == ["/job:localhost/replica:0/task:0/device:CPU:0"]


def test_saved_models_are_the_ones_that_were_trained(default_run: Path, digits: Digits) -> None:
    """Checkpoint and .keras files hold the same bits, and give the accuracy that was reported."""
    exact = keras.models.load_model(default_run / "exact.keras")
    reader = tf.train.load_checkpoint(str(default_run / "tf1" / "model.ckpt"))
    names = ["Variable", "Variable_1", "Variable_2", "Variable_3"]
    for name, weight in zip(names, exact.get_weights(), strict=True):
        assert reader.get_tensor(name).tobytes() == weight.tobytes()
    slots = {variable.path: variable.numpy() for variable in exact.optimizer.variables}
    for power in ("beta1_power", "beta2_power"):
        assert reader.get_tensor(power) == slots[f"tf1_adam/{power}"]
    assert exact.optimizer.iterations.numpy() == 1000
    results = read_json(default_run / "results.json")["lanes"]
    for lane in ("exact", "idiomatic"):
        model = keras.models.load_model(default_run / f"{lane}.keras")
        logits = model.predict(digits.test.x, batch_size=1000, verbose=0)
        accuracy = (logits.argmax(axis=1) == digits.test.labels).mean()
        assert accuracy == results[lane]["test_accuracy"]


def test_screen_ends_with_table_verdict_and_folder(default_run: Path) -> None:
    lines = (default_run.parent / "stdout").read_text().splitlines()
    results = read_json(default_run / "results.json")
    rows = {line.split()[0]: line.split() for line in lines if line.split()[:1]}
    for lane, result in results["lanes"].items():
        assert rows[lane][1:3] == [str(result["first_loss"]), str(result["last_loss"])]
    assert rows["exact"][3:5] == ["0", "0"]
    assert lines[-3] == results["verdict"]
    assert "bit for bit over 1000 epochs" in lines[-3]
    assert lines[-2:] == [f"Results: {default_run}", f"Report: {default_run / 'report.html'}"]


def test_reruns_are_bit_identical_and_lanes_do_not_need_tf1(
    default_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another process, other lanes beside it: the same bits."""
    folder = tmp_path / "run"
    assert compare.run(CompareConfig(lanes=("idiomatic", "exact"), epochs=40, out=folder)) == 0
    assert "Nothing is proven" in capsys.readouterr().out  # no TensorFlow 1 lane to be exact to
    losses = read_csv(folder / "history.csv")
    assert list(losses) == ["exact", "idiomatic"]
    first = read_csv(default_run / "history.csv")
    for lane, again in losses.items():
        assert again.tobytes() == first[lane][:40].tobytes()
    assert read_json(folder / "parity.json")["reference"] == "exact"


def test_status_is_1_when_the_exact_lane_is_not_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from keras_models import article

    monkeypatch.setitem(article.PIECES, "exact", article.PIECES["idiomatic"])
    config = CompareConfig(epochs=5, out=tmp_path / "run", device="cpu")
    assert compare.run(config) == 1
    assert "The exact lane is NOT the TensorFlow 1 graph" in capsys.readouterr().out


def judged(kind: str, exact: np.ndarray, weights_identical: bool = True) -> comparison.Comparison:
    reference = np.linspace(100, 1, len(exact), dtype=np.float32)
    differs = exact != reference
    parity = Parity(
        max_ulp=int(differs.any()),
        max_rel=float(relative_distance(exact, reference).max()),
        first_difference=int(differs.argmax()) if differs.any() else None,
        weights_identical=weights_identical,
    )
    lanes = {"tf1": reference, "exact": exact}
    return comparison.Comparison(
        config=CompareConfig(),
        device=Device(kind, 0),
        reference="tf1",
        history=History(lanes, dict.fromkeys(lanes, 0.1)),
        parity={"exact": parity},
        test_accuracy=dict.fromkeys(lanes, 0.5),
        initial_sha256={},
    )


def test_verdict_is_strict_on_cpu_and_tolerant_by_name_on_gpu() -> None:
    same = np.linspace(100, 1, 100, dtype=np.float32)
    nearly = same.copy()
    nearly[70] = np.nextafter(nearly[70], np.float32(0))
    off = same.copy()
    off[70] *= np.float32(1.01)
    assert judged("CPU", same).exact_holds is True
    assert judged("CPU", same, weights_identical=False).exact_holds is False
    assert judged("CPU", nearly).exact_holds is False
    assert judged("GPU", nearly).exact_holds is True
    assert judged("GPU", off).exact_holds is False
    assert "differ first in epoch 70" in verdict.sentences(judged("CPU", nearly))
    assert "the final weights" in verdict.sentences(judged("CPU", same, weights_identical=False))
    assert "within 0.001 relative but not bit for bit" in verdict.sentences(judged("GPU", nearly))


def test_loss_that_is_no_number_stops_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    class Diverging:
        name = "exact"
        placement: dict[str, dict[str, int]] = {}  # noqa: RUF012

        def __init__(self) -> None:
            self.steps = 0

        def step(self) -> np.float32:
            self.steps += 1
            return np.float32("nan" if self.steps > 3 else 1.0)

    with (
        pytest.raises(UserError, match="lane exact is nan at epoch 3"),
        folders.begin(tmp_path / "run"),
    ):
        loop.train([Diverging()], 10, lambda epoch, losses: None)  # type: ignore[list-item]
    assert list(tmp_path.iterdir()) == []


def test_picture_shows_a_run_with_and_without_distance(default_run: Path, tmp_path: Path) -> None:
    from training.reports import png

    digest = hashlib.sha256((default_run / "losses.png").read_bytes()).hexdigest()
    losses = read_csv(default_run / "history.csv")
    png.losses(History(losses, {}), "tf1", tmp_path / "same.png")
    assert hashlib.sha256((tmp_path / "same.png").read_bytes()).hexdigest() == digest
    only = {lane: losses[lane][:1] for lane in ("tf1", "exact")}
    png.losses(History(only, {}), "tf1", tmp_path / "one.png")
    assert (tmp_path / "one.png").stat().st_size > 10_000
