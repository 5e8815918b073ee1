"""How a cost is added up of losses and penalties: in which order, by which ops."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf1_compat.network.added import Added, Part, Penalty, Scaled
from tf1_compat.network.algebra import SUMS, constant
from tf1_compat.network.graph import Trained
from tf1_compat.network.losses.penalties import norm
from tf1_compat.network.values import Loss, NotCovered


def read(graph: Trained, losses: Sequence[Loss]) -> Part | None:
    """Return what the cost is made of; None where that is anything but these and penalties."""
    places = {one.number: place for place, one in enumerate(losses)}
    try:
        return _part(graph, graph.cost, places)
    except NotCovered:
        return None


def _part(graph: Trained, tensor: tf.Tensor, losses: Mapping[str, int]) -> Part:
    tensor = graph.source(tensor)
    if tensor.name in losses:
        return losses[tensor.name]
    op = tensor.op
    if op.type in ("Mul", "RealDiv") and (scaled := _scaled(graph, op, losses)) is not None:
        return scaled
    if op.type in SUMS:
        both = [one for one in op.inputs if not _zero(graph, one)]
        return _one_by_one(*(_part(graph, one, losses) for one in both))
    if op.type == "AddN":
        return Added("add_n", tuple(_part(graph, one, losses) for one in op.inputs))
    packed = graph.source(op.inputs[0]).op if op.type == "Sum" else op
    if packed.type == "Pack":
        return Added("reduce_sum", tuple(_part(graph, one, losses) for one in packed.inputs))
    variable, kind, _ = norm(graph, op)
    if op.type == "Mean":
        raise NotCovered(op, "no piece takes a mean of weights")
    return Penalty(variable.name, "half_l2" if op.type == "L2Loss" else kind, 1.0)


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


def _one_by_one(*both: Part) -> Part:
    """Return a sum by +, from left to right; the order of two makes no difference."""
    if len(both) < 2:
        return both[0]
    first, second = both if not _is_sum(both[1]) or _is_sum(both[0]) else both[::-1]
    terms = first.terms if isinstance(first, Added) and first.how == "sum" else (first,)
    return Added("sum", (*terms, second))


def _is_sum(part: Part) -> bool:
    return isinstance(part, Added) and part.how == "sum"
