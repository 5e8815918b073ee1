"""Recurrent layers that go from the last step to the first, alone or beside one that does not."""

from dataclasses import replace

from tf1_compat.network.layers.recurrence.calls import Calls, axis, recurrent, takers, with_options
from tf1_compat.network.values import Call, Layer

MERGES = {"concatenate": "concat", "add": "sum", "average": "ave", "multiply": "mul"}
"""Kind of layer -> how Keras says it of both directions."""


def backwards(calls: Calls) -> Calls:
    """Return the calls where layers over what is reversed for them go backwards."""
    found = {**calls}
    for one in recurrent(calls):
        before = calls.get(one.inputs[0])
        if before is None or before.layer.kind != "reverse":
            continue
        lengths = tuple(calls[mask].inputs[0] for mask in one.inputs[1:])
        if before.inputs[1:] == lengths and not (lengths and one.layer.options["return_sequences"]):
            layer = with_options(one.layer, gobackwards=True)
            found[one.output] = replace(
                one, layer=layer, inputs=(before.inputs[0], *one.inputs[1:])
            )
    return found


def bidirectional(calls: Calls) -> Calls:
    """Return the calls where two directions that are merged are one layer."""
    found = {**calls}
    once = {one.output: one for one in recurrent(calls)}
    for one in calls.values():
        if one.layer.kind not in MERGES or len(one.inputs) != 2 or axis(one) != -1:
            continue
        forward, other = (calls.get(name) for name in one.inputs)
        taken = [name for name in one.inputs if len(takers(calls, name)) == 1]
        if other and other.layer.kind == "reverse" and len(other.inputs) == 1:
            sequences, other = True, calls.get(other.inputs[0])
        else:
            sequences = False
        if forward is None or other is None or len(taken) < 2:
            continue
        if {forward.output, other.output} <= {*once} and _opposite(forward, other, sequences):
            layer = _both(forward.layer, other.layer, MERGES[one.layer.kind])
            found[one.output] = Call(layer, forward.inputs, one.output)
    return found


def _opposite(forward: Call, backward: Call, sequences: bool) -> bool:
    """Whether two calls do the same in opposite directions."""
    expected = {**forward.layer.options, "gobackwards": True}
    if forward.layer.options["return_sequences"] != sequences or expected != backward.layer.options:
        return False
    same = forward.layer.kind == backward.layer.kind and forward.inputs == backward.inputs
    return same and "gobackwards" not in forward.layer.options


def _both(forward: Layer, backward: Layer, merge_mode: str) -> Layer:
    directions = {"forward": forward, "backward": backward}
    variables = {
        f"{direction}/{role}": variable
        for direction, layer in directions.items()
        for role, variable in layer.variables.items()
    }
    return Layer("bidirectional", None, {"layer": forward, "merge_mode": merge_mode}, variables)
