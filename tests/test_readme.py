"""The READMEs keep their word: their commands run, their figures are what a command measured."""

import ast
import importlib.util
import json
import re
import shlex
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from tests.conftest import ROOT, golden, tf1keras
from tests.test_ablation import KINDS
from training import cli
from training.config import Cause, Peer
from training.history import read_csv
from training.parity import within_other_kernels
from training.runs import read_json
from training.tolerances import TOLERANCES

READMES = ["README.md", "README.zh-CN.md"]
CAUSES_PAGES = ["docs/why-keras-drifts.md", "docs/why-keras-drifts.zh-CN.md"]
FINE_TUNING_PAGES = ["docs/fine-tuning.md", "docs/fine-tuning.zh-CN.md"]


def text(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def code_blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text(readme), re.DOTALL)


def without_comments(code: str) -> str:
    return "\n".join(line.partition("#")[0].rstrip() for line in code.splitlines())


def commands(readme: str) -> list[str]:
    lines = "\n".join(without_comments(block) for block in code_blocks(readme, "sh")).splitlines()
    return [line for line in lines if line.strip()]


@pytest.fixture(scope="module")
def figures_script() -> ModuleType:
    return script("figures")


def script(name: str) -> ModuleType:
    """The module docs/NAME.py."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_languages_show_the_same_commands_and_code() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")
    english, chinese = (
        [without_comments(block) for block in code_blocks(readme, "python")] for readme in READMES
    )
    assert english == chinese


@pytest.mark.slow
def test_every_command_runs(tmp_path: Path) -> None:
    """`make` and the bare `tf1keras compare` are run by others; the rest here, as printed."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    shown = [shlex.split(line) for line in commands("README.md")]
    assert {line[0] for line in shown} == {"make", "tf1keras"}
    for line in shown:
        if line[0] == "make" or line == ["tf1keras", "compare"]:
            continue
        done = tf1keras(*line[1:], cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
    losses = read_csv(tmp_path / "my-run" / "history.csv")
    assert losses["tf1"].tobytes() == losses["exact"].tobytes()
    assert within_other_kernels(losses["tf1"], golden("mnist_5k-seed0")["loss"][:100])


def test_pair_example_is_a_right_pair(tmp_path: Path) -> None:
    (tmp_path / "pair.py").write_text(code_blocks("README.md", "python")[0], encoding="utf-8")
    assert cli.main(["check", str(tmp_path / "pair.py"), "--steps", "2"]) == 0


def test_state_example_runs(
    default_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-run").symlink_to(default_run)
    names: dict[str, Any] = {}
    exec(code_blocks("README.md", "python")[1], names)
    assert names["state"].step == names["model"].optimizer.iterations.numpy() == 1000


@pytest.mark.parametrize("index", [2, 3])
def test_python_example_runs(index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(code_blocks("README.md", "python")[index], {})
    assert (tmp_path / "article.keras").is_file() == (index == 2)


@pytest.mark.parametrize("readme", [*READMES, *CAUSES_PAGES])
def test_figures_were_written_by_the_command(readme: str, figures_script: ModuleType) -> None:
    figures = json.loads((ROOT / "docs" / "figures.json").read_text(encoding="utf-8"))
    assert text(readme) == figures_script.rewrite(readme, text(readme), figures)


@pytest.mark.parametrize("page", [*READMES, *FINE_TUNING_PAGES])
def test_figures_of_fine_tuning_were_written_by_the_command(page: str) -> None:
    figures = read_json(ROOT / "docs" / "finetune.json")
    assert text(page) == script("finetune").rewrite(page, text(page), figures)


def test_quoted_fine_tuning_keeps_what_it_promises() -> None:
    """The quoted figures; tests/test_full_mnist.py measures some of them again."""
    figures = read_json(ROOT / "docs" / "finetune.json")
    for recipe, accuracy, seconds in (("default", 0.986, 90), ("best", 0.99, 300)):
        of = figures[recipe]
        assert len(of) == 3
        assert sum(one["test_accuracy"] for one in of) / 3 >= accuracy
        assert sum(one["seconds"] for one in of) / 3 <= seconds
        assert {one["source_accuracy"] for one in of} == {0.9035}
    rows = {row["strategy"]: row for row in figures["mnist"]["rows"]}
    assert rows["full"]["epochs_to"] <= rows["scratch"]["epochs_to"]
    assert rows["naive"]["test_accuracy"] < rows["scratch"]["test_accuracy"]
    for shots, points in ((1, 0.15), (5, 0.05)):
        scratch, *others = figures[f"digits-{shots}"]["rows"]
        assert max(row["test_accuracy"] for row in others) >= scratch["test_accuracy"] + points


@pytest.mark.parametrize("readme", READMES)
def test_verdicts_on_the_examples_were_written_by_the_command(readme: str) -> None:
    found = read_json(ROOT / "docs" / "check.json")
    assert text(readme) == script("check").rewrite(readme, text(readme), found)
    assert {f"{name}.py" for name in found} == {p.name for p in (ROOT / "examples").glob("*.py")}


@pytest.mark.parametrize("readme", READMES)
def test_speed_was_written_by_the_command(readme: str) -> None:
    measured = read_json(ROOT / "docs" / "bench.json")
    assert text(readme) == script("bench").rewrite(readme, text(readme), measured)
    assert set(measured["rows"]) == {"4000", "60000"}
    for of_rows in measured["rows"].values():
        assert list(of_rows) == list(get_args(Peer))
        assert not any("missing" in of for of in of_rows.values())


def test_figures_are_what_a_run_gives(default_run: Path) -> None:
    quoted = read_json(ROOT / "docs" / "figures.json")["comparison"]["results"]
    measured = read_json(default_run / "results.json")
    allowed = TOLERANCES["other_kernels"].relative
    assert quoted["epochs"] == measured["epochs"]
    assert quoted["exact_holds"] is measured["exact_holds"] is True
    assert list(quoted["lanes"]) == list(measured["lanes"])
    for lane, row in quoted["lanes"].items():
        again = measured["lanes"][lane]
        for loss in ("first_loss", "last_loss"):
            assert row[loss] == pytest.approx(again[loss], rel=allowed)
        assert row["test_accuracy"] == pytest.approx(again["test_accuracy"], abs=0.005)
    assert quoted["lanes"]["exact"]["max_ulp"] == measured["lanes"]["exact"]["max_ulp"] == 0


@pytest.mark.parametrize("readme", [*READMES, *CAUSES_PAGES, *FINE_TUNING_PAGES])
def test_links_lead_somewhere(readme: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text(readme)):
        assert ((ROOT / readme).parent / target).exists(), target


@pytest.mark.parametrize("page", CAUSES_PAGES)
def test_page_of_causes_explains_each_with_its_cure(page: str) -> None:
    """A section a cause, in the command's order, with code to copy; every link has its section."""
    sections = re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", text(page), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in sections] == list(get_args(Cause))
    for name, section in sections:
        assert ("```python" in section) == (name not in ("adam_unfused", "all")), name
    for code in code_blocks(page, "python"):
        ast.parse(code)
    assert set(re.findall(r"\]\(#(\w+)\)", text(page))) == set(get_args(Cause))


def test_quoted_ablation_is_of_all_causes_and_a_thousand_epochs() -> None:
    """Its kinds are those that tests/test_ablation.py measures again."""
    quoted = read_json(ROOT / "docs" / "figures.json")["ablation"]["results"]
    assert quoted["epochs"] == 1000
    assert {cause: row["kind"] for cause, row in quoted["causes"].items()} == KINDS


def test_make_help_lists_every_target() -> None:
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY: ([a-z0-9-]+)$", makefile, re.MULTILINE)
    assert [line.split()[0] for line in done.stdout.splitlines()] == targets
    assert all(len(line.split()) > 2 for line in done.stdout.splitlines())
    for readme in READMES:
        for target in re.findall(r"`(?:[A-Z_]+=DIR )?make ([a-z0-9-]+)", text(readme)):
            assert target in targets


@pytest.mark.parametrize("readme", READMES)
def test_every_file_of_a_run_folder_is_explained(readme: str, default_run: Path) -> None:
    for path in default_run.iterdir():
        assert f"`{path.name}" in text(readme)
