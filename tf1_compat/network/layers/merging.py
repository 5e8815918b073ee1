"""Branches that meet: added, multiplied, side by side, one over the other."""

import tensorflow as tf

from tf1_compat.network.algebra import SUMS
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import dense, without_bias

MERGES = {
    **dict.fromkeys((*SUMS, "AddN"), "add"),
    **{"Mul": "multiply", "Sub": "subtract", "Maximum": "maximum", "Minimum": "minimum"},
}
PRODUCTS = ("BatchMatMul", "BatchMatMulV2")


def merged(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Tensors of one rank, number by number, as in residual and gated networks."""
    op = tensor.op
    if op.type not in MERGES or not all(map(graph.rows, op.inputs)):
        return None
    if len({one.shape.rank for one in op.inputs}) > 1 or tensor.shape.rank is None:
        return None
    numbers = "_numbers" if tensor.shape.rank == 0 else ""
    return Match(MERGES[op.type] + numbers, list(op.inputs))


def squared_difference(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """(a - b)^2 as one op, of tensors of one rank."""
    op = tensor.op
    if op.type != "SquaredDifference" or not all(map(graph.rows, op.inputs)):
        return None
    if len({one.shape.rank for one in op.inputs}) > 1:
        return None
    return Match("square", [Match("subtract", list(op.inputs))])


def biased_sum(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """x @ W + h @ U + b: dense layers that are added up, of which the last has the bias."""
    total, bias = without_bias(graph, tensor)
    if bias is None or total.op.type not in (*SUMS, "AddN"):
        return None
    *others, last = (graph.source(one) for one in total.op.inputs)
    found = dense(graph, last)
    if found is None or found.options.get("use_bias", True) or graph.uses[last.name] != 1:
        return None
    made = {**found.variables, "bias": bias}
    layer = Match(found.kind, found.inputs, {**found.options, "use_bias": True}, made)
    return Match("add", [*others, layer])


def divided(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """One tensor by another one of its rank."""
    if tensor.op.type != "RealDiv" or not all(map(graph.rows, tensor.op.inputs)):
        return None
    if len({one.shape.rank for one in tensor.op.inputs}) > 1:
        return None
    return Match("quotient", list(tensor.op.inputs))


def concatenation(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Several tensors side by side."""
    if tensor.op.type != "ConcatV2":
        return None
    *parts, axis = tensor.op.inputs
    axis, rank = int(graph.number(axis)), parts[0].shape.rank
    if rank is None or axis % rank == 0:
        return None
    return Match("concatenate", parts, {"axis": -1 if axis % rank == rank - 1 else axis})


def stacked(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Several tensors of one shape along a new axis."""
    if tensor.op.type != "Pack" or not all(map(graph.rows, tensor.op.inputs)):
        return None
    axis, rank = tensor.op.get_attr("axis"), tensor.op.inputs[0].shape.rank
    if rank is None or axis % (rank + 1) == 0:
        return None
    return Match("stack", list(tensor.op.inputs), {"axis": axis})


def matrices(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ..., i, k] @ [N, ..., k, j], either of them transposed, as in attention."""
    op = tensor.op
    if op.type not in PRODUCTS or not all(map(graph.rows, op.inputs)):
        return None
    ranks = {one.shape.rank for one in op.inputs}
    if len(ranks) > 1 or None in ranks:
        return None
    (rank,) = ranks
    first, second = op.get_attr("adj_x"), op.get_attr("adj_y")
    if rank == 3:
        return Match("dot", list(op.inputs), {"axes": (1 if first else 2, 2 if second else 1)})
    outer = "bhij"[: rank - 2]
    left, right = ("ki" if first else "ik"), ("jk" if second else "kj")
    subscripts = f"{outer}{left},{outer}{right}->{outer}ij"
    return Match("einsum", list(op.inputs), {"subscripts": subscripts}) if rank == 4 else None
