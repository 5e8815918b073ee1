"""What is fed in another form, as a graph takes it: cast, scaled, one-hot, sliced.

One function an op; what a StridedSlice takes stands in `tensorflow/core/ops/array_ops.cc`.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import tensorflow as tf

from tf1_compat.network.graph import FED, Trained
from tf1_compat.network.values import Form, Formed, NotCovered

ARITHMETIC = {"Add": "+", "AddV2": "+", "Sub": "-", "Mul": "*", "RealDiv": "/"}
COMMUTE = ("+", "*")
EXPECTED = (
    "no layer is known for it; expected one, or a placeholder, as it is or in another form (cast, "
    "scaled, reshaped, one-hot, sliced)"
)


def read(graph: Trained, fed: Iterable[str]) -> Mapping[str, Formed]:
    """Return what the tensors that are `fed` are made of, where they are no placeholders."""
    every = {name: of(graph, graph.graph.get_tensor_by_name(name)) for name in fed}
    return {name: Formed(one.name, forms) for name, (one, forms) in every.items() if forms}


def of(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, tuple[Form, ...]]:
    """Return the placeholder that `tensor` is made of, and how, in the order of the graph.

    Raises NotCovered for an op that does more, and for a placeholder that has no rows.
    """
    forms: list[Form] = []
    tensor = graph.source(tensor)
    while tensor.op.type not in FED:
        found = FORMS.get(tensor.op.type, _unknown)(graph, tensor.op)
        if found is None:
            raise NotCovered(tensor.op, EXPECTED)
        before, form = found
        forms = [form, *forms] if form else forms
        tensor = graph.source(before)
    if tensor.name in graph.switches or not tensor.shape.rank:
        raise NotCovered(tensor.op, "expected a placeholder with rows, such as [None, 10]")
    return tensor, tuple(forms)


Found = tuple[tf.Tensor, Form | None] | None
"""What an op changes the form of, and how, if at all."""


def _unknown(graph: Trained, op: tf.Operation) -> Found:
    return None


def _same(graph: Trained, op: tf.Operation) -> Found:
    return op.inputs[0], None


def _cast(graph: Trained, op: tf.Operation) -> Found:
    return op.inputs[0], Form("cast", (op.outputs[0].dtype.name,))


def _arithmetic(graph: Trained, op: tf.Operation) -> Found:
    """x / 255, x - 0.5, 2 * x: floats and one number."""
    sign = ARITHMETIC[op.type]
    both = [*op.inputs]
    if not graph.rows(both[0]) and sign in COMMUTE:
        both.reverse()
    x, number = both
    if not graph.rows(x) or number.shape.rank or x.dtype != tf.float32:
        return None
    return x, Form("arithmetic", (sign, graph.short(number)))


def _one_hot(graph: Trained, op: tf.Operation) -> Found:
    ids, depth, on, off = op.inputs
    ends = [graph.number(one) for one in (depth, on, off)]
    if op.get_attr("axis") not in (-1, ids.shape.rank) or ends[1:] != [1, 0]:
        return None
    return ids, Form("one_hot", (int(ends[0]), op.outputs[0].dtype.name))


def _argmax(graph: Trained, op: tf.Operation) -> Found:
    return op.inputs[0], Form("argmax", (int(graph.number(op.inputs[1])),))


def _expand_dims(graph: Trained, op: tf.Operation) -> Found:
    return op.inputs[0], Form("expand_dims", (int(graph.number(op.inputs[1])),))


def _squeeze(graph: Trained, op: tf.Operation) -> Found:
    axes = tuple(op.get_attr("squeeze_dims"))
    return (op.inputs[0], Form("squeeze", axes)) if len(axes) == 1 else None


def _reshape(graph: Trained, op: tf.Operation) -> Found:
    target = graph.source(op.inputs[1])
    if target.op.type == "Pack":  # its first is the number of rows
        _, *rest = target.op.inputs
        sizes = (-1, *(int(graph.number(one)) for one in rest))
    else:
        sizes = tuple(int(size) for size in graph.number(target))
    return (op.inputs[0], Form("reshape", sizes)) if sizes.count(-1) == 1 else None


def _strided_slice(graph: Trained, op: tf.Operation) -> Found:
    """x[:, :-1], x[:, 0], x[:, tf.newaxis]; all rows."""
    begin, end, strides = (np.ravel(graph.number(one)) for one in op.inputs[1:])
    if op.get_attr("ellipsis_mask"):
        return None

    def masked(mask: str, axis: int) -> bool:
        return bool(op.get_attr(f"{mask}_mask") >> axis & 1)

    parts: list[slice | int | None] = []
    for axis in range(len(begin)):
        if masked("new_axis", axis):
            parts.append(None)
        elif masked("shrink_axis", axis):
            parts.append(int(begin[axis]))
        else:
            first = None if masked("begin", axis) or begin[axis] == 0 else int(begin[axis])
            last = None if masked("end", axis) else int(end[axis])
            parts.append(slice(first, last, None if strides[axis] == 1 else int(strides[axis])))
    return (op.inputs[0], Form("index", tuple(parts))) if parts[0] == slice(None) else None


FORMS: dict[str, Callable[[Trained, tf.Operation], Found]] = {
    **{"Cast": _cast, "StopGradient": _same, "OneHot": _one_hot, "ArgMax": _argmax},
    **{"ExpandDims": _expand_dims, "Squeeze": _squeeze, "Reshape": _reshape},
    **{"StridedSlice": _strided_slice, **dict.fromkeys(ARITHMETIC, _arithmetic)},
}
