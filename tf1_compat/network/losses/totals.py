"""How a cost is added up of losses and penalties, as a session does it.

Before it runs a graph, TensorFlow's Grappler makes one op of sums within sums, but for the op that
is asked for, and puts what an op adds up in the order of the names of its inputs
(`tensorflow/core/grappler/optimizers/arithmetic_optimizer.cc`, `common_subgraph_elimination.cc`).
"""

from collections.abc import Iterator, Mapping, Sequence

import tensorflow as tf

from tf1_compat.network.added import Added, Part, Penalty, Scaled
from tf1_compat.network.algebra import SUMS, constant
from tf1_compat.network.graph import Trained
from tf1_compat.network.losses.penalties import norm
from tf1_compat.network.values import Loss, NotCovered

EIGHT = 8
"""What AddN's kernel adds up at a time."""


def read(graph: Trained, losses: Sequence[Loss]) -> Part | None:
    """Return what the cost is made of; None where that is anything but these and penalties."""
    places = {one.number: place for place, one in enumerate(losses)}
    cost = graph.source(graph.cost)
    try:
        if cost.op.type in SUMS:
            terms = [one for one in cost.op.inputs if not _zero(graph, one)]
            return _sum([_part(graph, one, places) for one in terms])
        return _part(graph, cost, places)
    except NotCovered:
        return None


def _part(graph: Trained, tensor: tf.Tensor, losses: Mapping[str, int]) -> Part:
    tensor = graph.source(tensor)
    if tensor.name in losses:
        return losses[tensor.name]
    op = tensor.op
    if op.type in ("Mul", "RealDiv") and (scaled := _scaled(graph, op, losses)) is not None:
        return scaled
    if op.type in (*SUMS, "AddN"):
        terms = sorted(_within(graph, tensor), key=lambda one: one.op.name)
        return _in_eights([_part(graph, one, losses) for one in terms])
    packed = graph.source(op.inputs[0]).op if op.type == "Sum" else op
    if packed.type == "Pack":
        return Added("reduce_sum", tuple(_part(graph, one, losses) for one in packed.inputs))
    variable, kind, _ = norm(graph, op)
    if op.type == "Mean":
        raise NotCovered(op, "no piece takes a mean of weights")
    return Penalty(variable.name, "half_l2" if op.type == "L2Loss" else kind, 1.0)


def _in_eights(parts: Sequence[Part]) -> Part:
    """Return what AddN makes of more than nine: the first of them, and all others eight by eight.

    `tensorflow/core/kernels/aggregate_ops.cc`.
    """
    first = len(parts) % EIGHT or EIGHT
    first = first if first > 1 else first + EIGHT
    others = [parts[place : place + EIGHT] for place in range(first, len(parts), EIGHT)]
    return _sum([*parts[:first], *map(_sum, others)])


def _sum(parts: Sequence[Part]) -> Part:
    return Added("sum", tuple(parts)) if len(parts) > 1 else parts[0]


def _within(graph: Trained, tensor: tf.Tensor) -> Iterator[tf.Tensor]:
    """Yield what one op adds up, sums within it included."""
    for one in tensor.op.inputs:
        term = graph.source(one)
        if term.op.type in (*SUMS, "AddN") and graph.uses[term.name] == 1:
            yield from _within(graph, term)
        elif not _zero(graph, term):
            yield term


def _scaled(graph: Trained, op: tf.Operation, losses: Mapping[str, int]) -> Part | None:
    """Return a part that is multiplied by a number; a penalty has the first that it is."""
    for this, other in (op.inputs, [*op.inputs][::-1]):
        by = constant(graph, other)
        if by is None:
            continue
        part, over = _part(graph, this, losses), op.type == "RealDiv"
        if over and this is not op.inputs[0]:
            return None
        if isinstance(part, Penalty) and part.scale == 1 and not over:
            return Penalty(part.variable, part.kind, by)
        return part if by == 1 else Scaled(part, by, over)
    return None


def _zero(graph: Trained, tensor: tf.Tensor) -> bool:
    """Whether a tensor is the 0 that Python's sum() begins with."""
    return not graph.rows(tensor) and not graph.variables(tensor) and constant(graph, tensor) == 0
