"""An ablation and a study that are stopped go on as if nothing had happened."""

import csv
import functools
import random
import signal
import time
from pathlib import Path

import pytest

from keras_models import article
from tests.promises.faults.test_killed import start
from tests.support.states import RUN
from tests.support.waiting import wait_for
from training.errors import UserError
from training.experiments import drift
from training.finetuning import saved_study
from training.finetuning.saved_study import Row, StudyProgress
from training.machine.files import read_json, write_json

CAUSES = ["epsilon", "mini_batches", "late_loss", "onednn_off"]
"""One that is not random, one that draws an order, one that is an epoch ahead, one elsewhere."""
ABLATE = ["ablate", "--data", "digits", "--epochs", 80, "--causes", *CAUSES]
STATES = list(drift.STATES.values())
ROW = Row("full", 0, 0.9, 0.1, 101770, 1.5, None, None, 0.5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ablation that nobody disturbs.

    Like all here in a process of its own: `ablate` computes with one thread, which can be chosen
    only before TensorFlow has computed, and the last bits of a float64 sum depend on it.
    """
    folder = tmp_path_factory.mktemp("whole")
    assert start(folder, *ABLATE, "--out", "run").wait(300) == 0
    return folder / "run"


def same(run_folder: Path, whole: Path) -> None:
    for name in ("history.csv", "history_float64.csv", "ablation.csv", "ablation.json"):
        assert (run_folder / name).read_bytes() == (whole / name).read_bytes(), name
    ours, theirs = ({path.name for path in folder.iterdir()} for folder in (run_folder, whole))
    assert ours == theirs
    assert not ours & {"lock", *STATES}


@pytest.mark.slow
def test_a_stopped_ablation_ends_as_if_undisturbed(whole: Path, tmp_path: Path) -> None:
    """Once within each of the four trainings, at a random moment: by Ctrl-C, then by kill -9."""
    moments, unfinished = random.Random(3), tmp_path / "run.unfinished"
    words: list[object] = [*ABLATE, "--save-every", 1, "--out", "run"]
    for state in STATES:
        process = start(tmp_path, *words)
        wait_for(unfinished / state, process)
        time.sleep(moments.random() * 0.3)
        process.send_signal(signal.SIGINT if state == STATES[0] else signal.SIGKILL)
        _, said = process.communicate(timeout=60)
        if state == STATES[0]:
            assert process.returncode == 130, said
            assert "tf1keras resume run goes on from there" in said
        words = ["resume", "run"]
    assert start(tmp_path, "resume", "run").wait(300) == 0
    same(tmp_path / "run", whole)


FEWER = """
import sys
from training import cli
from training.finetuning import study
study.STRATEGIES = {name: study.STRATEGIES[name] for name in ("scratch", "naive", "head", "bitfit")}
sys.exit(cli.main(sys.argv[1:]))
"""
"""`tf1keras`, whose studies are of two strategies."""
ROWS = 4
"""These, and what they are compared with: training from scratch, and naively on."""


@pytest.mark.slow
def test_a_study_goes_on_with_what_is_left(tmp_path: Path) -> None:
    """Killed after a training, stopped within another: the rows are those of an undisturbed one."""
    article.build("idiomatic", seed=1).save(tmp_path / "source.keras")
    few = ["--study", "--data", "digits", "--shots", 2, "--epochs", 2, "--seeds", 1]
    study = functools.partial(start, program=("-c", FEWER))
    asked = ["finetune", "source.keras", *few]
    assert study(tmp_path, *asked, "--out", "whole").wait(300) == 0
    state = tmp_path / "run.unfinished" / saved_study.STATE

    process = study(tmp_path, *asked, "--out", "run")
    wait_for(state, process)
    process.kill()
    process.communicate()
    done = len(read_json(state)["rows"])
    assert 0 < done < ROWS

    process = study(tmp_path, "resume", "run")
    assert process.stderr
    begun = []
    for line in process.stderr:
        begun.append(line)
        if " seed 0: " in line:
            break
    assert f"goes on after {done} of {ROWS} trainings\n" in begun
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143, said
    assert f"of {ROWS} trainings are done and saved.\ntf1keras resume run goes on" in said
    assert done < len(read_json(state)["rows"]) < ROWS

    assert study(tmp_path, "resume", "run").wait(300) == 0
    ours, theirs = (_timeless(tmp_path / name / "study.csv") for name in ("run", "whole"))
    assert ours == theirs
    assert len(ours) == ROWS


def _timeless(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [
            {name: value for name, value in row.items() if not name.startswith("seconds")}
            for row in csv.DictReader(file)
        ]


def test_what_a_study_has_saved_reads_back(tmp_path: Path) -> None:
    assert saved_study.read(tmp_path, RUN) == StudyProgress()
    found = StudyProgress([ROW], [[0.1, 0.9]])
    saved_study.write(tmp_path, found, RUN)
    assert saved_study.read(tmp_path, RUN) == found
    assert found.done("full", 0)
    assert not found.done("full", 1)
    with pytest.raises(UserError, match="began with other weights"):
        saved_study.read(tmp_path, {**RUN, "weights": "4f"})


@pytest.mark.parametrize(
    "damage",
    [
        {"rows": [vars(ROW) | {"seed": "0"}]},
        {"rows": [vars(ROW) | {"epochs_to": True}]},
        {"rows": [{"strategy": "full"}]},
        {"rows": [vars(ROW), vars(ROW)]},
        {"curves": [[]]},
        {"curves": [["x"]]},
        {"rows": None},
    ],
    ids=str,
)
def test_a_damaged_state_of_a_study_is_refused(damage: dict[str, object], tmp_path: Path) -> None:
    whole = {"rows": [vars(ROW)], "curves": [[0.1]]}
    write_json(tmp_path / saved_study.STATE, whole | damage)
    with pytest.raises(UserError, match=r"state\.json: not the state of a study"):
        saved_study.read(tmp_path, RUN)


def test_a_state_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / saved_study.STATE).write_bytes(b"\xff{")
    with pytest.raises(UserError, match="Start a new study"):
        saved_study.read(tmp_path, RUN)
