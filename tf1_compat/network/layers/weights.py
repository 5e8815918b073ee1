"""Variables that are added to rows, or multiply them, and are no layer's bias or kernel."""

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import SUMS
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import shape

KINDS = {
    **dict.fromkeys(SUMS, "added_weight"),
    **{"Mul": "multiplied_weight", "Sub": "subtracted_weight"},
}


def combined(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] + weight, less it, or times it: of positions, of slopes, of the whole."""
    if tensor.op.type not in KINDS:
        return None
    turned = [[*tensor.op.inputs][::-1]] if tensor.op.type != "Sub" else []
    for this, other in (tensor.op.inputs, *turned):
        weight = _same_for_all_rows(graph, other)
        if weight is not None and graph.rows(this) and _fits(shape(weight), this):
            return _match(KINDS[tensor.op.type], this, weight)
    return None


def projected(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ..., n] -> [N, ...] by a weight [n], as tf.tensordot does it."""
    product = graph.source(tensor.op.inputs[0]) if tensor.op.type == "Reshape" else tensor
    if product is tensor or product.op.type != "MatMul":
        return None
    rows, weight = (graph.source(one) for one in product.op.inputs)
    while weight.op.type in ("Reshape", "Transpose"):
        weight = graph.source(weight.op.inputs[0])
    while rows.op.type in ("Reshape", "Transpose") and rows.shape.rank != tensor.shape.rank + 1:
        rows = graph.source(rows.op.inputs[0])
    if rows.op.type == "Transpose" and _in_order(graph, rows.op):
        rows = graph.source(rows.op.inputs[0])
    held = graph.variable(weight)
    if held is None or shape(held) != rows.shape.as_list()[-1:]:
        return None
    return Match("total", [_match("multiplied_weight", rows, held)], {"axis": -1})


def _match(kind: str, rows: tf.Tensor, weight: tf.Operation) -> Match:
    return Match(kind, [rows], {"shape": shape(weight)}, {"weight": weight})


def _same_for_all_rows(graph: Trained, tensor: tf.Tensor) -> tf.Operation | None:
    """Return the variable that a tensor is, with no more than axes of size 1 before its own."""
    tensor = graph.source(tensor)
    if tensor.op.type == "Tile":
        times = graph.source(tensor.op.inputs[1]).op
        rest = times.inputs[1:] if times.type == "Pack" else []
        if not rest or any(graph.number(one) != 1 for one in rest):
            return None
        tensor = graph.source(tensor.op.inputs[0])
    if tensor.op.type in ("ExpandDims", "Reshape"):
        before = graph.source(tensor.op.inputs[0])
        leading = (tensor.shape.rank or 0) - (before.shape.rank or 0)
        if tensor.shape.as_list() != [1] * leading + before.shape.as_list():
            return None
        tensor = before
    return graph.variable(tensor)


def _fits(sizes: list[int], rows: tf.Tensor) -> bool:
    """Whether a weight of this shape is the same for all rows."""
    rank = rows.shape.rank
    return rank is not None and (len(sizes) < rank or (len(sizes) == rank and sizes[0] == 1))


def _in_order(graph: Trained, op: tf.Operation) -> bool:
    axes = graph.number(op.inputs[1])
    return np.array_equal(axes, np.arange(len(axes)))
