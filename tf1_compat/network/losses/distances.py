"""Losses of pairs, by how far apart they are: siamese networks."""

from typing import NamedTuple

import tensorflow as tf

from tf1_compat.network.algebra import SUMS, constant, linear, signed
from tf1_compat.network.graph import Trained
from tf1_compat.network.losses.errors import square_of
from tf1_compat.network.losses.terms import Terms


class Side(NamedTuple):
    """scale * y * tensor, where y may be 1 - y."""

    labels: tf.Tensor
    of_rest: bool
    scale: float
    tensor: tf.Tensor


def contrastive(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """y d^2 + (1 - y) max(margin - d, 0)^2, or with y and 1 - y exchanged."""
    if tensor.op.type not in SUMS:
        return None
    found = [_side(graph, term, sign) for term, sign in signed(graph, tensor)]
    sides = [side for side in found if side is not None]
    if len(found) != 2 or len(sides) != 2:
        return None
    for pull, push in (sides, sides[::-1]):
        far = _beyond_margin(graph, push.tensor)
        alike = pull.labels is push.labels and pull.scale == push.scale
        if far is None or not alike or pull.of_rest == push.of_rest:
            continue
        distance, margin = far
        options = {"margin": margin, **({"alike": 0} if pull.of_rest else {})}
        if square_of(graph, pull.tensor) is distance:
            return Terms("contrastive", distance, pull.labels, "all", options, pull.scale)
        inner = linear(graph, distance.op.inputs[0]) if distance.op.type == "Sqrt" else None
        if inner is not None and inner.tensor is pull.tensor and inner.scale == 1:
            options |= {"squared": True} | ({"epsilon": inner.shift} if inner.shift else {})
            return Terms("contrastive", pull.tensor, pull.labels, "all", options, pull.scale)
    return None


def _side(graph: Trained, tensor: tf.Tensor, sign: float) -> Side | None:
    """Return a product as labels times something."""
    if tensor.op.type != "Mul":
        return None
    for given, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
        labels, rest = linear(graph, given), linear(graph, other)
        if graph.variables(given) or rest.shift or not graph.variables(other):
            continue
        if (labels.shift, labels.scale / abs(labels.scale)) == (0.0, 1.0):
            return Side(labels.tensor, False, sign * labels.scale * rest.scale, rest.tensor)
        if labels.shift == -labels.scale:
            return Side(labels.tensor, True, sign * labels.shift * rest.scale, rest.tensor)
    return None


def _beyond_margin(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, float] | None:
    """Return d and the margin of max(margin - d, 0)^2."""
    bounded = square_of(graph, tensor)
    if bounded is None:
        return None
    inner = bounded.op.inputs[0] if bounded.op.type == "Relu" else None
    if bounded.op.type == "Maximum":
        inner = next((x for x in bounded.op.inputs if constant(graph, x) is None), None)
    found = linear(graph, inner) if inner is not None else None
    return (found.tensor, found.shift) if found is not None and found.scale == -1 else None
