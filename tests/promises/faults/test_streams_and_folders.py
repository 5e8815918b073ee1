"""Closed and full streams, disks with a limit, folders that go away: a message, no more."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from tests.conftest import COMMAND, run
from tests.machine.test_cluster import CPU
from tests.support.states import RUN
from training.errors import UserError
from training.machine import cluster, shortage
from training.runs import folders
from training.runs.saving import Saved
from training.runs.state_file import STATE

Printed = pytest.CaptureFixture[str]


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full", ">&- 2>&-"])
def test_a_refusal_that_cannot_be_said_is_one(stream: str, tmp_path: Path) -> None:
    """Exit 2, and not 1, which says that models differ."""
    line = f"'{COMMAND}' data nowhere {stream}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, stdout=subprocess.PIPE, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert not any(tmp_path.iterdir())


def test_notes_that_cannot_be_said_end_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    kept = os.dup(2)
    with open("/dev/full", "wb") as full, capfd.disabled():
        os.dup2(full.fileno(), 2)
        monkeypatch.setattr(sys, "stderr", sys.__stderr__)
        try:
            options = ["--data", "digits", "--epochs", 1, "--lanes", "tf1"]
            assert run("compare", *options, "--json", "--out", tmp_path / "run") == 0
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    assert (tmp_path / "run" / "results.json").is_file()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EFBIG, "File too large", "a.npz"), "a.npz: file too large; allow larger"),
        (OSError(errno.EDQUOT, "?", "a.npz"), "a.npz: disk quota exceeded; make room"),
        (OSError("Unable to write (errno = 122, 'Disk quota exceeded')"), "disk quota exceeded"),
        (RuntimeError("Can't close (errno = 27, 'File too large')"), "file too large"),
        (tf.errors.UnknownError(None, None, "a.index; File too large"), "file too large"),
    ],
    ids=str,
)
def test_a_limit_of_the_disk_is_a_message(error: Exception, said: str, tmp_path: Path) -> None:
    """Whoever says so: Python, HDF5, TensorFlow."""
    assert said in str(shortage.explain(error))
    with (
        pytest.raises(UserError, match=r"run: .*then start it again"),
        folders.begin(tmp_path / "run"),
    ):
        raise error
    assert not any(tmp_path.iterdir())


def test_what_was_saved_before_is_named_only_where_it_is(tmp_path: Path) -> None:
    (tmp_path / f".{STATE}").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"No space left on device\); make room, then\nstart it"):
        Saved({}, {}).write(tmp_path / STATE, RUN)
    (tmp_path / STATE).touch()
    (tmp_path / f".{STATE}").symlink_to("/dev/full")
    with pytest.raises(UserError, match="from what was saved before, which is still there"):
        Saved({}, {}).write(tmp_path / STATE, RUN)


def test_a_folder_that_was_moved_is_not_named_for_going_on(tmp_path: Path) -> None:
    def train() -> None:
        with folders.begin(tmp_path / "run") as folder:
            Saved({}, {}).write(folder / STATE, RUN)
            folder.rename(tmp_path / "elsewhere")
            Saved({}, {}).write(folder / STATE, RUN)

    with pytest.raises(UserError, match=r"run\.unfinished: gone; it was moved") as raised:
        train()
    assert f"resume {tmp_path / 'run'}" not in str(raised.value)
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == [STATE]


def test_a_working_folder_that_was_removed_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run("data", "digits") == 2
    assert capsys.readouterr().err.startswith("tf1keras: the working folder was removed;")


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1", "a:b"])
def test_a_port_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow would wait for it, or say something of gRPC."""
    task = f'{{"cluster": {{"worker": ["{address}"]}}, "task": {{"type": "worker", "index": 0}}}}'
    monkeypatch.setenv("TF_CONFIG", task)
    with pytest.raises(UserError, match=f"no port from 1 to 65535 in {address}; expected TF_CON"):
        cluster.join("tf_config", CPU)
