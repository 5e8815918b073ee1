"""The claims on all of MNIST, from its four original files; skipped where MNIST_DIR names none."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import golden, tf1keras
from tests.support.losses import read_csv
from training import data
from training.commands import env
from training.machine.files import read_json
from training.parity.judgement import within_other_kernels

pytestmark = pytest.mark.full_mnist


def test_idx_folder_gives_all_of_mnist(mnist_dir: Path) -> None:
    digits = data.load(f"idx:{mnist_dir}")
    assert digits.train.x.shape == (60000, 784)
    assert digits.test.x.shape == (10000, 784)
    assert np.bincount(digits.train.labels).sum() == 60000


@pytest.mark.slow
def test_tensorflow_datasets_prepares_the_originals_without_a_network(
    mnist_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same digits as the IDX files', in another order, by --manual-dir and by MNIST_DIR."""
    offline = {"TFDS_DATA_DIR": str(tmp_path / "tfds"), "HTTPS_PROXY": "http://127.0.0.1:9"}
    given = ["--manual-dir", str(mnist_dir)]
    done = tf1keras("data", "mnist", *given, "--out", "first", cwd=tmp_path, env=offline)
    assert done.returncode == 0, done.stderr
    facts = read_json(tmp_path / "first" / "data.json")

    originals = data.load(f"idx:{mnist_dir}")
    assert (facts["train_rows"], facts["test_rows"]) == (60000, 10000)
    assert facts["class_counts"]["train"] == np.bincount(originals.train.labels).tolist()
    assert facts["class_counts"]["test"] == np.bincount(originals.test.labels).tolist()

    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("MNIST_DIR", str(mnist_dir))
    prepared = data.load("mnist")
    assert prepared.facts().items() <= facts.items()
    assert env.collect()["data"]["mnist"].startswith(f"prepared, {tmp_path / 'tfds'}")
    assert prepared.sha256 != originals.sha256
    assert sorted_rows(prepared.train) == sorted_rows(originals.train)
    assert sorted_rows(prepared.test) == sorted_rows(originals.test)


def sorted_rows(examples: data.Examples) -> list[bytes]:
    return sorted(x.tobytes() + y.tobytes() for x, y in zip(examples.x, examples.y, strict=True))


@pytest.mark.alone
@pytest.mark.parametrize("epochs", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_training_on_all_of_mnist_is_tensorflow_1s(
    epochs: int, mnist_dir: Path, tmp_path: Path
) -> None:
    """The exact lane bit for bit, TensorFlow 1.15.5 within the tolerance; 90.35 % +- 0.1."""
    command = ["compare", "--data", f"idx:{mnist_dir}", "--lanes", "tf1", "exact"]
    done = tf1keras(*command, "--epochs", str(epochs), "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    losses = read_csv(tmp_path / "run" / "history.csv")
    recorded = golden("mnist-seed1234")
    assert losses["tf1"].tobytes() == losses["exact"].tobytes()
    assert len(losses["tf1"]) == epochs
    assert within_other_kernels(losses["tf1"], recorded["loss"][:epochs])
    parity = read_json(tmp_path / "run" / "parity.json")
    assert parity["lanes"]["exact"]["weights_identical"] is True
    assert parity["initial_weights_sha256"] == recorded["initial_sha256"]
    results = read_json(tmp_path / "run" / "results.json")
    if epochs == 1000:
        for lane in ("tf1", "exact"):
            assert abs(results["lanes"][lane]["test_accuracy"] - 0.9035) <= 0.001


@pytest.mark.slow
def test_the_default_recipe_makes_a_good_model_of_the_articles(
    mnist_dir: Path, tmp_path: Path
) -> None:
    """From TensorFlow 1.15.5's own result, 90.35 %, to 98.8 % and more; and soon to 97 %.

    How long it takes is quoted with the machine, measured/finetune.json, and tested there.
    """
    reference = os.environ.get("REFERENCE")
    if not reference:
        pytest.skip("REFERENCE names no folder with what TensorFlow 1.15.5 recorded")
    source = Path(reference).resolve() / "mnist-seed1234-ckpt"
    given = ["--data", f"idx:{mnist_dir}", "--out", "tuned"]
    done = tf1keras("finetune", str(source), *given, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = read_json(tmp_path / "tuned" / "finetune.json")
    assert facts["source_accuracy"] == 0.9035
    assert facts["handoff"]["identical"] is True
    assert facts["handoff"]["rows"] == 55000
    assert facts["test_accuracy"] >= 0.988
    reached = next(row for row in facts["history"] if row["test_accuracy"] >= 0.97)
    assert reached["epoch"] <= 3
