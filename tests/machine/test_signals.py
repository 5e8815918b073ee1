"""Ctrl-C: what is left behind, and what is said of it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import COMMAND, run
from tests.support.losses import read_csv
from tests.support.states import saved_by
from tests.support.waiting import wait_for
from training.machine.processes import Child
from training.machine.signals import Interruption, Stopped, ctrl_c_remembered
from training.runs import folders
from training.runs.state_file import STATE

ENDED = ("Z", "X")
"""States of a process that has ended."""


def test_a_child_never_sees_ctrl_c_and_is_not_waited_for() -> None:
    start, pids = time.monotonic(), []

    def stopped_while_it_works() -> None:
        with Child() as child:
            pids.append(child.submit(os.getpid).result())
            blocked = re.search(r"^SigBlk:\s*(\w+)", _status(pids[0]), re.MULTILINE)
            assert blocked
            assert int(blocked[1], 16) >> (signal.SIGINT - 1) & 1
            child.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_while_it_works()
    assert time.monotonic() - start < 60
    assert not _runs(pids[0])
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


class StoppedWhileStarting:
    """Sends Ctrl-C while it is pickled for a new process; says that it was pickled to the end."""

    written = False

    def __reduce__(self) -> tuple[type, tuple[()]]:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
        StoppedWhileStarting.written = True
        return object, ()


def test_ctrl_c_waits_until_a_child_has_started() -> None:
    """Another thread takes the signal here, as TensorFlow's do, and the main thread is told."""
    ended = threading.Event()
    threading.Thread(target=ended.wait, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt), Child(id, StoppedWhileStarting()) as child:
            child.submit(time.sleep, 600)
    finally:
        ended.set()
    assert StoppedWhileStarting.written
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")


def _runs(pid: int) -> bool:
    try:
        return _status(pid).partition("State:")[2].split()[0] not in ENDED
    except (FileNotFoundError, ProcessLookupError):
        return False


def _family(pid: int) -> set[int]:
    """Return the processes that `pid` has started, and those that these have."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    own = {int(one) for task in tasks for one in task.read_text().split()}
    return own.union(*map(_family, own))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "sign"),
    [
        ("bench --rows 4000 --peers numpy", "4,000 rows: floor"),
        ("ablate --epochs 100000 --causes epsilon onednn_off", "100000 epochs, full batch"),
    ],
)
def test_ctrl_c_leaves_nothing_behind(command: str, sign: str, tmp_path: Path) -> None:
    """As a terminal sends it: to the command and to what it has started."""
    process = subprocess.Popen(
        [COMMAND, *command.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    while sign not in process.stderr.readline():
        assert process.poll() is None
    while not (family := _family(process.pid)):
        assert process.poll() is None
        time.sleep(0.05)
    assert list(tmp_path.rglob("*"))
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.endswith("tf1keras: stopped; nothing was written.\n")
    assert "Traceback" not in err
    assert not list(tmp_path.rglob("*"))
    deadline = time.monotonic() + 10  # multiprocessing's own helper needs a moment
    while any(map(_runs, family)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_runs, family))


def test_a_dropped_ctrl_c_is_obeyed_before_what_takes_long_or_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python drops what is raised in a destructor, and would print a traceback of it."""

    class Dropping:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    final = tmp_path / "run"
    with ctrl_c_remembered():
        Dropping()
        assert capsys.readouterr().err == ""
        with pytest.raises(KeyboardInterrupt), Interruption():
            pass
        with pytest.raises(Stopped, match="nothing was written"), folders.begin(final):
            pass
        with pytest.raises(Stopped, match="goes on"), folders.begin(final) as folder:
            (folder / STATE).touch()
        other = tmp_path / "other"
        with pytest.raises(Stopped, match="nothing was written"), folders.begin(other):
            raise ImportError("as NumPy says when it is stopped while it is imported")
    assert not final.exists()
    with Interruption():
        pass


DROPPED = """
import signal, sys
from training import cli

def press(frame, event, arg):
    if event == "call" and frame.f_back and frame.f_back.f_code.co_name == "_call_tf_sessionrun":
        sys.setprofile(None)
        print("in", frame.f_code.co_qualname)
        signal.raise_signal(signal.SIGINT)

sys.setprofile(press)
sys.exit(cli.main(["compare", "--data", "digits", "--lanes", "tf1", "--epochs", "3"]))
"""


@pytest.mark.slow
def test_a_ctrl_c_that_tensorflow_drops_is_obeyed(tmp_path: Path) -> None:
    """Its first `Session.run` calls Python code, and forgets what that raises."""
    ended = subprocess.run(
        [sys.executable, "-c", DROPPED], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.startswith("in NumpyVersion.__init__\n")
    assert ended.stderr.endswith("tf1keras: stopped; nothing was written.\n")
    assert ended.returncode == 130
    assert not list(tmp_path.iterdir())


SAVED = "What was saved last lies in run.unfinished: tf1keras resume run goes on from there."


@pytest.mark.slow
def test_a_second_ctrl_c_says_where_the_state_is(tmp_path: Path) -> None:
    """The first waits for the call that runs, to save what it gives; the second ends it as well."""
    process = _training(tmp_path, "--epochs", "100000", "--epochs-per-call", "600")
    wait_for(tmp_path / "run.unfinished" / STATE, process)  # the first call is one epoch
    for _ in range(2):
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=90)[1]
    assert process.returncode == 130
    assert err.endswith(f"tf1keras: stopped.\n{SAVED}\n")
    assert "Traceback" not in err
    saved = saved_by(tmp_path / "run.unfinished")
    assert saved
    assert saved.epochs % 600 == 1


@pytest.mark.slow
def test_ctrl_c_while_results_are_written_says_where_the_state_is(tmp_path: Path) -> None:
    process = _training(tmp_path, "--epochs", "25")
    wait_for(tmp_path / "run.unfinished" / "history.csv", process)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=90)[1]
    assert process.returncode == 130
    assert f"tf1keras: stopped.\n{SAVED}\n" in err  # a library's destructor may complain after it
    assert run("resume", tmp_path / "run") == 0
    assert len(read_csv(tmp_path / "run" / "history.csv")["tf1"]) == 25


def test_ctrl_c_says_nothing_of_what_it_does_not_know(tmp_path: Path) -> None:
    """A folder is not there, or was finished, or is resumed from: each is said as it is."""

    def stopped(run_folder: AbstractContextManager[Path], *names: str) -> str:
        def write() -> None:
            with run_folder as folder:
                for name in names:
                    (folder / name).touch()
                raise KeyboardInterrupt

        with pytest.raises(Stopped) as raised:
            write()
        assert raised.value.status == 130
        return str(raised.value)

    final = tmp_path / "deep" / "run"
    assert stopped(folders.begin(final), "file") == "stopped; nothing was written."
    assert not list(tmp_path.iterdir())
    said = stopped(folders.begin(final), STATE)
    assert said.splitlines()[1] == SAVED.replace("run", str(final), 1).replace(
        "resume run", f"resume {final}"
    )
    final.mkdir()
    (final / "results.json").touch()
    with pytest.raises(Stopped, match="was finished before"), folders._stopping(final):
        raise KeyboardInterrupt


def _training(folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = ["compare", "--data", "digits", "--lanes", "tf1", "exact", "--save-every", "1"]
    return subprocess.Popen(
        [COMMAND, *command, *options, "--out", "run"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
