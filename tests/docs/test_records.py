"""The ledger of docs/reference/records.md: only what beats the last by more than both spreads."""

from typing import Any

import pytest

from docs.figures.speed import records
from training.machine.files import read_json


def row(figure: float, spread: float, **other: Any) -> records.Row:
    """Half of the spread on either side."""
    of = {"kind": "start", "of": ["--help"], "machine": "this"} | other
    return of | {"figure": figure, "low": figure - spread / 2, "high": figure + spread / 2}


def test_every_row_is_a_record_where_it_stands() -> None:
    rows = read_json(records.KEPT)
    assert rows
    for at, new in enumerate(rows):
        assert new["low"] <= new["figure"] <= new["high"]
        assert records.is_record(new, rows[:at]), new


@pytest.mark.parametrize(("seconds", "entered"), [(1.8, False), (1.69, True), (2.5, False)])
def test_fewer_seconds_are_a_record_beyond_both_spreads(seconds: float, entered: bool) -> None:
    assert records.is_record(row(seconds, 0.1), [row(2, 0.2)]) is entered


@pytest.mark.parametrize(("accuracy", "entered"), [(0.985, False), (0.99, True), (0.97, False)])
def test_more_accuracy_is(accuracy: float, entered: bool) -> None:
    old = row(0.98, 0.004, kind="accuracy")
    assert records.is_record(row(accuracy, 0.004, kind="accuracy"), [old]) is entered


@pytest.mark.parametrize("other", [{"machine": "that"}, {"of": ["--version"]}, {"kind": "epoch"}])
def test_it_is_held_against_the_last_of_the_same(other: dict[str, Any]) -> None:
    assert records.is_record(row(9, 1), [row(1, 0, **other)])
    assert not records.is_record(row(9, 1), [row(20, 0), row(1, 0), row(20, 0, **other)])
