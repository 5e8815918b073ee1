"""Parts of a tensor, its axes in another way, where gradients stop; nothing is computed."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tf1_compat.network.covering import NOTHING, Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.values import NotCovered

MODES = {"REFLECT": "reflect", "SYMMETRIC": "symmetric"}


def subscript(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """x[:, ...] as Python writes it, of all rows."""
    op = tensor.op
    if op.type != "StridedSlice" or not graph.rows(op.inputs[0]):
        return None
    index = list(_subscripts(graph, op))
    if index[0] not in (":", "..."):
        raise NotCovered(op, "it is of some rows alone, which no layer takes apart")
    return Match("part", op.inputs[:1], {"index": ", ".join(index)})


def _subscripts(graph: Trained, op: tf.Operation) -> Iterator[str]:
    begins, ends, strides = (np.ravel(graph.number(one)) for one in op.inputs[1:4])
    masks = {
        name: op.get_attr(f"{name}_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    for place, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        has = {name: bool(mask >> place & 1) for name, mask in masks.items()}
        if has["ellipsis"]:
            yield "..."
        elif has["new_axis"]:
            yield "None"
        elif has["shrink_axis"]:
            yield str(begin)
        else:
            first, last = "" if has["begin"] else str(begin), "" if has["end"] else str(end)
            yield f"{first if first != '0' else ''}:{last}" + (f":{stride}" if stride != 1 else "")


def sliced(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """tf.slice, tf.split and tf.unstack along an axis that is not that of rows."""
    op = tensor.op
    if op.type == "Slice":
        begins, sizes = (np.ravel(graph.number(one)).tolist() for one in op.inputs[1:3])
        index = [
            f"{begin or ''}:{begin + size if size >= 0 else ''}"
            for begin, size in zip(begins, sizes, strict=True)
        ]
        if index[0] != ":":
            return None
        return Match("part", op.inputs[:1], {"index": ", ".join(index)})
    if op.type == "Unpack":
        return _along(op.inputs[0], op.get_attr("axis"), str(tensor.value_index))
    if op.type == "Split":
        of, axis, count = op.inputs[1], int(graph.number(op.inputs[0])), len(op.outputs)
        size = of.shape[axis]
        sizes = [size // count] * count if size else []
    elif op.type == "SplitV":
        of, axis = op.inputs[0], int(graph.number(op.inputs[2]))
        sizes = np.ravel(graph.number(op.inputs[1])).tolist()
    else:
        return None
    if not sizes or -1 in sizes:
        return None
    begin = sum(sizes[: tensor.value_index])
    return _along(of, axis, f"{begin or ''}:{begin + sizes[tensor.value_index]}")


def _along(of: tf.Tensor, axis: int, index: str) -> Match | None:
    if of.shape.rank is None or axis % of.shape.rank == 0:
        return None
    return Match("part", [of], {"index": ", ".join([":"] * (axis % of.shape.rank) + [index])})


def expanded(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] with another axis, of size 1, that is not the first."""
    if tensor.op.type != "ExpandDims" or tensor.shape.rank is None:
        return None
    axis = int(np.ravel(graph.number(tensor.op.inputs[1]))[0])
    if axis % tensor.shape.rank == 0:
        return None
    return Match("expand_dims", tensor.op.inputs[:1], {"axis": axis})


def permuted(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] with its axes in another order, but for the first."""
    if tensor.op.type != "Transpose":
        return None
    axes = [int(axis) for axis in graph.number(tensor.op.inputs[1])]
    if axes[0] != 0:
        raise NotCovered(tensor.op, "rows are no longer the first axis; no layer does so")
    return Match("permute", tensor.op.inputs[:1], {"dims": tuple(axes[1:])})


def tiled(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] several times, but for rows."""
    if tensor.op.type != "Tile":
        return None
    times = [int(one) for one in graph.number(tensor.op.inputs[1])]
    return Match("tile", tensor.op.inputs[:1], {"repeats": times}) if times[0] == 1 else None


def padded(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] with zeros, or its own numbers mirrored, around."""
    op = tensor.op
    if op.type not in ("Pad", "PadV2", "MirrorPad"):
        return None
    if op.type == "PadV2" and graph.short(op.inputs[2]) != 0:
        return None
    around = [tuple(int(one) for one in sides) for sides in graph.number(op.inputs[1])]
    if around[0] != (0, 0):
        return None
    if op.type == "MirrorPad":
        mode = MODES[op.get_attr("mode").decode()]
        return Match("pad", op.inputs[:1], {"pad_width": around, "mode": mode})
    middle, last = around[1:-1], around[-1]
    if last == (0, 0) and len(middle) in (1, 2, 3):
        sides = tuple(middle) if len(middle) > 1 else middle[0]
        return Match(f"zero_padding{len(middle)}d", op.inputs[:1], {"padding": sides})
    return Match("pad", op.inputs[:1], {"pad_width": around})


def stopped(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """What is in front of a layer that trains on; nothing where no variable is behind it."""
    if tensor.op.type != "StopGradient":
        return None
    kind = "stop_gradient" if graph.variables(tensor) else NOTHING
    return Match(kind, tensor.op.inputs[:1])
