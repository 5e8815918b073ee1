"""--quiet and --json: what is said where, the same in every command."""

import dataclasses
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import COMMAND, ROOT, run
from tests.slow import few_of
from tests.support.losses import read_csv
from training.command_line import words
from training.command_line.output import Output
from training.commands import table
from training.machine import files
from training.options.compare import CompareConfig
from training.options.resume import ResumeConfig
from training.options.shared import OutputOptions
from training.reports import compare

Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of three epochs on two lanes."""
    folder = tmp_path_factory.mktemp("manners") / "run"
    lanes = ("--lanes", "tf1", "exact")
    assert run("compare", "--epochs", 3, *lanes, "--out", folder, "--quiet", "--json") == 0
    return folder


def test_every_command_takes_them_from_one_class() -> None:
    for config in table.COMMANDS.values():
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

SLOW = ("ablate", "bench", "finetune")
KEPT = [command for command in SAYS if not command.startswith(SLOW)]


@pytest.mark.parametrize("command", few_of(SAYS, *KEPT))
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
        assert found == files.read_json(tmp_path / SAYS[command])
    else:
        assert found[SAYS[command]]
    if (config := tmp_path / "new" / "config.json").is_file():
        recorded = files.read_json(config)
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
    assert out.endswith("losses and weights.\nResults: new\nReport: new/report.html\n")
    assert Path("new/report.html").is_file()
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
    assert words.of(loud) == words.of(quiet)
    assert words.options(loud) == words.options(quiet)
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


def test_a_table_of_numbers_is_whole_on_a_narrow_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lane = {"first_loss": 101.94442, "last_loss": 0.060817596, "max_ulp": 123456789, "max_rel": 0.8}
    lane |= {"test_accuracy": 0.841, "seconds_per_epoch": 0.0123}
    Output(OutputOptions()).show(compare.table({"lanes": {"idiomatic": lane}}))
    shown = capsys.readouterr().out
    assert "s/epoch" in shown
    assert "123,456,789" in shown
    assert "0.0123" in shown
    assert len(shown.splitlines()) == 3
