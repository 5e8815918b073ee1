"""A run that is killed, at any moment, goes on as if nothing had happened; so do its lanes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, run
from tests.support.losses import read_csv
from tests.support.states import RUN, held, saved_by
from tests.support.waiting import wait_for
from training.data import Digits
from training.errors import UserError
from training.lanes.build import build
from training.machine import files
from training.machine.devices import Device
from training.machine.files import read_json
from training.runs import folders, saving
from training.runs.saver import Saver
from training.runs.state_file import STATE

LANES = ["tf1", "exact", "idiomatic", "numpy"]
EPOCHS = 60
OPTIONS = ["compare", "--data", "digits", "--epochs", EPOCHS, "--dropout", 0.1, "--lanes", *LANES]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert run(*OPTIONS, "--out", folder) == 0
    return folder


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, to take its files from."""
    folder = tmp_path_factory.mktemp("short") / "run"
    assert run("compare", "--data", "digits", "--epochs", 3, "--lanes", "tf1", "--out", folder) == 0
    return folder


def start(
    folder: Path, *words: object, program: Sequence[str] = ("-m", "training")
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *program, *map(str, words)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def same(run_folder: Path, whole: Path) -> None:
    """All that training leaves is equal, byte for byte; checkpoints array for array."""
    assert (run_folder / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    assert held(run_folder) == held(whole)
    ours, theirs = (read_json(of / "parity.json") for of in (run_folder, whole))
    assert ours == theirs


@pytest.mark.parametrize(
    "most", [pytest.param(3, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.soak)]
)
def test_killed_at_random_moments_it_ends_as_if_undisturbed(
    most: int, whole: Path, tmp_path: Path
) -> None:
    """kill -9, so many times at most, until it is through: while it imports, trains, saves, ends.

    It saves after every epoch, so that many of the moments are within a save.
    """
    moments = random.Random(7)
    unfinished, kills, progress = tmp_path / "run.unfinished", 0, []
    words: Sequence[object] = [*OPTIONS, "--save-every", 1, "--out", "run"]
    while not (tmp_path / "run").exists():
        process = start(tmp_path, *words)
        if kills < most:
            if kills % 4:
                before = (unfinished / STATE).stat().st_mtime_ns if progress else 0
                wait_for(unfinished / "config.json", process)
                while process.poll() is None and (
                    not (unfinished / STATE).exists()
                    or (unfinished / STATE).stat().st_mtime_ns == before
                ):
                    time.sleep(0.002)
                time.sleep(moments.random() * 0.12)
            else:
                time.sleep(moments.random() * 6)
            process.kill()
            kills += 1
        else:
            assert process.wait(120) == 0, process.communicate()[1]
        process.communicate()
        if unfinished.exists():
            words = ["resume", "run"]
            saved = saved_by(unfinished)  # whole, whenever it is read
            progress.append(saved.epochs if saved else 0)
    assert kills == most or (tmp_path / "run").exists()
    assert progress == sorted(progress)
    assert len(set(progress)) > 0.4 * most
    same(tmp_path / "run", whole)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_told_to_stop_it_saves_and_says_how_to_go_on(
    number: int,
    status: int,
    whole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    process = start(tmp_path, *OPTIONS, "--epochs-per-call", 7, "--out", "run")
    assert process.stderr
    for line in process.stderr:
        if "executed numpy" in line:
            break
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert "tf1keras: stopped." in said
    assert "tf1keras resume run goes on from there" in said
    assert "Traceback" not in said
    saved = saved_by(tmp_path / "run.unfinished")
    assert saved
    assert 0 < saved.epochs < EPOCHS
    assert run("resume", tmp_path / "run.unfinished") == 0
    assert f"\ngoes on after epoch {saved.last}\n" in capsys.readouterr().err
    same(tmp_path / "run", whole)


@pytest.mark.slow
def test_the_articles_listing_goes_on_too(tmp_path: Path) -> None:
    """It prints its lines from where it goes on, and ends with the bits of an undisturbed run."""
    options = ["article", "--data", "digits", "--epochs", 300, "--save-every", 10]
    assert run(*options, "--out", tmp_path / "whole") == 0
    process = start(tmp_path, *options, "--out", "run")
    wait_for(tmp_path / "run.unfinished" / STATE, process)
    process.kill()
    process.communicate()
    saved = saved_by(tmp_path / "run.unfinished")
    assert saved
    assert 0 < saved.epochs < 300
    again = start(tmp_path, "resume", "run")
    printed, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert printed.startswith(f"Epoch: {saved.epochs} Loss: ")
    assert len(printed.splitlines()) == 300 - saved.epochs
    ours, theirs = (
        ((tmp_path / name / "history.csv").read_bytes(), held(tmp_path / name))
        for name in ("run", "whole")
    )
    assert ours == theirs


def test_an_unfinished_run_goes_on_with_its_own_options_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.unfinished").mkdir()
    (tmp_path / "run.unfinished" / STATE).touch()
    assert run("resume", tmp_path / "run", "--epochs", 5) == 2
    assert "found --epochs 5" in capsys.readouterr().err
    assert run("compare", "--epochs", 1, "--out", tmp_path / "run") == 2
    assert "tf1keras resume" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_in_use_is_left_alone(whole: Path, tmp_path: Path) -> None:
    """The second process is refused, the first goes on."""
    first = start(tmp_path, *OPTIONS, "--epochs", 10**6, "--save-every", 10, "--out", "run")
    wait_for(tmp_path / "run.unfinished" / STATE, first)
    for words in (["resume", "run"], [*OPTIONS, "--out", "run"]):
        second = start(tmp_path, *words)
        said = second.communicate(timeout=60)[1]
        assert second.returncode == 2, said
        assert "in use by another process" in said or "still runs" in said
    first.terminate()
    first.communicate(timeout=60)
    assert first.returncode == 143
    saved, before = saved_by(tmp_path / "run.unfinished"), saved_by(whole)
    assert saved
    assert before
    for lane, losses in before.losses.items():
        both = min(len(saved.losses[lane]), len(losses))  # on a busy machine it comes less far
        assert both >= 10
        assert saved.losses[lane][:both].tobytes() == losses[:both].tobytes()


def test_one_that_is_done_meanwhile_is_not_begun_anew(tmp_path: Path) -> None:
    """Somebody else finished the run after this process had looked and before it had the lock."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.json").write_text("{}")
    with (
        pytest.raises(UserError, match="exists already"),
        folders.begin(tmp_path / "run"),
    ):
        raise AssertionError("must not be reached")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_is_there_when_a_run_ends_keeps_its_name(tmp_path: Path) -> None:
    """Somebody else made the folder while this one trained: both stay as they are."""

    def train() -> None:
        with folders.begin(tmp_path / "run") as folder:
            (folder / STATE).write_text("ours")
            (tmp_path / "run").mkdir()
            (tmp_path / "run" / "results.json").write_text("theirs")

    with pytest.raises(UserError, match="cannot take its name"):
        train()
    assert (tmp_path / "run" / "results.json").read_text() == "theirs"
    assert (tmp_path / "run.unfinished" / STATE).read_text() == "ours"


def test_no_state_with_a_number_that_is_not_finite_replaces_a_good_one(
    digits: Digits, tmp_path: Path
) -> None:
    """A loss is finite, and what is to be gone on from is not: Adam's square has overflowed."""
    lanes_of = build(["numpy"], digits.train, 1, Device("CPU", 0))
    saver = Saver(tmp_path / STATE, RUN, 1, None)
    losses = [np.float64(3), np.float64(2)]
    saver.after_epoch(0, lambda: saving.snapshot(lanes_of, {"numpy": losses[:1]}, 0))
    lanes_of[0].load_weights({name: w * np.inf for name, w in lanes_of[0].weights().items()})
    saver.after_epoch(1, lambda: saving.snapshot(lanes_of, {"numpy": losses}, 0))
    saved = saving.read(tmp_path / STATE, RUN)
    assert (saved.epochs, saved.finite) == (1, True)


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from training import cli
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.mark.slow
def test_a_full_disk_leaves_what_was_saved_before(whole: Path, tmp_path: Path) -> None:
    """A file may not grow past a limit, as on a disk that is full: at a first save, at a later one.

    The losses make each save some bytes larger than the one before.
    """
    at_first = full(tmp_path, 100_000, *OPTIONS, "--save-every", "10", "--out", "run")
    assert at_first.returncode == 2
    assert "state.npz: cannot be written (File too large)" in at_first.stderr
    assert not any(tmp_path.iterdir())
    process = start(tmp_path, *OPTIONS, "--save-every", "10", "--out", "run")
    wait_for(tmp_path / "run.unfinished" / STATE, process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    before = (tmp_path / "run.unfinished" / STATE).read_bytes()
    later = full(tmp_path, len(before) - 1000, "resume", "run")
    assert later.returncode == 2, later.stderr
    assert "cannot be written" in later.stderr
    assert "make room" in later.stderr
    assert (tmp_path / "run.unfinished" / STATE).read_bytes() == before
    assert run("resume", tmp_path / "run") == 0
    same(tmp_path / "run", whole)


def full(folder: Path, limit: int, *words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", FULL, str(limit), *map(str, words)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_damaged_state_is_refused_and_kept(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (short / STATE).read_bytes()
    folder = tmp_path / "run.unfinished"
    folder.mkdir()
    (folder / "config.json").write_bytes((short / "config.json").read_bytes())
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 1
    for damaged in (good[: len(good) // 2], good[:100], bytes(flipped), b"", b"no archive"):
        (folder / STATE).write_bytes(damaged)
        assert run("resume", tmp_path / "run") == 2
        assert STATE in capsys.readouterr().err
        assert (folder / STATE).read_bytes() == damaged


def test_damaged_options_are_refused(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run.unfinished"
    folder.mkdir()
    (folder / STATE).write_bytes((short / STATE).read_bytes())
    for text in ("", "{", "[]", '{"command": 3}', '{"command": ["compare", "--epochs", "-1"]}'):
        (folder / "config.json").write_text(text)
        assert run("resume", tmp_path / "run") == 2
        assert "config.json: not the options of a run" in capsys.readouterr().err


def test_other_data_than_it_was_begun_with_are_refused(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run.unfinished"
    folder.mkdir()
    for name in ("config.json", STATE):
        (folder / name).write_bytes((short / name).read_bytes())
    facts = read_json(short / "environment.json")
    facts["data"]["sha256"] = "0" * 64
    files.write_json(folder / "environment.json", facts)
    assert run("resume", tmp_path / "run") == 2
    assert "was begun with data of SHA-256 000" in capsys.readouterr().err


@pytest.mark.slow
def test_twelve_epochs_and_twelve_more_are_twenty_four_in_every_lane(tmp_path: Path) -> None:
    """Also dropout's masks, which are drawn from where the first run left off."""
    options = ["--data", "digits", "--dropout", 0.3, "--lanes", *LANES]
    assert run("compare", *options, "--epochs", 24, "--out", tmp_path / "24") == 0
    assert run("compare", *options, "--epochs", 12, "--out", tmp_path / "a") == 0
    more = ["--data", "digits", "--lanes", *LANES, "--epochs", 12]
    assert run("resume", tmp_path / "a", *more, "--out", tmp_path / "b") == 0
    once, again = (read_csv(tmp_path / name / "history.csv") for name in ("24", "b"))
    for lane in LANES:
        assert once[lane][12:].tobytes() == again[lane].tobytes(), lane
    one, other = held(tmp_path / "24"), held(tmp_path / "b")
    for name in one:
        if not name.startswith(("losses", "first")):
            assert one[name] == other[name], name


@pytest.mark.parametrize("optimizer", ["adam", "gradient_descent"])
def test_a_loss_that_is_no_number_stops_with_the_last_good_state(
    optimizer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rate = 1e37 if optimizer == "adam" else 100
    options = ["--data", "digits", "--cost", "mse", "--optimizer", optimizer, "--save-every", 1]
    assert run("compare", *options, "--learning-rate", rate, "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert "the loss of lane tf1 is" in said
    assert "Try a smaller --learning-rate" in said
    saved = saved_by(tmp_path / "run.unfinished")
    if saved:
        assert saved.finite
        assert f"up to epoch {saved.epochs - 1}" in said
