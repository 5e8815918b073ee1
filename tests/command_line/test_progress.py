"""On a terminal and in a pipe: progress, colours, help, completion."""

import errno
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.conftest import COMMAND, run
from training.command_line import progress
from training.commands import table

Printed = pytest.CaptureFixture[str]
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")


@pytest.mark.parametrize("epochs", [1000, 100_000])
def test_progress_of_three_lanes_fits_80_columns(epochs: int) -> None:
    """With the longest losses and distances that there are."""
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with progress.line(epochs, screen) as show:
        for epoch in range(epochs - 9, epochs):
            time.sleep(0.003)
            losses = {"tf1": 1.2345e-05, "exact": 1.2346e-05, "idiomatic": 0.012345}
            show(epoch, {lane: np.float32(loss) for lane, loss in losses.items()})
    assert isinstance(screen.file, io.StringIO)
    lines = re.split(r"[\r\n]|\x1b\[\??[0-9]*[A-Za-z]", screen.file.getvalue())
    assert max(map(len, lines)) <= 80
    last = [line for line in lines if line.strip()][-1]
    numbers = r"tf1 1.234e-05  exact 8e-05  idiomatic 1e\+03 [\d.]+/s 0:00:00"
    assert re.fullmatch(rf"epoch +{epochs}/{epochs} {numbers}", last), last


def on_terminal(*arguments: str) -> tuple[int, str]:
    """Run the command line in this process, its output on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown: list[bytes] = []

    def read() -> None:
        while piece := _read(ours):
            shown.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    with open(theirs, "w", encoding="utf-8") as screen, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        patch.setattr(sys, "stderr", screen)
        patch.setenv("TERM", "xterm-256color")
        try:
            status = run(*arguments)
        except SystemExit as left:  # after --help
            status = int(left.code or 0)
    reader.join()
    os.close(ours)
    return status, b"".join(shown).decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError as error:
        if error.errno != errno.EIO:  # on Linux the end of what a terminal shows
            raise
        return b""


def test_a_terminal_gets_progress_and_colours_and_no_color_takes_the_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs_of = {"colours": ["22", "--lanes", "tf1", "exact"], "plain": ["2", "--lanes", "tf1"]}
    for name, options in runs_of.items():
        if name == "plain":
            monkeypatch.setenv("NO_COLOR", "1")
        status, shown = on_terminal("compare", "--out", str(tmp_path / name), "--epochs", *options)
        assert status == 0
        assert "epoch " in shown
        if name == "colours":
            assert re.search(r"22/22.* tf1 \d+\.\d+  exact = .*\d/s .*0:00:00", shown), shown
        _, page = on_terminal("data", "--help")
        assert "--quiet" in page
        for text in (shown, page):
            assert bool(COLOUR.search(text)) == (name == "colours"), text
    assert on_terminal("article", "--epochs", "1", "--quiet") == (0, "Epoch: 0 Loss: 101.944\r\n")


def test_help_in_a_pipe_has_no_control_characters(capsys: Printed) -> None:
    for command in ("compare", "env"):
        with pytest.raises(SystemExit):
            run(command, "--help")
        out = capsys.readouterr().out
        assert "--quiet" in out
        assert "--json" in out
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out)


def test_a_closed_pipe_ends_any_command_as_shells_expect(tmp_path: Path) -> None:
    line = f"'{COMMAND}' data digits | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_completion_offers_the_commands_and_their_options(tmp_path: Path, capsys: Printed) -> None:
    with pytest.raises(SystemExit) as left:
        run("--tyro-print-completion", "bash")
    assert not left.value.code
    script = tmp_path / "tf1keras"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    subprocess.run(["bash", "-n", script], check=True)
    assert _completed(script, "tf1keras", "") >= set(table.COMMANDS)
    assert _completed(script, "tf1keras", "compare", "--epo") >= {"--epochs", "--epochs-per-call"}


def _completed(script: Path, *words: str) -> set[str]:
    """Return what bash offers for the last of `words`."""
    given = " ".join(f"'{word}'" for word in words)
    code = (
        f"source '{script}'; COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; "
        "_tyro_tf1keras; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())
