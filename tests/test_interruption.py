"""Ctrl-C: what is left behind, and what is said of it."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND
from training.children import Child

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
