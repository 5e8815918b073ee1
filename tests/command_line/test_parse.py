"""The command line: quick to answer, true to its word, and clear about bad input."""

import itertools
import os
import pty
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT, python, tf1keras
from training import cli
from training.command_line import help_page
from training.commands import table


@pytest.mark.alone
def test_help_answers_in_half_a_second(tmp_path: Path) -> None:
    """The best of a few, so that another process's noise is not taken for ours."""
    best = 9.0
    for _ in range(5):
        start = time.perf_counter()
        done = tf1keras("--help", cwd=tmp_path)
        best = min(best, time.perf_counter() - start)
        assert done.returncode == 0
    assert best < 0.5


HEAVY = ("tensorflow", "keras", "matplotlib", "jinja2", "plotly", "sklearn", "PIL", "mlxtend")
HELP = f"""
import contextlib, sys
from training import cli
from training.commands import table
with contextlib.suppress(SystemExit):
    cli.main(sys.argv[1:])
print("heavy", [name for name in {HEAVY} if name in sys.modules])
"""


@pytest.mark.parametrize("command", ["", *table.COMMANDS])
def test_help_imports_nothing_heavy(command: str) -> None:
    """So that it answers at once; how soon is measured where nothing runs beside it."""
    shown = python(HELP, *command.split(), "--help")
    assert shown.splitlines()[-1] == "heavy []"
    if not command:  # a screenful: a sentence for each
        assert all(name in shown for name in table.COMMANDS)
        assert len(shown.splitlines()) <= 45


@pytest.mark.parametrize("command", ["", *table.COMMANDS])
def test_help_is_well_laid_out(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is longer than the screen, none ends before its time, and no default is nothing."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main([*command.split(), "--help"])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r"None\b[^.]|\(default: (False)?\)|\bSTR\b", shown)
    for line, after in itertools.pairwise(shown.splitlines()):
        if re.match(r"│ {6,}\w", after) and re.match(r"│ {6,}\w", line):
            assert len(line.rstrip("│ ")) + len(after.strip("│ ").split()[0]) + 1 > 78, line


def test_alone_it_is_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--help"]):
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        assert not left.value.code
    shown = capsys.readouterr().out
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]
    assert shown.startswith("usage: tf1keras")


def test_asking_again_describes_no_option_anew() -> None:
    """What a notebook runs for the hundredth time begins as soon as the first."""
    options = table.COMMANDS["compare"]
    help_page.describe(options)
    before = [dict(one.__annotations__) for one in options.__mro__[:-1]]
    help_page.describe(options)
    assert [dict(one.__annotations__) for one in options.__mro__[:-1]] == before


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert capsys.readouterr().out == f"tf1keras {project['version']}\n"


def test_article_prints_its_own_lines_and_nothing_else(tmp_path: Path) -> None:
    options = ["--data", "mnist_5k", "--seed", "1234", "--epochs", "12"]
    done = tf1keras("article", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Epoch: 0 Loss: 101.944"
    assert len(lines) == 12
    for epoch, line in enumerate(lines):
        assert re.fullmatch(rf"Epoch: {epoch} Loss: \d+\.\d+", line)
    assert "mnist_5k: 4,000 train and 1,000 test rows, SHA-256" in done.stderr
    assert not re.search(r"^([IWE]\d{4} |WARNING|20\d\d-)", done.stderr, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


def test_article_writes_a_run_folder_where_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deep" / "run"
    assert cli.main(["article", "--epochs", "3", "--out", str(folder)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert {path.name for path in folder.iterdir()} == {
        "SHA256SUMS",
        "config.json",
        "environment.json",
        "history.csv",
        "state.npz",
        "tf1",
    }


def test_a_terminal_gets_no_box_either(tmp_path: Path) -> None:
    """Where the parser would colour it."""
    ours, theirs = pty.openpty()
    command = [Path(sys.executable).with_name("tf1keras"), "compare", "--epoch", "3"]
    done = subprocess.run(command, cwd=tmp_path, stdout=theirs, stderr=theirs, check=False)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode().replace("\r\n", "\n")
    os.close(ours)
    assert done.returncode == 2
    assert shown == (
        "tf1keras: Unrecognized options: --epoch, 3; perhaps you meant --epochs INT.\n"
        "See tf1keras compare --help\n"
    )


def test_a_path_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Brackets are no colours."""
    monkeypatch.chdir(tmp_path)
    for command in (["article", "--epochs", "1"], ["data", "digits"]):
        folder = f"[red]{command[0]}[/red]"
        assert cli.main([*command, "--out", folder]) == 0
        printed = capsys.readouterr()
        assert folder in printed.out + printed.err
        assert (tmp_path / folder).is_dir()


@pytest.mark.slow
def test_closed_pipe_is_no_error_message(tmp_path: Path) -> None:
    command = f"'{Path(sys.executable).with_name('tf1keras')}' article --epochs 200 | head -n 2"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == 2
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_python_m_training_is_the_same_command() -> None:
    command = [sys.executable, "-m", "training", "compare", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for option in ("--data", "--manual-dir", "--epochs", "--seed", "--device", "--out", "--lanes"):
        assert option in done.stdout


BAD_INPUT = """
compare --epochs 0 | at least 1
compare --epochs -3 | at least 1
compare --epochs many | invalid
compare --seed -1 | expected 0 to 2147483646
compare --seed 2147483647 | expected 0 to 2147483646
compare --device tpu | expected auto, cpu, gpu or gpu:N
compare --device gpu | pip install '.[gpu]' in a clone
compare --lanes tf1 tf1 | at most once
compare --lanes tf3 | tf3
compare --data mnist_6k | mnist_5k, digits, mnist, fashion_mnist
compare --data idx:nowhere | no such folder
compare --data npz:nowhere.npz | no such file
compare --out full | exists already
compare --out full/file | exists already
compare --out full/file/run | cannot be written to
compare --hidden 0 | each at least 1
compare --hidden 128 -1 | each at least 1
compare --hidden many | many
compare --hidden 99999999 | parameters; expected at most
compare --cost mae | mse
compare --optimizer sgd | gradient_descent
compare --learning-rate 0 | a number above 0
compare --learning-rate nan | a number above 0
compare --learning-rate inf | a number above 0
compare --l1 -0.1 | 0 or a number above it
compare --l2 nan | 0 or a number above it
compare --dropout 1 | less than 1
compare --dropout -0.5 | at least 0
compare --dropout 0.5 --lanes tf1 exact | idiomatic, keras-jax
compare --stop-below 0 | a number above 0
article --dropout 0.5 | dropout
compare --epochs-per-call 0 | at least 1
compare --epochs-per-call 5 --stop-below 1 | expected one of the two
compare --micro-batch 0 | at least 1
bench --rows 0 | at least 1
bench --rows 10 10 | each once
bench --rows 9999999 | --micro-batch
bench --rounds 0 | at least 1
bench --scale 0 | at least 1
bench --peers mxnet | mxnet
bench --micro-batch 10 | cannot; expected --peers
bench --out full | exists already
ablate --hidden 64 | hidden
ablate --epochs 0 | at least 1
ablate --causes epsilon epsilon | at most once
ablate --causes weather | weather
ablate --device cpu | device
article --epochs 0 | at least 1
article --lanes tf1 | lanes
data idx:full | train-images-idx3-ubyte
data mnist --manual-dir full | missing
migrate nowhere --to a.keras | no such file or folder
migrate full | --to
finetune nowhere | no such file or folder
finetune full --strategy head lora | at most one of
predict nowhere a.png | no such file or folder
predict full | expected an image file
compare --data mnist_5k[0-4] | trains on all classes
migrate full --to a.keras --lane exact --pair p.py | --pair
resume nowhere --epochs 1 | no such file or folder
resume full --epochs 0 | at least 1
train | train
"""
"""The words that are given | what the message has in it."""


@pytest.mark.parametrize("line", BAD_INPUT.strip().splitlines())
def test_bad_input_is_one_message_and_status_2(
    line: str, beside_full: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, _, message = line.partition("| ")
    tmp_path = beside_full
    assert status(given.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")] == ["full", "full/file"]
    assert (tmp_path / "full" / "file").read_text() == "kept"


def status(arguments: list[str]) -> int:
    """Run the command line in this process; what the parser refuses leaves by SystemExit."""
    try:
        return cli.main(arguments)
    except SystemExit as left:
        return int(str(left.code))
