"""Of a claim that has many cases a few stay in `make test`; with the slow ones all are run."""

from collections.abc import Iterable
from typing import Any

import pytest


def few_of(cases: Iterable[Any], *kept: Any) -> list[Any]:
    """Return `cases` to parametrize a test with; those that are not `kept` are slow."""
    every = list(cases)
    assert set(kept) <= set(every), set(kept) - set(every)
    return [case if case in kept else pytest.param(case, marks=pytest.mark.slow) for case in every]
