"""Costs that no loss of outputs and labels is: the network gives them, and takes labels as inputs.

What such a cost is made of beside layers: cross-entropies, and what is taken of all rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import EACH, linear
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import FED, Trained, shortest
from tf1_compat.network.layers.numbers import REDUCTIONS
from tf1_compat.network.losses import logits
from tf1_compat.network.values import Loss
from tf1_compat.reading.constants import SHAPES
from tf1_compat.reading.structure import VARIABLES

KINDS = KIND, SQUARES = "own", "own_squares"
"""Of a loss that the network gives; that is the sum of the squares of what it gives."""
XENT = "SoftmaxCrossEntropyWithLogits"


def loss(graph: Trained, number: tf.Tensor, weight: float) -> Loss:
    """Return the loss that a number is; its labels are to be chosen, for it takes none.

    It is of rows where the number is their mean or their sum.
    """
    op, kind, rows, summed = number.op, KIND, number, False
    if op.type in ("Mean", "Sum") and op.inputs[0].shape.rank:
        rows, summed = op.inputs[0], op.type == "Sum"
    elif op.type == "DivNoNan" and _of_shapes(graph, op.inputs[1]):  # as tf.losses has it
        rows = graph.source(op.inputs[0])
        while rows.op.type == "Sum":
            rows = graph.source(rows.op.inputs[0])
    elif op.type == "L2Loss":
        kind, rows, summed, weight = SQUARES, op.inputs[0], True, weight / 2
    found = linear(graph, rows)
    if kind == KIND and not found.shift and found.scale:
        rows, weight = found.tensor, weight * found.scale
    rows = graph.source(rows)
    if _masked(graph, rows) is not None:
        rows = number
    ends = rows.name, rows.name
    return Loss(kind, {}, summed, shortest(weight), *ends, ops={"factor": weight})


def labelled(losses: Sequence[Loss], inputs: Iterable[str]) -> tuple[Loss, ...]:
    """Return the losses, one that takes no labels with the first of the inputs as such."""
    first = next(iter(inputs))
    return tuple(replace(one, labels=first) if one.kind in KINDS else one for one in losses)


def cross_entropy(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...], of each row, or of each step of one, or of each output."""
    if (found := logits.sigmoid_of(graph, tensor)) is not None:
        return Match("binary_crossentropy", found, {"from_logits": True})
    inner = graph.source(tensor.op.inputs[0]) if tensor.op.type == "Reshape" else tensor
    if not inner.op.type.endswith(XENT) or inner.value_index:
        return None
    sparse = inner.op.type != XENT
    outputs, labels = logits.of_one_rank(graph, inner.op, tensor.shape.rank)
    kind = f"{'sparse_' if sparse else ''}categorical_crossentropy"
    return Match(kind, [labels, outputs], {"from_logits": True})


def masked(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """The mean, or sum, of tf.boolean_mask: of what a mask has kept."""
    if tensor.op.type not in ("Mean", "Sum") or tensor.shape.rank:
        return None
    if (kept := _masked(graph, graph.source(tensor.op.inputs[0]))) is None:
        return None
    rows, mask = kept
    every = {"axis": None, "keepdims": False}
    within = Match("cast", [mask], {"dtype": rows.dtype.name})
    total = Match("total", [Match("multiply", [rows, within])], every)
    if tensor.op.type == "Sum":
        return total
    return Match("quotient", [total, Match("total", [within], every)])


def reduced(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """The mean, sum, largest or smallest number of all rows."""
    op = tensor.op
    if op.type not in REDUCTIONS or not graph.rows(tensor) or not op.inputs[0].shape.rank:
        return None
    rank, axes = op.inputs[0].shape.rank, np.ravel(graph.number(op.inputs[1])).tolist()
    whole = {axis % rank for axis in axes} == {*range(rank)}
    axis = None if whole else axes[0] if len(axes) == 1 else tuple(axes)
    return Match(
        REDUCTIONS[op.type], op.inputs[:1], {"axis": axis, "keepdims": op.get_attr("keep_dims")}
    )


PATTERNS = (cross_entropy, masked, reduced)


def _of_shapes(graph: Trained, number: tf.Tensor) -> bool:
    """Whether a number is a count: made of shapes, and of nothing that is fed or kept."""
    waiting, seen = [number], set()
    while waiting:
        op = graph.source(waiting.pop()).op
        if op.type in FED or op.type in VARIABLES:
            return False
        if op.type not in (*SHAPES, *EACH) and op.name not in seen:
            waiting += op.inputs
            seen.add(op.name)
    return bool(number.op.inputs)


def _masked(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor] | None:
    """Return what tf.boolean_mask took numbers of, and the mask, of one shape."""
    op, found = tensor.op, []
    if op.type != "GatherV2" or graph.source(op.inputs[1]).op.type != "Squeeze":
        return None
    where = graph.source(graph.source(op.inputs[1]).op.inputs[0]).op
    if where.type != "Where":
        return None
    for one in (op.inputs[0], where.inputs[0]):
        one = graph.source(one)
        found.append(graph.source(one.op.inputs[0]) if one.op.type == "Reshape" else one)
    rows, mask = found
    return (rows, mask) if rows.shape.rank == mask.shape.rank else None
