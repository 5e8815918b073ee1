"""Recurrent layers that go from the last step to the first, alone or beside one that does not."""

from collections import Counter, defaultdict
from typing import NamedTuple

from tf1_compat.network.layers.recurrence.calls import (
    Calls,
    axis,
    mask,
    recurrent,
    takers,
    with_options,
)
from tf1_compat.network.layers.recurrence.cells import KINDS
from tf1_compat.network.values import Call, Layer

MERGES = {"concatenate": "concat", "add": "sum", "average": "ave", "multiply": "mul"}
"""Kind of layer -> how Keras says it of both directions."""


def backwards(calls: Calls) -> Calls:
    """Return the calls where layers over what is reversed for them go backwards."""
    found = {**calls}
    for group in recurrent(calls):
        if all(_is_reversed(calls, one) for one in group):
            layer = with_options(group[0].layer, go_backwards=True)
            for one in group:
                sequence = calls[one.inputs[0]].inputs[0]
                found[one.output] = Call(layer, (sequence, *one.inputs[1:]), one.output)
    return found


def _is_reversed(calls: Calls, one: Call) -> bool:
    """Whether a call takes a sequence from its last step to its first; of rows, from theirs."""
    before = calls.get(one.inputs[0])
    if before is None or before.layer.kind != "reverse":
        return False
    lengths = tuple(calls[within].inputs[0] for within in mask(one))
    return before.inputs[1:] == lengths and not (lengths and one.layer.options["return_sequences"])


class Both(NamedTuple):
    """Two directions that are merged."""

    forward: Call
    backward: Call
    merged: Call
    last_of_all: bool = False
    """At the last step of a sequence, where the backward one has seen only that."""


def bidirectional(calls: Calls) -> Calls:
    """Return the calls where two directions that are merged are one layer."""
    found, pairs = {**calls}, defaultdict[tuple[int, ...], list[Both]](list)
    times = Counter(id(one.layer) for one in calls.values())
    for one in calls.values():
        if both := _both(calls, one):
            pairs[id(both.forward.layer), id(both.backward.layer)].append(both)
    for layers, group in pairs.items():
        first = group[0]
        alike = {(both.merged.layer.kind, both.last_of_all) for both in group}
        if {times[layer] for layer in layers} == {len(group)} and len(alike) == 1:
            layer = _layer(first.forward.layer, first.backward.layer, first)
            for both in group:
                output = both.merged.output
                if both.last_of_all:
                    output = both.forward.output
                    last = Call(Layer("last_step", None, {}), (output,), both.merged.output)
                    found[last.output] = last
                found[output] = Call(layer, both.forward.inputs, output)
    return found


def _both(calls: Calls, one: Call) -> Both | None:
    """Return the two directions that a call merges, if it does."""
    if one.layer.kind not in MERGES or len(one.inputs) != 2 or axis(one) != -1:
        return None
    forward, other = (calls.get(name) for name in one.inputs)
    if forward is None or other is None or any(len(takers(calls, name)) > 1 for name in one.inputs):
        return None
    sequences = other.layer.kind == "reverse" and len(other.inputs) == 1
    backward = calls.get(other.inputs[0]) if sequences else other
    if backward is None or not {forward.layer.kind, backward.layer.kind} <= {*KINDS}:
        return None
    if forward.layer.kind != backward.layer.kind or "go_backwards" in forward.layer.options:
        return None
    if forward.layer.options["return_sequences"] != sequences:
        return None
    if forward.layer.options == backward.layer.options and _ends(calls, forward, backward):
        return Both(forward, backward, one, last_of_all=True)
    expected = {**forward.layer.options, "go_backwards": True}
    opposite = expected == backward.layer.options and forward.inputs == backward.inputs
    return Both(forward, backward, one) if opposite else None


def _ends(calls: Calls, forward: Call, backward: Call) -> bool:
    """Whether a call takes the last step alone of the sequence that another takes whole."""
    stack = calls.get(backward.inputs[0])
    if stack is None or stack.layer.kind != "stack" or len(stack.inputs) != 1:
        return False
    last = calls.get(stack.inputs[0])
    return last is not None and last.layer.kind == "last_step" and last.inputs == forward.inputs


def _layer(forward: Layer, backward: Layer, both: Both) -> Layer:
    directions = {"forward": forward, "backward": backward}
    variables = {
        f"{direction}/{role}": variable
        for direction, layer in directions.items()
        for role, variable in layer.variables.items()
    }
    if both.last_of_all:
        forward = with_options(forward, return_sequences=True)
    options = {"layer": forward, "merge_mode": MERGES[both.merged.layer.kind]}
    return Layer("bidirectional", None, options, variables)
