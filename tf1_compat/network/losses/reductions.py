"""How the losses of numbers become one number, in TensorFlow 1 and in Keras.

Keras takes the mean along the last axis, but for cross-entropies over classes, which are sums, and
then the mean over all that is left, or its sum.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import linear
from tf1_compat.network.graph import Trained
from tf1_compat.network.losses.terms import Terms
from tf1_compat.network.values import NotCovered

KERAS = {"mean": "Mean", "sum": "Sum"}


class Reduction(NamedTuple):
    """An op that adds up."""

    how: str
    """Sum, Mean; count: divided by how many there are; rows: by how many rows there are."""
    op: tf.Operation
    times: float = 1.0
    """What the number of rows is multiplied by before."""


def reductions_of(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, Reduction | None] | None:
    """Return what a reduction is of, and it, or None where it changes no number; or None."""
    op = tensor.op
    if op.type in ("Sum", "Mean"):
        return op.inputs[0], Reduction(op.type, op)
    if op.type == "DivNoNan" and tensor.shape.rank == 0:  # by how many weights are not 0
        return op.inputs[0], Reduction("count", op)
    if op.type == "RealDiv" and any(one.type == "Shape" for one in graph.behind(op.inputs[1])):
        return op.inputs[0], Reduction("rows", op, _times_rows(graph, op.inputs[1]))
    if op.type == "Reshape":
        return op.inputs[0], None
    return None


def _times_rows(graph: Trained, number: tf.Tensor) -> float:
    """Return what the number of rows is multiplied by; raises NotCovered where one is added."""
    found = linear(graph, number)
    if found.shift:
        raise NotCovered(number.op, "expected the number of rows, or a multiple of it")
    if found.tensor.op.type == "Cast":
        return found.scale * _times_rows(graph, found.tensor.op.inputs[0])
    return found.scale


def against_keras(
    graph: Trained,
    tensor: tf.Tensor,
    found: Terms,
    outputs: tf.Tensor,
    reductions: Sequence[Reduction],
) -> tuple[bool, float]:
    """Return whether rows are added up, and what Keras' loss has to be multiplied by.

    `tensor` has the loss of each number, or row. Raises NotCovered.
    """
    sizes = _sizes(tensor, found, outputs)
    how = _each(graph, tensor, found, len(sizes), reductions)
    summed, weight = how[0] == "Sum", 1.0
    for axis in range(1, len(sizes)):
        last = axis == len(sizes) - 1 and found.last in KERAS
        keras = KERAS[found.last] if last else how[0]
        if how[axis] == keras:
            continue
        size = sizes[axis]
        if size is None:
            raise NotCovered(tensor.op, "losses are added up along an axis of unknown size")
        weight *= size if how[axis] == "Sum" else 1 / size
    if len(sizes) == 1 and summed and found.last in KERAS:
        raise NotCovered(tensor.op, "outputs have no axis but that of rows; expected [N, outputs]")
    return summed, weight


def _sizes(tensor: tf.Tensor, found: Terms, outputs: tf.Tensor) -> list[int | None]:
    """Return the sizes of what is reduced, as Keras' loss has them."""
    if found.added_up:
        tensor = tensor.op.inputs[0]
    if tensor.shape.rank is None or outputs.shape.rank is None:
        raise NotCovered(tensor.op, "its shape is not known; expected such as [None, 10]")
    sizes = tensor.shape.as_list()
    if found.last == "row":
        return sizes
    wanted = outputs.shape.as_list()
    if len(wanted) == len(sizes) and all(
        size in (None, known) for size, known in zip(wanted[1:], sizes[1:], strict=True)
    ):
        return sizes  # labels say sizes that outputs do not
    if [one for one in sizes if one != 1] != [one for one in wanted if one != 1]:
        raise NotCovered(tensor.op, f"{wanted} outputs are compared in {sizes} pairs")
    return sizes if len(sizes) >= len(wanted) else wanted


def _each(
    graph: Trained, tensor: tf.Tensor, found: Terms, rank: int, reductions: Sequence[Reduction]
) -> list[str]:
    """Return Sum or Mean for each axis; raises NotCovered where one is left."""
    if any(one.how == "count" for one in reductions):
        return ["Mean"] * rank
    how: list[str | None] = ["Sum" if found.added_up else None] * rank
    left = list(range(tensor.shape.rank or 0))
    if not found.added_up:
        how[len(left) :] = ["Mean"] * (rank - len(left))  # of size 1
    for one in reversed(reductions):
        if one.how == "rows":
            how[0] = "Mean"
        else:
            size = len(left)
            axes = {int(axis) % size for axis in np.ravel(graph.number(one.op.inputs[1]))}
            for axis in axes:
                how[left[axis]] = one.how
            if not one.op.get_attr("keep_dims"):
                left = [kept for axis, kept in enumerate(left) if axis not in axes]
    known = [one for one in how if one is not None]
    if len(known) < rank:
        raise NotCovered(tensor.op, "its losses are not all added up; expected one number")
    return known
