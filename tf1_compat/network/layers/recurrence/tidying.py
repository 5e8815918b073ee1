"""Calls of recurrent layers as people write them: what is only another order of axes left out.

The last step of all is what a layer returns without its sequences; a layer over a sequence from its
last step on goes backwards; two layers, one of them backwards, are bidirectional.
"""

from collections.abc import Sequence
from dataclasses import replace

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.recurrence import alone, directions
from tf1_compat.network.layers.recurrence.calls import (
    Calls,
    mask,
    recurrent,
    takers,
    with_options,
)
from tf1_compat.network.values import Call, Layer, NotCovered

PLACES = {"last_step": "1", "last_memory": "2"}
"""Kind -> where Keras gives it where it returns states, behind the outputs."""
ONCE = ("within", "last_step", "last_memory")
"""Kinds that a graph has several times for the same."""


def tidied(graph: Trained, calls: Calls, ends: Sequence[str]) -> Calls:
    """Return the calls that `ends` need, which some of them still give; raises NotCovered."""
    alone.check(graph, calls)
    calls = _without(calls, _same(calls), ends)
    calls = _without(calls, _unseen_zeros(calls, ends), ends)
    for tidy in (
        _taken_first,
        _with_states,
        _last_only,
        directions.backwards,
        directions.bidirectional,
    ):
        calls = tidy(calls)
    calls = _needed(calls, ends)
    for one in calls.values():
        by_length = one.layer.kind in ("last_step", "reverse") and len(one.inputs) > 1
        op = graph.op_of(one.output)
        if by_length or one.layer.kind == "zeroed":
            raise NotCovered(
                op, "of rows of several lengths only the last state, or the last output, is read"
            )
        if one.layer.kind == "last_memory":
            raise NotCovered(op, "an LSTM's c is read only where not all its outputs are taken")
    every = (_named(graph, _as_part(one)) for one in calls.values())
    return {one.output: one for one in every}


def _named(graph: Trained, one: Call) -> Call:
    """Return a call with the names that the graph had before it was read."""
    inputs = tuple(map(graph.named, one.inputs))
    return replace(one, inputs=inputs, output=graph.named(one.output))


def _as_part(one: Call) -> Call:
    """Return the last step of a sequence as the part that it is."""
    if one.layer.kind != "last_step":
        return one
    return replace(one, layer=Layer("part", None, {"index": ":, -1"}))


def _same(calls: Calls) -> dict[str, str]:
    """Return output -> what it is, too: the same in another order, or said before."""
    same, known = dict[str, str](), dict[tuple[str, ...], str]()
    for one in calls.values():
        inputs = [same.get(name, name) for name in one.inputs]
        said = (one.layer.kind, *inputs)
        if one.layer.kind == "same":
            same[one.output] = inputs[0]
        elif one.layer.kind in ONCE and known.setdefault(said, one.output) != one.output:
            same[one.output] = known[said]
    return same


def _unseen_zeros(calls: Calls, ends: Sequence[str]) -> dict[str, str]:
    """Return outputs that are zeros beyond the ends of rows, where nobody looks at these."""
    return {
        one.output: one.inputs[0]
        for one in calls.values()
        if one.layer.kind == "zeroed"
        and one.output not in ends
        and all(taker.inputs[1:] == one.inputs[1:] for taker in takers(calls, one.output))
    }


def _without(calls: Calls, same: dict[str, str], ends: Sequence[str]) -> Calls:
    """Return the calls without those whose outputs others give, too."""
    again = {same[end]: end for end in ends if end in same}  # who gives it has its name, then
    names = {name: again.get(one, one) for name, one in same.items()} | again
    found = Calls()
    for one in calls.values():
        if one.output not in same:
            inputs = tuple(names.get(name, name) for name in one.inputs)
            output = names.get(one.output, one.output)
            found[output] = Call(one.layer, inputs, output)
    return found


def _taken_first(calls: Calls) -> Calls:
    """Return the calls where the last step is taken before what is dropped of it, and not after."""
    found = {**calls}
    for one in calls.values():
        dropped = found.get(one.inputs[0])
        while one.layer.kind == "last_step" and dropped and dropped.layer.kind == "dropout":
            if len(takers(found, dropped.output)) > 1:
                break
            found[dropped.output] = replace(one, inputs=dropped.inputs, output=dropped.output)
            found[one.output] = Call(dropped.layer, (dropped.output,), one.output)
            one, dropped = found[dropped.output], found.get(dropped.inputs[0])
    return found


def _with_states(calls: Calls) -> Calls:
    """Return the calls where an LSTM whose c is taken, too, gives its states."""
    found = {**calls}
    for one, *others in recurrent(calls):
        taken = takers(calls, one.output)
        kinds = {taker.layer.kind for taker in taken}
        alike = all(taker.inputs[1:] == mask(one) for taker in taken)
        if others or not alike or "last_memory" not in kinds or not kinds <= {*PLACES}:
            continue
        layer = with_options(one.layer, return_sequences=False, return_state=True)
        found[one.output] = replace(one, layer=layer)
        for taker in taken:
            part = Layer("part", None, {"index": PLACES[taker.layer.kind]})
            found[taker.output] = Call(part, (one.output,), taker.output)
    return found


def _last_only(calls: Calls) -> Calls:
    """Return the calls where layers whose last step is taken alone give only that."""
    found = {**calls}
    for group in recurrent(calls):
        lasts = [last for one in group if (last := _last(calls, one))]
        if len(lasts) == len(group):
            layer = with_options(group[0].layer, return_sequences=False)
            for one, last in zip(group, lasts, strict=True):
                found[last.output] = Call(layer, one.inputs, last.output)
                del found[one.output]
    return found


def _last(calls: Calls, one: Call) -> Call | None:
    """Return what takes the last step of a call, if nobody takes more."""
    taken = takers(calls, one.output)
    found = [(taker.layer.kind, taker.inputs[1:]) for taker in taken]
    return taken[0] if found == [("last_step", mask(one))] else None


def _needed(calls: Calls, ends: Sequence[str]) -> Calls:
    """Return the calls that `ends` are made of."""
    needed = {*ends}
    for one in reversed(calls.values()):
        if one.output in needed:
            needed |= {*one.inputs}
    return {name: one for name, one in calls.items() if name in needed}
