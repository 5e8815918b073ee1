"""What a machine runs out of, memory and disk, is a message."""

import errno
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf

from tests.conftest import COMMAND, ROOT, run
from training.errors import UserError
from training.machine import shortage
from training.runs import folders, names

Printed = pytest.CaptureFixture[str]


def test_too_little_memory_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """Batches of a petabyte, for which no process has addresses."""
    monkeypatch.chdir(tmp_path)
    source = (ROOT / "examples" / "softmax_regression.py").read_text(encoding="utf-8")
    Path("pair.py").write_text(source.replace("784", str(2**16)), encoding="utf-8")
    assert run("check", "pair.py", "--batch-size", 2**31 - 1, "--quiet") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("tf1keras: out of memory (unable to allocate")
    assert "fewer rows" in printed.err
    assert "--micro-batch" in printed.err
    assert len(printed.err.splitlines()) <= 3
    assert shortage.explain(ValueError("no space")) is None
    assert shortage.explain(OSError(errno.EACCES, "Permission denied")) is None


@pytest.mark.slow
def test_what_tensorflow_says_of_too_little_memory_is_understood() -> None:
    """It tries for ten seconds."""
    with pytest.raises(tf.errors.ResourceExhaustedError) as raised:
        tf.zeros([2**31, 2**16])
    said = shortage.explain(raised.value)
    assert said
    assert said.startswith("out of memory (tensor with shape[2147483648,65536]).\n")


@pytest.mark.parametrize("writer", ["python", "tensorflow"])
def test_a_full_disk_is_a_message_that_names_the_run_folder(writer: str, tmp_path: Path) -> None:
    final = tmp_path / "deep" / "run"

    def fill(folder: Path) -> None:
        (folder / "file").symlink_to("/dev/full")
        if writer == "python":
            (folder / "file").write_bytes(bytes(100_000))
        else:
            with tf.io.gfile.GFile(str(folder / "file"), "w") as file:
                file.write("0" * 100_000)

    match = r"run: no space left on device; make room, then start"
    with pytest.raises(UserError, match=match), folders.begin(final) as folder:
        fill(folder)
    assert not list(tmp_path.iterdir())

    def fill_after_something_was_saved() -> None:
        with folders.begin(final) as folder:
            (folder / "state").touch()
            fill(folder)

    with pytest.raises(UserError, match="make room, then tf1keras resume") as raised:
        fill_after_something_was_saved()
    assert str(final) in str(raised.value)
    assert names.unfinished(final).is_dir()


def test_a_full_disk_elsewhere_is_a_message_too(tmp_path: Path) -> None:
    """Here the result itself cannot be written."""
    line = f"'{COMMAND}' data digits --quiet > /dev/full"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.stderr == "tf1keras: the disk: no space left on device; make room.\n"
    assert done.returncode == 2
