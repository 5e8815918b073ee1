"""What is written for those who carry the work on agrees with what the project does."""

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def supported() -> list[str]:
    prefix = "Programming Language :: Python :: "
    return [line.removeprefix(prefix) for line in PROJECT["project"]["classifiers"]]


def test_workflow_tests_every_python_that_is_supported() -> None:
    job = load(".github/workflows/test.yml")["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == supported() == ["3.11", "3.12", "3.13"]
    assert job["steps"][-1]["run"] == "make test"
    assert PROJECT["project"]["requires-python"] == f">={supported()[0]}"
    below = int(supported()[-1].partition(".")[2]) + 1
    assert f"(3, 11) <= sys.version_info < (3, {below})" in MAKEFILE


def test_workflow_runs_the_slow_tests_too() -> None:
    steps = load(".github/workflows/test.yml")["jobs"]["everything"]["steps"]
    assert steps[-1]["run"] == ".ci/run"


def test_pins_are_audited_when_they_change_and_every_week() -> None:
    workflow = load(".github/workflows/audit.yml")
    when = workflow[True]  # YAML takes the key `on` for a truth value
    assert when["push"]["paths"] == ["constraints.txt"]
    assert when["schedule"]
    assert workflow["jobs"]["audit"]["steps"][-1]["run"] == "make audit"


def test_citation_is_of_this_version() -> None:
    citation = load("CITATION.cff")
    for name in ("version", "license"):
        assert citation[name] == PROJECT["project"][name]
    assert citation["authors"] == [{"name": "The mnist-tf1-keras contributors"}]
    assert {"cff-version", "message", "title"} <= set(citation)


def test_hooks_are_what_make_lint_runs() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    lint = [line.removeprefix("$(BIN)/") for line in recipe[1].split("\n\t")]
    (repo,) = load(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    hooks = [hook["entry"].removeprefix(".venv/bin/") for hook in repo["hooks"]]
    assert hooks == [command.strip().removeprefix("$(BIN)/") for command in lint]
    assert all(hook["pass_filenames"] is False for hook in repo["hooks"])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_issue_form_asks_for_the_report(form: Path) -> None:
    asked = load(str(form.relative_to(ROOT)))
    assert {"name", "description", "body"} <= set(asked)
    by_id = {field["id"]: field for field in asked["body"]}
    assert "`tf1keras env`" in by_id["env"]["attributes"]["label"]
    assert all(field["validations"]["required"] for field in by_id.values())


def test_there_are_issue_forms() -> None:
    assert {form.name for form in FORMS} == {"bug.yml", "parity.yml"}


def test_editors_are_told_what_ruff_checks() -> None:
    settings = configparser.ConfigParser()
    settings.read_string("[top]\n" + (ROOT / ".editorconfig").read_text(encoding="utf-8"))
    assert settings["*.py"]["max_line_length"] == str(PROJECT["tool"]["ruff"]["line-length"])
    assert settings["Makefile"]["indent_style"] == "tab"


def test_every_file_and_target_in_the_page_is_there() -> None:
    files = re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml|txt))`", PAGE)
    assert len(set(files)) > 30
    made = set(re.findall(r"A file that makes it, `([^`]+)`", PAGE))  # by whoever follows the page
    for file in set(files) - made:
        assert (ROOT / file).is_file(), file
    for target in re.findall(r"`(?:\w+=\S+ )?make ([a-z0-9-]+)", PAGE):
        assert f".PHONY: {target}\n" in MAKEFILE, target


def test_every_name_in_its_tables_is_in_the_file_beside_it() -> None:
    rows = re.findall(r"^\| (`.*?`) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 24
    for files, told in rows:
        named = re.findall(r"`([^`]+)`", files)
        text = "".join((ROOT / file).read_text(encoding="utf-8") for file in named)
        for name in re.findall(r"`(\w+)`", told):
            assert re.search(rf"\b{name}\b", text), (files, name)
