"""docs/reliability.md names the test that holds each promise; every one of them is there."""

import re

from tests.conftest import ROOT
from tests.test_bad_input import CASES


def page() -> str:
    return (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page())
    assert len(named) > 20
    for file, function in named:
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), (file, function)


def test_as_many_cases_as_are_said() -> None:
    (said,) = re.findall(r"(\d+) cases over all ten commands", page())
    assert int(said) == len(CASES)
