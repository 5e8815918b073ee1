"""What a command says and does not say: on a terminal, in a pipe, to a script, and when stopped."""

import dataclasses
import errno
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

from tests.conftest import ROOT, run
from training import cli, command_line, progress, runs, shortage
from training.children import Child
from training.config import CompareConfig
from training.errors import UserError
from training.history import read_csv
from training.model_config import ResumeConfig
from training.options import OutputOptions

Printed = pytest.CaptureFixture[str]
COMMAND = Path(sys.executable).with_name("tf1keras")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")
ENDED = ("Z", "X")
"""States of a process that has ended."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of three epochs on two lanes."""
    folder = tmp_path_factory.mktemp("manners") / "run"
    lanes = ("--lanes", "tf1", "exact")
    assert run("compare", "--epochs", 3, *lanes, "--out", folder, "--quiet", "--json") == 0
    return folder


# --quiet and --json


def test_every_command_takes_them_from_one_class() -> None:
    for annotated in get_args(cli.Command):
        config = get_args(annotated)[0]
        assert issubclass(config, OutputOptions)
        own = {field.name for field in dataclasses.fields(OutputOptions)}
        assert not own & set(vars(config).get("__annotations__", {})), config


SAYS = {
    "compare --epochs 2 --lanes tf1 exact --out new": "new/results.json",
    "resume RUN --epochs 2 --lanes tf1 exact --out new": "new/results.json",
    "ablate --epochs 2 --causes epsilon --out new": "new/ablation.json",
    "finetune RUN --epochs 1 --shots 2 --out new": "new/finetune.json",
    "bench --rows 50 --peers numpy --rounds 1 --out new": "new/bench.json",
    "data digits --out new": "new/data.json",
    "article --epochs 3 --out new": "losses",
    "article --epochs 3": "losses",
    "check PAIR --steps 1": "rungs",
    "migrate RUN --to new.keras": "arrays",
    "predict RUN SEVEN": "predictions",
    "env": "packages",
}

SLOW = ("bench", "finetune")


@pytest.mark.parametrize(
    "command",
    [pytest.param(one, marks=pytest.mark.slow if one.startswith(SLOW) else ()) for one in SAYS],
)
def test_json_is_all_of_standard_output_and_quiet_leaves_nothing_else(
    command: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """It is what the run folder's own file holds, where there is one."""
    monkeypatch.chdir(tmp_path)
    arguments = _arguments(command, trained)
    assert run(*arguments, "--quiet", "--json") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith("{")
    found = json.loads(printed.out)
    assert ("folder" in found) == ("--out" in command)
    if found.pop("folder", None):
        assert (tmp_path / "new" / "environment.json").is_file() or command.startswith("data")
    if SAYS[command].endswith(".json"):
        assert found == runs.read_json(tmp_path / SAYS[command])
    else:
        assert found[SAYS[command]]
    if (config := tmp_path / "new" / "config.json").is_file():
        recorded = runs.read_json(config)
        assert not {"quiet", "json", "--quiet", "--json"} & {
            *recorded,
            *recorded.get("command", ()),
        }


def _arguments(command: str, trained: Path) -> list[str]:
    examples = ROOT / "examples"
    pair, seven = examples / "softmax_regression.py", examples / "seven.png"
    named = {"RUN": str(trained), "PAIR": str(pair), "SEVEN": str(seven)}
    return [named.get(word, word) for word in command.split()]


def test_json_holds_what_was_computed(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.chdir(trained.parent)
    assert run("article", "--epochs", 3, "--json") == 0
    losses = np.float32(json.loads(capsys.readouterr().out)["losses"])
    assert losses.tobytes() == read_csv(trained / "history.csv")["tf1"].tobytes()
    assert run("predict", trained, ROOT / "examples" / "seven.png", "--json") == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert {one["model"] for one in found} == {"tf1", "exact"}
    for one in found:
        assert sum(one["probabilities"].values()) == pytest.approx(1)
        assert str(one["class"]) == max(one["probabilities"], key=one["probabilities"].get)
    assert run("migrate", trained, "--to", "told.keras", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {"tf1": "Variable", "keras": "hidden_layer/kernel"}.items() <= found["arrays"][0].items()
    assert found["arrays"][0]["shape"] == [784, 128]
    assert found["written"] == "told.keras"
    assert found["proof"].startswith("Proven")


def test_quiet_leaves_the_result_on_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--epochs", "2", "--lanes", "tf1", "exact"]
    assert run("compare", *options, "--out", "new", "--quiet") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("lane ")
    assert out.endswith("losses and weights.\nResults: new\n")
    assert "\x1b" not in out
    assert run("article", "--epochs", "1") == 0
    out, err = capsys.readouterr()
    assert "mnist_5k" in err
    assert "\x1b" not in err
    assert run("article", "--epochs", "1", "--quiet") == 0
    assert capsys.readouterr() == ("Epoch: 0 Loss: 101.944\n", "")


def test_errors_are_said_in_any_case(capsys: Printed) -> None:
    assert run("migrate", "nowhere", "--to", "a.keras", "--quiet", "--json") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("tf1keras: nowhere: no such file or folder")


def test_exit_status_stays_and_what_a_pair_prints_is_no_result(
    tmp_path: Path, capsys: Printed
) -> None:
    source = (ROOT / "examples" / "softmax_regression.py").read_text(encoding="utf-8")
    assert "SGD(0.5)" in source
    source = source.replace("SGD(0.5)", "SGD(0.4)")
    (tmp_path / "pair.py").write_text("print('chatter')\n" + source, encoding="utf-8")
    assert run("check", tmp_path / "pair.py", "--steps", 1, "--json") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["verdict"] == "different"
    assert "chatter" in printed.err
    assert run("check", tmp_path / "pair.py", "--steps", 1, "--quiet") == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("rung ")
    assert printed.err == ""


def test_how_a_run_speaks_is_no_part_of_it() -> None:
    loud, quiet = CompareConfig(epochs=5), CompareConfig(epochs=5, quiet=True, json=True)
    assert loud == quiet
    assert command_line.words(loud) == command_line.words(quiet)
    assert command_line.options(loud) == command_line.options(quiet)
    asked = ResumeConfig(source=Path("a"), json=True)  # an unfinished run takes no other options
    assert asked == ResumeConfig(source=Path("a"))


@pytest.mark.slow
def test_launch_hands_it_on_to_its_workers(tmp_path: Path) -> None:
    command = ["launch", "--workers", "1", "--quiet", "--json", "--", "compare"]
    options = ["--epochs", "2", "--lanes", "tf1", "exact", "--out", "new"]
    done = subprocess.run(
        [COMMAND, *command, *options], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert json.loads(done.stdout).pop("folder") == "new"


# terminals and pipes


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
    commands = {get_args(annotated)[1].name for annotated in get_args(cli.Command)}
    assert _completed(script, "tf1keras", "") >= commands
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


# Ctrl-C


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


# what a machine runs out of


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
    with pytest.raises(UserError, match=match), runs.new(final) as folder:
        fill(folder)
    assert not list(tmp_path.iterdir())

    def fill_after_something_was_saved() -> None:
        with runs.resumable(final, "state") as folder:
            (folder / "state").touch()
            fill(folder)

    with pytest.raises(UserError, match="make room, then tf1keras resume") as raised:
        fill_after_something_was_saved()
    assert str(final) in str(raised.value)
    assert runs.unfinished(final).is_dir()


def test_a_full_disk_elsewhere_is_a_message_too(tmp_path: Path) -> None:
    """Here the result itself cannot be written."""
    line = f"'{COMMAND}' data digits --quiet > /dev/full"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.stderr == "tf1keras: the disk: no space left on device; make room.\n"
    assert done.returncode == 2
