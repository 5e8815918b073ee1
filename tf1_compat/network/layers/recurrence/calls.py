"""Calls of layers in a network that is being read, and which of them are of recurrent layers."""

from collections import defaultdict
from dataclasses import replace

from tf1_compat.network.layers.recurrence.cells import KINDS
from tf1_compat.network.values import Call, Layer

Calls = dict[str, Call]
"""Output -> what gave it, each behind those that it takes the outputs of."""


def takers(calls: Calls, name: str) -> list[Call]:
    """Return who takes a tensor."""
    return [one for one in calls.values() if name in one.inputs]


def recurrent(calls: Calls) -> list[list[Call]]:
    """Return the calls of recurrent layers, those of each layer together."""
    found = defaultdict[int, list[Call]](list)
    for one in calls.values():
        if one.layer.kind in KINDS:
            found[id(one.layer)].append(one)
    return [*found.values()]


def mask(one: Call) -> tuple[str, ...]:
    """Return which steps are within their row, as a recurrent layer is told, if it is."""
    return one.inputs[1:2] if one.layer.options["masked"] else ()


def with_options(layer: Layer, **options: object) -> Layer:
    """Return a layer with other options."""
    return replace(layer, options={**layer.options, **options})


def axis(one: Call) -> object:
    """Return the axis along which a layer works; -1 where it has none."""
    return one.layer.options.get("axis", -1)
