"""Penalties of weights, which a cost has beside its loss."""

from collections import defaultdict
from collections.abc import Iterable

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import SUMS
from tf1_compat.network.values import NotCovered

Penalties = dict[str, dict[str, float]]
"""Variable -> l1 (of sum |w|) and l2 (of sum w^2)."""


def penalties_of(graph: Trained, terms: Iterable[tuple[tf.Tensor, float]]) -> Penalties:
    """Return what these terms of a cost, each times a number, add up to; raises NotCovered."""
    penalties: Penalties = defaultdict(lambda: defaultdict(float))
    for term, by in terms:
        _penalize(graph, term, by, penalties)
    return {name: dict(sizes) for name, sizes in penalties.items()}


def _penalize(graph: Trained, tensor: tf.Tensor, by: float, penalties: Penalties) -> None:
    """Add what a term of weights is to their penalties; raises NotCovered."""
    op = graph.source(tensor).op
    stacked = graph.source(op.inputs[0]).op if op.type == "Sum" else op
    if op.type in (*SUMS, "AddN") or stacked.type == "Pack":
        for term in stacked.inputs:
            _penalize(graph, term, by, penalties)
    elif op.type == "Mul":
        first, second = op.inputs
        factor, term = (second, first) if graph.variables(first) else (first, second)
        _penalize(graph, term, by * graph.short(factor), penalties)
    else:
        variable, kind, half = norm(graph, op)
        penalties[variable.name][kind] += by * half


def norm(graph: Trained, op: tf.Operation) -> tuple[tf.Operation, str, float]:
    """Return the variable of a penalty, l1 or l2, and what it is multiplied by; or NotCovered."""
    made = graph.source(op.inputs[0]) if op.inputs else None
    found = None
    if op.type == "L2Loss":
        found = made, "l2", 0.5
    elif op.type in ("Sum", "Mean") and made is not None and made.op.type in ("Square", "Abs"):
        kind = "l2" if made.op.type == "Square" else "l1"
        size = made.shape.num_elements() if op.type == "Mean" else 1
        found = made.op.inputs[0], kind, 1 / size
    variable = graph.variable(found[0]) if found and found[0] is not None else None
    if found is None or variable is None:
        raise NotCovered(op, "expected a loss of rows, or L1 and L2 penalties of variables")
    return variable, *found[1:]
