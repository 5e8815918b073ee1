"""What clips a gradient on its way to the optimizer.

Formulas: `tensorflow/python/ops/clip_ops.py`, of 1.x and of 2.x.
"""

from collections.abc import Iterator

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import SUMS
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.updates import Update, ancestors


def read(graph: Trained, update: Update) -> dict[str, float]:
    """Return value, norm or global_norm -> the bound; empty where nothing that is known clips."""
    op = graph.source(graph.graph.get_tensor_by_name(update.gradient)).op
    if op.type == "UnsortedSegmentSum":  # of an embedding, the rows looked up several times
        op = graph.source(op.inputs[0]).op
    if op.type in ("Maximum", "ClipByValue"):
        return _by_value(graph, op)
    if op.type == "RealDiv":
        return _by_norm(graph, op)
    return _by_global_norm(graph, op) if op.type == "Mul" else {}


def _by_value(graph: Trained, op: tf.Operation) -> dict[str, float]:
    """max(-bound, min(bound, gradient)), in either order, or one op."""
    inner = graph.source(op.inputs[0]).op
    tensors = list(op.inputs[1:])
    if op.type == "Maximum":
        tensors += inner.inputs[1:] if inner.type == "Minimum" else []
    bounds = [number for tensor in tensors for number in _number(graph, tensor)]
    return {"value": abs(bounds[0])} if len(bounds) == 2 and sum(bounds) == 0 else {}


def _by_norm(graph: Trained, op: tf.Operation) -> dict[str, float]:
    """gradient * bound / max(norm, bound)."""
    above, below = (graph.source(tensor).op for tensor in op.inputs)
    if above.type != "Mul" or below.type != "Maximum":
        return {}
    bounds = [number for one in (above, below) for t in one.inputs for number in _number(graph, t)]
    return {"norm": bounds[0]} if len(bounds) == 2 and bounds[0] == bounds[1] else {}


def _by_global_norm(graph: Trained, op: tf.Operation) -> dict[str, float]:
    """gradient * bound * min(1 / norm, 1 / bound), where the norm is of half squares."""
    for tensor in op.inputs:
        scale = graph.source(tensor).op
        if scale.type in ("Select", "SelectV2"):  # NaN where the norm is not finite
            scale = graph.source(scale.inputs[1]).op
        elif scale.type in SUMS:  # the same by norm - norm
            scale = graph.source(scale.inputs[0]).op
        if scale.type == "Mul" and any(graph.source(t).op.type == "Minimum" for t in scale.inputs):
            squares = [one for one in ancestors([scale], control=False) if one.type == "L2Loss"]
            for bound in (number for t in scale.inputs for number in _number(graph, t)):
                if squares:
                    return {"global_norm": bound}
    return {}


def _number(graph: Trained, tensor: tf.Tensor) -> Iterator[float]:
    """Yield what a constant is, and nothing for what is none."""
    try:
        yield graph.short(tensor)
    except NotCovered:
        return
