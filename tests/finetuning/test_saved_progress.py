"""A fine-tuning that was stopped at any moment goes on as if nothing had happened, bit for bit."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from keras_models import article as keras_article
from keras_models.classifiers import stack, strategies
from keras_models.classifiers.strategies import Settings
from tests.conftest import ROOT, run
from tests.support.states import RUN
from training.data import Digits, npz
from training.finetuning import saved_progress, split, tuning
from training.finetuning.recipe import Recipe
from training.finetuning.saved_progress import Progress
from training.finetuning.stream import stream
from training.finetuning.tuning import Tuned
from training.machine.files import read_json, write_json
from training.model_files import reading
from training.runs import chain
from training.runs.saver import Saver
from training.runs.saving import Saved
from training.runs.state_file import STATE

RECIPE = Recipe(epochs=4, batch_size=32)
STOPS_EARLY = Recipe(epochs=5, batch_size=32, learning_rate=0.2, patience=0.4)
"""After two epochs that are worse."""


@pytest.fixture(scope="module")
def task(digits: Digits) -> split.Task:
    train, checks = (
        split.rows(digits.train, np.arange(first, 4000, step)) for first, step in ((0, 12), (5, 40))
    )
    return split.Task(train, checks, checks, tuple(range(10)))


def trained(
    task: split.Task, names: list[str], recipe: Recipe, *given: Any, seed: int = 1
) -> tuple[keras.Model, Tuned]:
    model = stack.rebuild(keras_article.build("idiomatic", seed=seed))
    stack.rescale(model, 1 / 16)
    plan = strategies.plan(model, names, Settings())
    return model, tuning.tune(model, plan, recipe, task, 0, *given)


def timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("seconds")}


def assert_same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    assert ours.keys() == theirs.keys()
    for path in ours:
        assert ours[path].tobytes() == theirs[path].tobytes(), path


@pytest.mark.parametrize(
    ("names", "recipe", "stops"),
    [
        (["full"], STOPS_EARLY, [1, 3]),
        pytest.param(["full", "discriminative"], RECIPE, [2], marks=pytest.mark.slow),
        pytest.param(["lora", "l2-sp"], RECIPE, [1], marks=pytest.mark.slow),
    ],
    ids=["full", "discriminative", "lora"],
)
def test_training_goes_on_bit_for_bit(
    task: split.Task, names: list[str], recipe: Recipe, stops: list[int], tmp_path: Path
) -> None:
    def save(now: Progress) -> None:
        folder = tmp_path / str(len(now.history) - 1)
        folder.mkdir()
        now.write(folder / STATE, RUN)

    model, tuned = trained(task, names, recipe, save)
    if recipe is STOPS_EARLY:
        assert len(tuned.history) - 1 == stops[-1] < recipe.epochs
        assert tuned.kept_epoch == 1
    for epoch in stops:
        saved = saved_progress.read(tmp_path / str(epoch) / STATE, RUN)
        again, on = trained(task, names, recipe, lambda now: None, saved)
        assert_same(tuning.values(again), tuning.values(model))
        assert [timeless(row) for row in on.history] == [timeless(row) for row in tuned.history]
        assert (on.frozen, on.kept_epoch) == (tuned.frozen, tuned.kept_epoch)
        assert on.seconds >= tuned.history[epoch]["seconds"]


def test_rows_from_an_epoch_on_are_those_after_so_many(task: split.Task) -> None:
    whole, updates = stream(task.train, RECIPE, seed=3, phase=1)
    later, _ = stream(task.train, RECIPE, seed=3, phase=1, epoch=2)
    pairs = zip(whole.skip(2 * updates).take(updates + 1), later, strict=False)
    for (x, y), (x_later, y_later) in pairs:
        assert x.numpy().tobytes() == x_later.numpy().tobytes()
        assert y.numpy().tobytes() == y_later.numpy().tobytes()


def assert_same_run(ours: Path, theirs: Path) -> None:
    """The finished folders hold the same, but for seconds."""
    assert {file.name for file in ours.iterdir()} == {file.name for file in theirs.iterdir()}
    with_rows = [read_json(folder / "finetune.json") for folder in (ours, theirs)]
    rows = [[timeless(row) for row in one.pop("history")] for one in with_rows]
    assert rows[0] == rows[1]
    assert timeless(with_rows[0]) == timeless(with_rows[1])
    tables = []
    for folder in (ours, theirs):
        with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
            tables.append([timeless(row) for row in csv.DictReader(file)])
    assert tables[0] == tables[1]
    models = [reading.load_keras(folder / "model.keras") for folder in (ours, theirs)]
    assert_same(*(tuning.values(model) for model in models))


OPTIONS = ("--data", "digits", "--strategy", "gradual", "--epochs", 4)


@pytest.fixture(scope="module")
def whole(article: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a fine-tuning that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert run("finetune", article, *OPTIONS, "--out", folder) == 0
    return folder


Stop = Callable[..., Path]


@pytest.fixture
def stopped(article: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stop:
    """Make the run folder NAME.unfinished of a fine-tuning that a signal stopped in an epoch."""

    def stop(
        epoch: int = 1,
        begun_from: Path = article,
        options: Any = OPTIONS,
        number: signal.Signals = signal.SIGTERM,
    ) -> Path:
        after_epoch = Saver.after_epoch

        def signalled(saver: Saver, last: int, reached: Callable[[], Progress]) -> None:
            if last == epoch:
                os.kill(os.getpid(), number)
            after_epoch(saver, last, reached)

        with monkeypatch.context() as patch:
            patch.setattr(Saver, "after_epoch", signalled)
            status = run("finetune", begun_from, *options, "--out", tmp_path / "run")
        assert status == 128 + number
        return tmp_path / "run.unfinished"

    return stop


@pytest.mark.slow
def test_sigterm_saves_and_resume_ends_as_if_nothing_had_happened(
    stopped: Stop, whole: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = stopped(2, options=[*OPTIONS, "--save-every", 100])  # between phases
    said = f"All is saved up to epoch 2: tf1keras resume {tmp_path / 'run'} goes on from there."
    assert said in capfd.readouterr().err
    assert run("finetune", "nowhere", "--out", tmp_path / "run") == 2  # the place is taken
    assert run("resume", folder) == 0
    assert "\ngoes on after epoch 2\n" in capfd.readouterr().err
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.slow
def test_what_does_not_fit_is_refused_and_stays_as_it_is(
    stopped: Stop, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    begun_from = tmp_path / "source.keras"
    keras_article.build("idiomatic", seed=1).save(begun_from)
    folder = stopped(1, begun_from, ["--data", "digits", "--shots", 2, "--epochs", 2])
    state, environment = folder / STATE, folder / "environment.json"
    sound, facts = state.read_bytes(), read_json(environment)
    own = json.loads(str(npz.read_all(state)[chain.KEY]))

    def refused(said: str, *options: str) -> None:
        before = state.read_bytes(), environment.read_bytes()
        assert run("resume", folder, *options) == 2
        message = capfd.readouterr().err.split("tf1keras: ")[-1]
        assert said in message
        assert "Traceback" not in message
        assert "goes on from there" not in message  # it would not
        assert message.count("\n") <= 3
        assert (state.read_bytes(), environment.read_bytes()) == before

    refused("goes on with its own options", "--epochs", "9")
    refused("this run has no workers", "--cluster", "slurm")
    for damaged in (sound[:-1000], sound[:5000] + bytes([sound[5000] ^ 1]) + sound[5001:]):
        state.write_bytes(damaged)
        refused("cannot be read as an .npz")
    Saved({"tf1": np.zeros(1)}, {"tf1": {"W1": np.zeros(2)}}).write(state, own)
    refused("not the state of a fine-tuning")
    state.write_bytes(sound)
    now = saved_progress.read(state, own)
    now.history[-1].pop("seconds")
    now.write(state, own)
    refused("not the state of a fine-tuning (KeyError: 'seconds')")
    now.history[-1]["seconds"] = 1.0
    del now.optimizer["0"]
    now.write(state, own)
    refused("its optimizer is of another kind or shape")
    state.write_bytes(sound)
    keras_article.build("idiomatic", seed=2).save(begun_from)
    refused("of a run that began with other weights")
    write_json(environment, facts | {"data": facts["data"] | {"sha256": "0" * 64}})
    refused("was begun with data of SHA-256 0000")


DIES = """
import os, signal, sys
from pathlib import Path
import numpy as np
from training import cli
from training.finetuning.saved_progress import Progress
from training.machine import startup

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def half(file, **arrays):
    file.write(b"PK")
    file.flush()
    die()

def after(now, path, run):
    write(now, path, run)
    if now.epochs == 2 and now.phase == 0:
        die()

moment, *arguments = sys.argv[1:]
if moment == "within a save":
    np.savez = half
elif moment == "between phases":
    write, Progress.write = Progress.write, after
elif moment == "while the results are written":
    startup.import_tensorflow()
    import keras
    keras.Model.save = lambda self, path: (Path(path).write_bytes(b"PK"), die())
sys.exit(cli.main(arguments))
"""
"""`tf1keras` in a process that ends itself by SIGKILL at a moment."""


@pytest.mark.slow
def test_a_process_killed_at_any_moment_loses_an_epoch_at_most(
    article: Path, whole: Path, tmp_path: Path
) -> None:
    final, folder = tmp_path / "run", tmp_path / "run.unfinished"
    command = [str(Path(sys.executable).with_name("tf1keras")), "finetune", str(article)]
    options = [str(option) for option in OPTIONS]
    with subprocess.Popen([*command, *options, "--out", str(final)], cwd=tmp_path) as process:
        while not (folder / STATE).is_file():
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    for moment, epochs in (
        ("within a save", 1),
        ("between phases", 2),
        ("while the results are written", 4),
    ):
        done = subprocess.run(
            [sys.executable, "-c", DIES, moment, "resume", str(final)], cwd=ROOT, check=False
        )
        assert done.returncode == -signal.SIGKILL, moment
        now = saved_progress.read(folder / STATE, chain.read(folder))
        assert len(now.history) - 1 == epochs, moment
        assert not final.exists()
    assert run("resume", final) == 0
    assert_same_run(final, whole)


def test_no_run_takes_the_place_of_one_that_is_finished(
    stopped: Stop, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As where another process went on with it and was quicker."""
    quick = ["--data", "digits", "--shots", 2, "--epochs", 2]
    folder = stopped(options=quick, number=signal.SIGINT)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "finetune.json").write_text("{}")
    assert run("resume", folder) == 2
    assert "exists already" in capfd.readouterr().err
    assert (folder / STATE).is_file()
    assert (tmp_path / "run" / "finetune.json").read_text() == "{}"
