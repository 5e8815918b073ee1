"""A cost read as the loss of a batch and penalties of weights, which it is the sum of."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf1_compat.network import forms
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.products import SUMS
from tf1_compat.network.penalties import Penalties, penalties_of
from tf1_compat.network.values import Loss, NotCovered

UNCHANGED = ("Cast", "StopGradient")
EXPECTED = (
    "expected the mean, or sum, of a softmax, sparse softmax or sigmoid cross-entropy with logits, "
    "or the mean of squared or absolute errors; and L1 or L2 penalties"
)


class Terms(NamedTuple):
    """Tensors of one shape: what a loss compares."""

    kind: str
    outputs: tf.Tensor
    labels: tf.Tensor


def read(graph: Trained) -> tuple[Loss, tf.Tensor, Penalties]:
    """Return the loss, the tensor of the outputs, and the penalties; raises NotCovered."""
    terms = list(_added_up(graph, graph.cost))
    of_rows = [term for term in terms if graph.rows(term)]
    if len(of_rows) != 1:
        raise NotCovered(graph.cost.op, f"it is the sum of {len(of_rows)} losses; expected one")
    found, summed, weight = _loss(graph, of_rows[0])
    penalties = penalties_of(graph, [term for term in terms if term is not of_rows[0]])
    labels = _fed(graph, found.labels)
    loss = Loss(found.kind, summed, shortest(weight), graph.source(found.outputs).name, labels.name)
    return loss, found.outputs, penalties


def _added_up(graph: Trained, tensor: tf.Tensor) -> Iterator[tf.Tensor]:
    """Yield what one number is the sum of."""
    tensor = graph.source(tensor)
    if tensor.op.type not in (*SUMS, "AddN"):
        yield tensor
        return
    for term in tensor.op.inputs:
        yield from _added_up(graph, term)


def _loss(graph: Trained, tensor: tf.Tensor) -> tuple[Terms, bool, float]:
    """Return what a loss compares, whether its rows are added up, and what it is multiplied by."""
    tensor, weight, divided = graph.source(tensor), 1.0, False
    reductions: list[tf.Operation] = []
    while True:
        if tensor.op.type == "DivNoNan":  # tf.losses: by the number of weights that are not 0
            divided = True
        elif tensor.op.type in ("Sum", "Mean"):
            reductions.append(tensor.op)
        elif (factor := _factor(graph, tensor.op)) is not None:
            weight *= factor[1]
            tensor = graph.source(factor[0])
            continue
        elif tensor.op.type != "Reshape":
            break
        tensor = graph.source(tensor.op.inputs[0])
    found = next(filter(None, (pattern(graph, tensor.op) for pattern in PATTERNS)), None)
    kinds = [op.type for op in reductions]
    if found is None or not kinds or (divided and "Mean" in kinds):
        raise NotCovered(tensor.op, EXPECTED)
    if divided:
        return found, False, weight
    if "Sum" in kinds and found.kind not in BY_ROW and kinds != ["Sum", "Mean"]:
        weight *= _outputs(graph, found, reductions)  # Keras takes the mean of a row's
    return found, kinds[0] == "Sum", weight


def _factor(graph: Trained, op: tf.Operation) -> tuple[tf.Tensor, float] | None:
    """Return what an op multiplies, or divides, by a number, and the number to multiply by."""
    if op.type not in ("Mul", "RealDiv"):
        return None
    for this, other in (op.inputs, [*op.inputs][::-1]):
        if not graph.rows(other) and not graph.variables(other) and other.shape.rank == 0:
            if op.type == "Mul":
                return this, graph.short(other)
            return (this, 1 / graph.short(other)) if this is op.inputs[0] else None
    return None


def _outputs(graph: Trained, found: Terms, reductions: Sequence[tf.Operation]) -> int:
    """Return how many outputs a row has, whose losses are added up; raises NotCovered."""
    size = found.outputs.shape.as_list() if found.outputs.shape.rank == 2 else [None]
    last = reductions[-1]
    axes = {int(axis) % 2 for axis in np.ravel(graph.number(last.inputs[1]))}
    ok = last.type == "Sum" and axes == ({1} if len(reductions) == 2 else {0, 1})
    if size[-1] is None or not ok:
        raise NotCovered(last, f"errors of each output are added up in a way unknown; {EXPECTED}")
    return int(size[-1])


def _softmax(graph: Trained, op: tf.Operation) -> Terms | None:
    if op.type != "SoftmaxCrossEntropyWithLogits":
        return None
    logits, labels = (_as_rows(graph, tensor) for tensor in op.inputs)
    if labels.op.type == "OneHot":
        return Terms("sparse_softmax_cross_entropy", logits, labels.op.inputs[0])
    return Terms("softmax_cross_entropy", logits, labels)


def _sparse(graph: Trained, op: tf.Operation) -> Terms | None:
    if op.type != "SparseSoftmaxCrossEntropyWithLogits":
        return None
    return Terms("sparse_softmax_cross_entropy", _as_rows(graph, op.inputs[0]), op.inputs[1])


def _sigmoid(graph: Trained, op: tf.Operation) -> Terms | None:
    """max(x, 0) - x * labels + log(1 + exp(-|x|)), as sigmoid_cross_entropy_with_logits has it."""
    if op.type not in SUMS:
        return None
    linear, soft = (graph.source(tensor).op for tensor in op.inputs)
    if linear.type != "Sub" or soft.type != "Log1p":
        return None
    product = graph.source(linear.inputs[1]).op
    return Terms("sigmoid_cross_entropy", *product.inputs) if product.type == "Mul" else None


def _squared(graph: Trained, op: tf.Operation) -> Terms | None:
    if op.type == "SquaredDifference":
        return _difference(graph, "mean_squared_error", op)
    return _of_difference(graph, op, "Square", "mean_squared_error")


def _absolute(graph: Trained, op: tf.Operation) -> Terms | None:
    return _of_difference(graph, op, "Abs", "mean_absolute_error")


def _of_difference(graph: Trained, op: tf.Operation, of: str, kind: str) -> Terms | None:
    inner = graph.source(op.inputs[0]).op if op.type == of else None
    return _difference(graph, kind, inner) if inner is not None and inner.type == "Sub" else None


def _difference(graph: Trained, kind: str, op: tf.Operation) -> Terms:
    first, second = op.inputs
    return Terms(kind, first, second) if graph.variables(first) else Terms(kind, second, first)


PATTERNS: tuple[Callable[[Trained, tf.Operation], Terms | None], ...] = (
    *(_softmax, _sparse, _sigmoid, _squared, _absolute),
)
BY_ROW = ("softmax_cross_entropy", "sparse_softmax_cross_entropy")
"""Losses that have one number a row."""


def _as_rows(graph: Trained, tensor: tf.Tensor) -> tf.Tensor:
    """Return logits or labels as they were before TensorFlow made them [N, classes]."""
    tensor = graph.source(tensor)
    while tensor.op.type in ("Reshape", *UNCHANGED):
        before = graph.source(tensor.op.inputs[0])
        if tensor.op.type == "Reshape" and "Shape" not in {
            op.type for op in graph.behind(tensor.op.inputs[1])
        }:
            break
        tensor = before
    return tensor


def _fed(graph: Trained, labels: tf.Tensor) -> tf.Tensor:
    """Return what is fed as labels: a placeholder, which Keras casts, too, or one in another form.

    Raises NotCovered where they are made of anything else.
    """
    labels = graph.source(labels)
    placeholder, changed = forms.of(graph, labels)
    return labels if any(one.kind != "cast" for one in changed) else placeholder
