"""The article map keeps its word: commands parse, tests exist, what was measured holds."""

import re
import shlex
import subprocess
import sys

import pytest
import tyro

from tests.conftest import ROOT
from tests.support.docs_pages import MEASURED, text
from training.commands import table
from training.machine.files import read_json
from training.parity.tolerances import TOLERANCES

PAGES = ["docs/start/article-map.md", "docs/zh-CN/start/article-map.md"]


def code(page: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text(page))


def test_quoted_figures_keep_what_is_promised() -> None:
    """They were measured once; other tests measure again."""
    figures = read_json(MEASURED / "article-map.json")
    assert len(figures["matrix"]) == 12
    for row in figures["matrix"]:
        assert row["exact_holds"] is True
        assert row["lanes"]["exact"]["max_ulp"] == 0
        assert row["float64"] <= TOLERANCES["by_hand_in_float64"].relative
    for name in ("thousand", "formulas", "wide", "stopped"):
        assert figures[name]["exact_holds"] is True
    for lane in ("keras-jax", "keras-torch"):
        found = figures["frameworks"]["lanes"][lane]["max_rel"]
        assert found <= TOLERANCES["other_frameworks"].relative
    assert figures["frameworks"]["epochs"] == 100


def test_both_languages_have_the_same_commands_tests_and_figures() -> None:
    english, chinese = ([one for one in code(page) if "::" in one or " " in one] for page in PAGES)
    assert sorted(set(english)) == sorted(set(chinese))
    quoted = [re.findall(r"<!--= (\w+) -->", text(page)) for page in PAGES]
    assert sorted(quoted[0]) == sorted(quoted[1])


def test_every_test_that_is_named_is_there() -> None:
    named = [one for one in code(PAGES[0]) if "::" in one]
    assert len(named) > 20
    for one in named:
        file, _, function = one.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), one


def test_every_command_is_understood() -> None:
    """They are parsed here; what they do is tested by the tests named beside them."""
    shown = [one for one in code(PAGES[0]) if one.startswith("tf1keras ")]
    assert len(shown) > 15
    for line in shown:
        tyro.cli(table.grammar(), args=shlex.split(line)[1:])


@pytest.mark.slow
def test_the_listing_does_not_run_on_tensorflow_2() -> None:
    (command,) = {one for one in code(PAGES[0]) if one.startswith("python ")}
    _, *arguments = shlex.split(command)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "module 'tensorflow' has no attribute 'placeholder'" in done.stderr
    assert "module 'tensorflow' has no attribute 'placeholder'" in code(PAGES[0])
