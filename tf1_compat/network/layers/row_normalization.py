"""Normalization of each row by its own mean and variance: of layers, of instances."""

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import SUMS, constant
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.products import of_last_axis
from tf1_compat.network.values import NotCovered

ROOTS = ("Sqrt", "Rsqrt", "Pow")


def normalized_by_hand(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """(x - mean) / sqrt(variance + epsilon), then times gamma, plus beta."""
    inner, beta = _variable_of(graph, tensor, SUMS)
    inner, gamma = _variable_of(graph, inner, ("Mul",))
    if inner.op.type not in ("Mul", "RealDiv"):
        return None
    for this, other in (inner.op.inputs, [*inner.op.inputs][::-1]):
        above, within = _variable_of(graph, graph.source(this), ("Mul",))
        gamma, centred, root = gamma or within, above.op, graph.source(other).op
        if centred.type != "Sub" or root.type not in ROOTS:
            continue
        x, mean = centred.inputs
        kind = within_a_row(graph, x, mean)
        spread = graph.source(root.inputs[0]).op
        if kind is None or spread.type not in SUMS or not _is_root(graph, inner.op, root):
            return None
        epsilon = constant(graph, spread.inputs[1])
        if epsilon is None or _axes(graph, spread.inputs[0]) != _axes(graph, mean):
            return None
        return of_rows(kind, x, gamma, beta, epsilon)
    return None


def within_a_row(graph: Trained, x: tf.Tensor, mean: tf.Tensor) -> str | None:
    """Return what normalizes so, where `mean` is one of numbers of each row; else None."""
    axes, rank = _axes(graph, mean), x.shape.rank
    if not axes or rank is None or 0 in (axes := sorted(axis % rank for axis in axes)):
        return None
    if axes == [rank - 1]:
        return "layer_normalization"
    if axes == [*range(1, rank)]:
        return "group_normalization"
    if axes == [*range(1, rank - 1)]:
        return "instance_normalization"
    raise NotCovered(mean.op, f"its mean is along the axes {axes}, by which no layer normalizes")


def of_rows(
    kind: str,
    x: tf.Tensor,
    gamma: tf.Operation | None,
    beta: tf.Operation | None,
    epsilon: float,
) -> Match:
    """Return the layer that normalizes each row."""
    options = {"epsilon": shortest(epsilon), "center": beta is not None, "scale": gamma is not None}
    if kind != "layer_normalization":
        options = {"groups": 1 if kind == "group_normalization" else -1, **options}
        kind = "group_normalization"
    parts = {"gamma": gamma, "beta": beta}
    return Match(kind, [x], options, {role: one for role, one in parts.items() if one is not None})


def _axes(graph: Trained, statistic: tf.Tensor) -> list[int]:
    """Return the axes along which a mean is taken; none where it is no mean."""
    op = graph.source(statistic).op
    if op.type in ("Squeeze", "Reshape"):
        op = graph.source(op.inputs[0]).op
    return np.ravel(graph.number(op.inputs[1])).tolist() if op.type == "Mean" else []


def _variable_of(
    graph: Trained, tensor: tf.Tensor, kinds: tuple[str, ...]
) -> tuple[tf.Tensor, tf.Operation | None]:
    """Return what a variable of the last axis is combined with, by one of `kinds`, and it."""
    if tensor.op.type in kinds:
        for this, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
            variable, before = graph.variable(other), graph.source(this)
            if variable is not None and of_last_axis(variable, before):
                return before, variable
    return tensor, None


def _is_root(graph: Trained, outer: tf.Operation, root: tf.Operation) -> bool:
    """Whether an op divides by the square root that it takes."""
    if root.type == "Pow":
        power = constant(graph, root.inputs[1])
        return power == (0.5 if outer.type == "RealDiv" else -0.5)
    return (outer.type, root.type) in (("RealDiv", "Sqrt"), ("Mul", "Rsqrt"))
