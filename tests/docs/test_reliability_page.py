"""Pages that name the test that holds a promise: every one of them is there."""

import re

import pytest

from tests.conftest import ROOT
from tests.promises.test_bad_input import CASES


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["", "zh-CN/"])
@pytest.mark.parametrize(
    ("name", "at_least"), [("reference/reliability", 40), ("do/scale-out", 10)]
)
def test_every_test_that_is_named_is_there(name: str, at_least: int, language: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page(language + name))
    assert len(named) >= at_least
    for file, function in named:
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), (file, function)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("reference/reliability", r"(\d+) cases over all ten commands"),
        ("zh-CN/reference/reliability", r"(\d+) 个用例，覆盖全部十个命令"),
    ],
)
def test_as_many_cases_as_are_said(name: str, pattern: str) -> None:
    (said,) = re.findall(pattern, page(name))
    assert int(said) == len(CASES)


@pytest.mark.parametrize("name", ["reference/reliability", "zh-CN/reference/reliability"])
def test_every_number_is_of_a_listed_test_and_every_test_holds_something(name: str) -> None:
    told, _, listed = page(name).rpartition("\n## ")
    tables = re.findall(r"\]\(#\S+\) \|\n\|[-|]+\|\n((?:\|.*\n)+)", told)
    cells = [row.rstrip("| ").rpartition("| ")[2] for row in "".join(tables).splitlines()]
    numbers = [*", ".join(cells).split(", "), *re.findall(r"\[(\d+)\]\(#", told)]
    assert set(numbers) == set(re.findall(r"^(\d+)\. `", listed, re.MULTILINE))
