"""Cells that a graph has once for each step, as `tf.nn.static_rnn` makes it, and other layers."""

from collections.abc import Iterable, Sequence

import tensorflow as tf

from tf1_compat.network.covering import Match, Pattern
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.activations import activated
from tf1_compat.network.layers.dropout import dropped
from tf1_compat.network.layers.products import dense
from tf1_compat.network.layers.recurrence import cells
from tf1_compat.network.layers.recurrence.cells import Cell
from tf1_compat.network.layers.recurrence.loops import is_zero
from tf1_compat.network.layers.recurrence.steps import packed, step

BY_STEP = (dropped, activated, dense)
"""Layers that do with a sequence what they do with each of its steps."""


def side_by_side(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Steps, [N, ...] each, as a sequence: what each of them is, as one layer."""
    op = tensor.op
    if op.type != "Pack" or op.get_attr("axis") != 1:
        return None
    steps = [graph.source(one) for one in op.inputs]
    if (whole := _whole(graph, steps)) is not None:
        return Match("same", [whole])
    chain = _chain(graph, steps[-1])
    if [one.name for one in chain] == [one.name for one in steps]:
        return _layer(graph, chain)
    return next(filter(None, (_each(graph, steps, pattern) for pattern in BY_STEP)), None)


def last_state(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """The last of the steps of a cell."""
    chain = _chain(graph, tensor)
    return Match("last_step", [packed(graph, chain)]) if chain else None


def _whole(graph: Trained, steps: Sequence[tf.Tensor]) -> tf.Tensor | None:
    """Return the sequence that these are all steps of, from the first or from the last."""
    found = [step(graph, one) for one in steps]
    known = [one for one in found if one]
    if len(known) < len(found) or len({one.sequence.name for one in known}) > 1:
        return None
    sequence, places = known[0].sequence, [one.place for one in known]
    if known[0].of != len(places):
        return None
    if places == sorted(places):
        return sequence if places == [*range(len(places))] else None
    if places[::-1] != [*range(len(places))]:
        return None
    with graph.graph.as_default():
        return graph.add(tf.reverse(sequence, [1]), sequence)


def _chain(graph: Trained, tensor: tf.Tensor) -> list[tf.Tensor]:
    """Return the outputs of a cell from its first step to this; empty where it is none."""
    chain, states = list[tf.Tensor](), [tensor]
    while (cell := cells.read(graph, states[0])) and (place := _state(graph, cell)) is not None:
        if cell.memory and states[1:] not in ([], [cell.memory[1]]):
            return []
        chain.insert(0, states[0])
        states = [cell.inputs[place], *(cell.memory or ())[:1]]
    return chain if all(is_zero(graph, one) for one in states) else []


def _state(graph: Trained, cell: Cell) -> int | None:
    """Return the place of the state in a cell's inputs: zeros, or an output of the same cell."""
    for place, one in enumerate(cell.inputs):
        if is_zero(graph, one):
            return place
        before = cells.read(graph, one)
        if before and before.kernels == cell.kernels:
            return place
    return None


def _layer(graph: Trained, chain: Sequence[tf.Tensor]) -> Match:
    """Return the layer that runs a cell over all steps."""
    read = [cell for one in chain if (cell := cells.read(graph, one))]
    places = [place for cell in read if (place := _state(graph, cell)) is not None]
    inputs = [cell.inputs[1 - place] for cell, place in zip(read, places, strict=True)]
    options = read[-1].options | {"return_sequences": True, "masked": False}
    return Match(read[-1].kind, [sequence(graph, inputs)], options, read[-1].variables(places[-1]))


def sequence(graph: Trained, steps: Iterable[tf.Tensor]) -> tf.Tensor:
    """Return the sequence that these are the steps of, or put them side by side."""
    steps = [*steps]
    whole = _whole(graph, steps)
    return packed(graph, steps) if whole is None else whole


def _each(graph: Trained, steps: Sequence[tf.Tensor], pattern: Pattern) -> Match | None:
    """Return the layer that a pattern finds at each of the steps, if it is the same."""
    found = [match for one in steps if (match := pattern(graph, one))]
    kinds = [(one.kind, one.options, one.variables) for one in found]
    if len(found) < len(steps) or any(one != kinds[0] for one in kinds):
        return None
    inputs = zip(*(one.inputs for one in found), strict=True)
    return Match(found[0].kind, [sequence(graph, each) for each in inputs], *kinds[0][1:])
