"""What is another run's is not taken, and other settings than it was begun with are told."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_models import article
from tests.conftest import ROOT, run, tf1keras
from training.data import npz
from training.machine.files import read_json, write_json
from training.model_files import reading
from training.runs.state_file import STATE

Printed = pytest.CaptureFixture[str]
Refuse = Callable[..., None]
MORE = ["--data", "digits", "--epochs", 1, "--lanes", "tf1", "numpy"]
COMPARE = ["compare", "--data", "digits", "--epochs", 2, "--lanes", "tf1", "numpy"]


UNFINISHED = ("config.json", "environment.json", STATE)
"""What is there of a run that is trained, and whose results are not written yet."""


def only(*names: str) -> Callable[[str, list[str]], list[str]]:
    return lambda folder, there: [name for name in there if name not in names]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of finished runs: of seed 1 and of seed 2."""
    folder = tmp_path_factory.mktemp("runs")
    for name, seed in (("one", 1), ("two", 2)):
        assert run(*COMPARE, "--seed", seed, "--out", folder / name) == 0
    return folder


@pytest.fixture
def unfinished(runs: Path, tmp_path: Path) -> Path:
    """The folder of an unfinished run of seed 1."""
    folder = tmp_path / "run.unfinished"
    shutil.copytree(runs / "one", folder, ignore=only(*UNFINISHED))
    return folder


@pytest.fixture
def refused(tmp_path: Path, capsys: Printed) -> Refuse:
    """Run a command that is to say `said` in three lines and leave all as it is."""

    def refuse(said: str, *command: object) -> None:
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        capsys.readouterr()
        assert run(*command) == 2, command
        message = capsys.readouterr().err.split("tf1keras: ")[-1]
        assert said in message
        assert len(message.splitlines()) <= 3
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before

    return refuse


@pytest.mark.slow
def test_a_run_goes_on_with_its_own_state(unfinished: Path, runs: Path, tmp_path: Path) -> None:
    assert run("resume", unfinished) == 0
    assert (tmp_path / "run" / "history.csv").read_bytes() == (
        runs / "one" / "history.csv"
    ).read_bytes()


def test_another_runs_state_is_refused(unfinished: Path, runs: Path, refused: Refuse) -> None:
    shutil.copy(runs / "two" / STATE, unfinished)
    refused("state.npz: another run's", "resume", unfinished)


def test_options_that_were_changed_are_refused(unfinished: Path, refused: Refuse) -> None:
    options = read_json(unfinished / "config.json")
    options["command"][options["command"].index("1")] = "2"
    write_json(unfinished / "config.json", options | {"seed": 2})
    refused("not the options that the run was begun with", "resume", unfinished)


def test_a_state_that_was_packed_anew_is_refused(unfinished: Path, refused: Refuse) -> None:
    """Its own checksums fit, for NumPy has written them."""
    arrays = npz.read_all(unfinished / STATE)
    arrays["tf1:Variable"] = arrays["tf1:Variable"] + np.float32(1)
    np.savez(unfinished / STATE, **arrays)  # type: ignore[arg-type]
    refused("state.npz: not as it was saved", "resume", unfinished)


def test_a_run_without_an_id_is_refused(unfinished: Path, refused: Refuse) -> None:
    """As runs of earlier versions are; and a state that has none."""
    arrays = npz.read_all(unfinished / STATE)
    del arrays["run"]
    np.savez(unfinished / STATE, **arrays)  # type: ignore[arg-type]
    refused("state.npz: another run's", "resume", unfinished)
    options = read_json(unfinished / "config.json")
    del options["run"]
    (unfinished / "config.json").write_text(json.dumps(options))
    refused("has no run ID", "resume", unfinished)


def test_other_initial_weights_are_refused(tmp_path: Path, refused: Refuse) -> None:
    """SOURCE is another now: its checksums would stand beside the first one's losses."""
    source = tmp_path / "source.keras"
    options = ["--data", "digits", "--epochs", 1, "--lanes", "tf1"]
    article.build("exact", seed=1).save(source)
    assert run("resume", source, *options, "--out", tmp_path / "run") == 0
    shutil.copytree(tmp_path / "run", tmp_path / "run.unfinished", ignore=only(*UNFINISHED))
    shutil.rmtree(tmp_path / "run")
    article.build("exact", seed=2).save(source)
    refused("of a run that began with other weights", "resume", tmp_path / "run")


@pytest.mark.parametrize("name", ["tf1", STATE, "config.json", "history.csv", "SHA256SUMS"])
def test_a_finished_run_with_something_else_in_it_is_refused(
    name: str, runs: Path, tmp_path: Path, refused: Refuse
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(runs / "one", folder)
    if name == "tf1":  # named alone, the model is the user's choice
        shutil.copytree(runs / "two" / name, folder / name, dirs_exist_ok=True)
        assert reading.kind(folder / "tf1")[0] == "checkpoint"
    elif name == "SHA256SUMS":
        (folder / name).unlink()
    else:
        shutil.copy(runs / "two" / name, folder)
    said = "no readable SHA256SUMS" if name == "SHA256SUMS" else f"{folder / name}"
    for command in (
        ["resume", folder, "--epochs", 1, "--out", tmp_path / "new"],
        ["finetune", folder, "--data", "digits", "--out", tmp_path / "new"],
        ["migrate", folder, "--to", tmp_path / "new.keras"],
        ["predict", folder, ROOT / "examples" / "seven.png"],
    ):
        refused(said, *command)


def test_what_is_added_to_a_finished_run_is_not_taken_for_its_own(
    runs: Path, tmp_path: Path, refused: Refuse
) -> None:
    """Notes and pages are the reader's; a model that the run did not leave is none of it."""
    folder = tmp_path / "run"
    shutil.copytree(runs / "one", folder)
    (folder / "notes.txt").touch()
    (folder / "report.html").write_text("with remarks")
    (folder / "losses.png").unlink()
    assert reading.kind(folder)[1] == folder / "tf1" / "model.ckpt"
    (folder / "model.keras").touch()
    refused(
        f"{folder}/model.keras: not what the run ended with",
        "predict",
        folder,
        ROOT / "examples" / "seven.png",
    )


def test_other_settings_are_told_and_both_are_on_record(
    unfinished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """Here of Grappler and of threads; without a word where they are what they were."""
    begun = read_json(unfinished / "environment.json")
    grappler = tf.config.optimizer.get_experimental_options()
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    tf.config.optimizer.set_experimental_options({"constant_folding": False})
    try:
        assert run("resume", unfinished) == 0
    finally:
        tf.config.optimizer.set_experimental_options(grappler | {"constant_folding": True})
    said = capsys.readouterr().err
    assert "not as before: constant_folding False, was None; TF_NUM_INTRAOP_THREADS 1, was" in said
    found = read_json(tmp_path / "run" / "environment.json")
    assert found.pop("earlier") == begun
    assert (found["variables"]["TF_NUM_INTRAOP_THREADS"], found["cpu"]) == ("1", begun["cpu"])


@pytest.mark.slow
def test_a_run_that_goes_on_without_onednn_on_one_thread_says_so(
    unfinished: Path, runs: Path, tmp_path: Path
) -> None:
    """Of an unfinished run and of a finished one."""
    other = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "1"}
    for words in (["run"], [str(runs / "one"), *map(str, MORE)]):
        done = tf1keras("resume", *words, cwd=tmp_path, env=other)
        assert done.returncode == 0, done.stderr
        assert "WARNING: not as before: onednn False, was True;" in done.stderr
        assert "TF_NUM_INTRAOP_THREADS 1, was None" in done.stderr
