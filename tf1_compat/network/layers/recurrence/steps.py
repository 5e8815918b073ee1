"""Which sequence, [N, steps, ...], a tensor is a step of, or the same in another order of axes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.activations import ACTIVATIONS
from tf1_compat.reading.structure import LOOKUPS

POINTWISE = {*ACTIVATIONS, "MatMul", "BiasAdd", "Add", "AddV2", "Mul", "RealDiv"}
"""Ops that take each row by itself, where rows are the only ones that they are given."""


class Step(NamedTuple):
    """One step of a sequence."""

    sequence: tf.Tensor
    place: int
    of: int | None
    """How many it has, where that is known."""

    @property
    def last(self) -> bool:
        """Whether no step follows."""
        return self.place in (-1, (self.of or 0) - 1)


class Rows(NamedTuple):
    """Steps of rows as rows of their own, [N * steps, ...]."""

    steps_first: bool
    """All rows of the first step come first; otherwise all steps of the first row."""
    steps: int | None


def swapped(graph: Trained, tensor: tf.Tensor) -> tf.Tensor | None:
    """Return what a tensor is with the first two axes exchanged, where it is a Transpose."""
    op = graph.source(tensor).op
    if op.type != "Transpose":
        return None
    axes = [int(axis) for axis in graph.number(op.inputs[1])]
    return graph.source(op.inputs[0]) if axes == [1, 0, *range(2, len(axes))] else None


def batch_first(graph: Trained, tensor: tf.Tensor) -> tf.Tensor | None:
    """Return the sequence that a tensor, [steps, N, ...], is with its steps first, if it is one."""
    op = graph.source(tensor).op
    if op.type == "TensorArrayGatherV3":
        return written(graph, op)
    if op.type == "Pack" and op.get_attr("axis") == 0:
        return packed(graph, [*op.inputs])
    if op.type == "Reshape" and (rows := merged(graph, op.inputs[0])) and rows.steps_first:
        return graph.source(op.inputs[0])
    if op.type in LOOKUPS and (ids := batch_first(graph, op.inputs[1])) is not None:
        return _looked_up(graph, op, ids)
    before = swapped(graph, tensor)
    return None if before is None or batch_first(graph, before) is not None else before


def _looked_up(graph: Trained, op: tf.Operation, ids: tf.Tensor) -> tf.Tensor:
    """Return the rows of a table as `op` has them, for ids in another order."""
    with graph.graph.as_default():
        table, dtype = op.inputs[0], op.outputs[0].dtype
        if op.type == "ResourceGather":
            found = tf.raw_ops.ResourceGather(resource=table, indices=ids, dtype=dtype)
        else:
            found = tf.gather(table, ids)
        return graph.add(found, op.outputs[0])


def written(graph: Trained, gather: tf.Operation) -> tf.Tensor | None:
    """Return what a loop writes, at each of its steps, into the array that is gathered."""
    end = graph.source(gather.inputs[2])
    if end.op.type != "Exit":
        return None
    write = following(graph, graph.source(end.op.inputs[0])).op
    return graph.source(write.inputs[2]) if write.type == "TensorArrayWriteV3" else None


def following(graph: Trained, state: tf.Tensor) -> tf.Tensor:
    """Return what a state of a loop, its Merge, is at the next step."""
    return graph.source(state.op.inputs[1].op.inputs[0])


def packed(graph: Trained, steps: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return steps, [N, ...] each, side by side; the op is added to the graph where it has none."""
    names = [graph.source(one).name for one in steps]
    for op in graph.source(steps[-1]).consumers():
        beside = [graph.source(one).name for one in op.inputs]
        if op.type == "Pack" and op.get_attr("axis") == 1 and beside == names:
            return op.outputs[0]
    with graph.graph.as_default():
        return graph.add(tf.stack([graph.source(one) for one in steps], 1), graph.source(steps[-1]))


def merged(graph: Trained, tensor: tf.Tensor) -> Rows | None:
    """Return how a tensor, [rows, ...], has steps as rows; None where it has not."""
    tensor = graph.source(tensor)
    while tensor.op.type in POINTWISE and tensor.shape.rank == 2:
        tensor = next(graph.source(one) for one in tensor.op.inputs if graph.rows(one))
    op = tensor.op
    if op.type != "Reshape" or tensor.shape.rank != 2 or tensor.shape[1] is None:
        return None
    before = graph.source(op.inputs[0])
    if beside(graph, before, tensor.shape[1]):
        return Rows(steps_first=False, steps=len(before.op.inputs) - 1)
    if before.shape.rank != 3 or before.shape[2] != tensor.shape[1]:
        return None
    if before.shape[1] == 1:  # one step is a row as it is, without an axis
        return None
    steps_first = batch_first(graph, before) is not None
    return Rows(steps_first, before.shape[0 if steps_first else 1])


def beside(graph: Trained, tensor: tf.Tensor, size: int) -> bool:
    """Whether a tensor is steps of rows of this size, [N, steps * size]."""
    op = tensor.op
    if op.type != "ConcatV2" or len(op.inputs) < 3 or int(graph.number(op.inputs[-1])) % 2 != 1:
        return False
    return all(one.shape.rank == 2 and one.shape[1] == size for one in op.inputs[:-1])


def step(graph: Trained, tensor: tf.Tensor) -> Step | None:
    """Return which step of which sequence a tensor is, if it is one."""
    tensor = graph.source(tensor)
    op = tensor.op
    if op.type == "Unpack":
        return _along(graph, op.inputs[0], op.get_attr("axis"), tensor.value_index)
    if op.type == "GatherV2" and op.inputs[1].shape.rank == 0 and not graph.rows(op.inputs[1]):
        index, axis = (int(graph.number(one)) for one in op.inputs[1:])
        return _along(graph, op.inputs[0], axis, index)
    if op.type == "StridedSlice" and (taken := _sliced(graph, op)):
        return _along(graph, op.inputs[0], *taken)
    if op.type == "Split" and (rows := merged(graph, op.inputs[1])) and rows.steps_first:
        whole = int(graph.number(op.inputs[0])) == 0 and len(op.outputs) == rows.steps
        found = Step(graph.source(op.inputs[1]), tensor.value_index, rows.steps)
        return found if whole else None
    if op.type in ("Squeeze", "Reshape"):  # [N, 1, ...], of a split along the steps
        part = graph.source(op.inputs[0])
        split = part.op.type == "Split" and part.shape.rank == 3 and part.shape[1] == 1
        if split and int(graph.number(part.op.inputs[0])) == 1:
            whole = graph.source(part.op.inputs[1])
            return Step(whole, part.value_index, len(part.op.outputs))
    return None


def _along(graph: Trained, tensor: tf.Tensor, axis: int, index: int) -> Step | None:
    if axis == 1:
        return Step(graph.source(tensor), index, tensor.shape[1])
    sequence = batch_first(graph, tensor) if axis == 0 else None
    return None if sequence is None else Step(sequence, index, tensor.shape[0])


def _sliced(graph: Trained, op: tf.Operation) -> tuple[int, int] | None:
    """Return the axis that a slice takes one of, and which, where it takes all of the others."""
    if op.get_attr("ellipsis_mask") or op.get_attr("new_axis_mask"):
        return None
    if any(graph.rows(one) for one in op.inputs[1:]):
        return None
    begin, end, strides = ([*np.ravel(graph.number(one))] for one in op.inputs[1:])
    masks = {name: op.get_attr(f"{name}_mask") for name in ("begin", "end", "shrink_axis")}
    one = [axis for axis in range(len(begin)) if masks["shrink_axis"] >> axis & 1]
    for axis in {*range(len(begin))} - {*one}:
        from_first = masks["begin"] >> axis & 1 or begin[axis] == 0
        to_last = masks["end"] >> axis & 1 or end[axis] == op.inputs[0].shape[axis]
        if not (from_first and to_last and strides[axis] == 1):
            return None
    return (one[0], int(begin[one[0]])) if len(one) == 1 else None
