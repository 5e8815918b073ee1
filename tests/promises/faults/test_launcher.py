"""What `tf1keras launch` started ends with it, and a terminal that is closed is told to save."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.machine.test_signals import _family, _runs
from tests.promises.faults.test_killed import start
from tests.support.states import saved_by
from tests.support.waiting import wait_for
from training.machine.signals import Interruption
from training.runs.state_file import STATE

LAUNCH = ["launch", "--workers", 2, "--", "compare", "--data", "digits", "--epochs", 10**6]
SECONDS = 30.0

PARENT = """
import functools, os, subprocess, sys, time
from training.machine.processes import end_with
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"],
    preexec_fn=functools.partial(end_with, os.getpid()),
)
print(child.pid, flush=True)
time.sleep(600)
"""


def gone(pids: set[int]) -> bool:
    deadline = time.monotonic() + SECONDS
    while any(map(_runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(_runs, pids))


def test_a_process_ends_when_the_one_that_started_it_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert _runs(child)
        parent.kill()
    assert gone({child})


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGHUP, 129)])
def test_workers_save_and_end_when_their_launcher_does(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    launcher = start(tmp_path, *LAUNCH, "--save-every", 1, "--out", "run")
    wait_for(tmp_path / "run.unfinished" / STATE, launcher)
    workers = _family(launcher.pid)
    assert len(workers) >= 2
    before = saved_by(tmp_path / "run.unfinished")
    time.sleep(1)
    launcher.send_signal(number)
    launcher.communicate(timeout=SECONDS)
    assert launcher.returncode == status
    assert gone(workers)
    saved = saved_by(tmp_path / "run.unfinished")
    assert before
    assert saved
    assert saved.epochs > before.epochs


def test_a_closed_terminal_asks_to_stop_as_sigterm_does() -> None:
    with Interruption() as asked:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)  # a shell sends both
        assert asked.number == signal.SIGHUP


def test_nohup_is_obeyed() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            assert asked.number is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
