"""Calls of layers in a network that is being read, and which of them are of recurrent layers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tf1_compat.network.layers.recurrence.cells import KINDS
from tf1_compat.network.values import Call, Layer

Calls = dict[str, Call]
"""Output -> what gave it, each behind those that it takes the outputs of."""


def takers(calls: Calls, name: str) -> list[Call]:
    """Return who takes a tensor."""
    return [one for one in calls.values() if name in one.inputs]


def recurrent(calls: Calls) -> Iterator[Call]:
    """Yield the calls of recurrent layers that are called once."""
    times = Counter(id(one.layer) for one in calls.values())
    for one in calls.values():
        if one.layer.kind in KINDS and times[id(one.layer)] == 1:
            yield one


def with_options(layer: Layer, **options: object) -> Layer:
    """Return a layer with other options."""
    return replace(layer, options={**layer.options, **options})


def axis(one: Call) -> object:
    """Return the axis along which a layer works; -1 where it has none."""
    return one.layer.options.get("axis", -1)
