"""A fixed part of the mutations: right ways of writing, single mistakes, pairs of mistakes.

All of them are examined by `make mutations`, which takes an hour; what it found is in docs.
"""

import dataclasses
import time

import pytest

from docs.figures.write_mutations import KEPT, NOT_EXAMINED, PROVEN
from tests.checking.mutations.cases import Case, cases, outcome
from tests.checking.mutations.graph import builder
from tests.checking.mutations.model import maker
from tests.checking.mutations.recipe import Net
from tests.checking.mutations.recipes import resnet_20
from tests.support.examining import examine
from training.machine.files import read_json

EVERY = {"right": 28, "single": 104, "pair": 80}
"""Of each kind the first of so many is examined here."""


def sample() -> list[Case]:
    """Return cases that stand far apart, always the same."""
    every = list(cases())
    return [
        case
        for kind, step in EVERY.items()
        for case in [one for one in every if one.kind == kind][::step]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("case", sample(), ids=lambda case: f"{case.recipe.name}: {case.name}")
def test_case_is_judged_rightly(case: Case) -> None:
    found = outcome(case)
    if found.verdict.startswith(NOT_EXAMINED):
        pytest.skip(found.verdict)
    if case.kind == "right":
        assert found.verdict in PROVEN, found
    else:
        assert found.verdict == "different", found
        assert found.named, found


A_MINUTE = 60.0
"""Seconds of a processor in which a deep net's mistake has to be named, whatever runs beside it."""


def with_epsilon(net: Net, epsilon: float) -> Net:
    """Return the net with this epsilon in every batch norm, also in inner ones."""
    edited = (one.having(epsilon=epsilon) if one.kind == "batch_norm" else one for one in net)
    return tuple(
        dataclasses.replace(one, inner=tuple(with_epsilon(inner, epsilon) for inner in one.inner))
        for one in edited
    )


@pytest.mark.slow
def test_a_deep_nets_epsilon_is_named_within_a_minute() -> None:
    right = resnet_20()
    wrong = right.having(net=with_epsilon(right.net, 1e-5))
    began = time.process_time()
    found = examine({"tf1_graph": builder(right), "keras_model": maker(wrong)}, batch_size=4)
    assert time.process_time() - began < A_MINUTE
    (cause,) = [one.cause for one in found.causes]
    expected = "epsilon of all BatchNormalization layers: 1e-05 in Keras, 0.001 in TensorFlow 1"
    assert (found.verdict, cause) == ("different", expected)


def test_the_whole_table_keeps_what_is_promised() -> None:
    found = read_json(KEPT)
    right, single, pair = (found[kind] for kind in ("right", "single", "pair"))
    assert right["examined"] >= 40
    assert "different" not in right["verdicts"]
    assert right["judged rightly"] >= right["examined"] - 1
    assert single["examined"] >= 300
    assert single["recipes"] >= 15
    assert pair["examined"] >= 60
    for of, share in ((single, 0.95), (pair, 0.8)):
        assert of["judged rightly"] == of["examined"]
        assert of["named"] >= share * of["examined"]
