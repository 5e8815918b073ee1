"""Both sides in rows: what lies between two tensors that both have stands side by side."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from training.checking.side_by_side.graph_side import GraphSide, Op, Shape


@dataclass(frozen=True)
class Layer:
    """A call of a Keras layer or operation."""

    name: str
    kind: str
    """Its class, such as Dense."""
    shape: Shape
    """Of its first output."""
    line: int | None = None
    """Line of PAIR.py that makes it, where that can be told."""
    tensor: str | None = None
    """The graph's tensor that has its outputs."""
    bare: str | None = None
    """The graph's tensor that has its outputs without its activation, where `tensor` is None."""
    departs: bool = False
    """It is the first whose outputs the graph has nowhere."""


class Call(NamedTuple):
    """A node of Keras' and what is shown of it."""

    node: Any
    layer: Layer


@dataclass(frozen=True)
class Row:
    """Ops up to one that makes a tensor that both sides have, and the layers that belong there."""

    ops: tuple[Op, ...]
    layers: tuple[Layer, ...]


def rows(graph: GraphSide, calls: Sequence[Call], departs: int | None) -> tuple[Row, ...]:
    """Return the rows; `calls` are in the order of the forward pass, `departs` is an op's place.

    A layer whose outputs no listed op makes stands in the row after its inputs.
    """
    ops = [replace(op, departs=place == departs) for place, op in enumerate(graph.ops)]
    ends = sorted({place for _, layer in calls if (place := _place(graph, layer)) is not None})
    bounds = [0, *(end + 1 for end in ends), len(ops)]
    stretches = [tuple(ops[first:last]) for first, last in pairwise(bounds) if first < last]
    at: dict[int, int] = {}
    after: dict[int, int] = {}  # the row of a layer after it that no op stands for
    for node, layer in calls:
        place = _place(graph, layer)
        if place is None:
            at[id(node)] = max((after.get(id(one), 0) for one in node.parent_nodes), default=0)
        else:
            at[id(node)] = bisect_left(ends, place)
        after[id(node)] = at[id(node)] + (place is not None)
    count = max([len(stretches), *(row + 1 for row in at.values())])
    stretches += [()] * (count - len(stretches))
    return tuple(
        Row(stretch, tuple(layer for node, layer in calls if at[id(node)] == row))
        for row, stretch in enumerate(stretches)
    )


def _place(graph: GraphSide, layer: Layer) -> int | None:
    """Return which of the listed ops makes the layer's outputs."""
    return graph.place(layer.tensor) if layer.tensor else None
