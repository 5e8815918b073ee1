"""An op as plain values, from which it can be written as a call of `tf.raw_ops`."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from tf1_compat import float64
from tf1_compat.network.graph import HANDS_ON, Trained
from tf1_compat.network.values import NotCovered

FLOW = re.compile(r"(Ref)?(Merge|Switch|Enter|Exit|NextIteration)|LoopCond|TensorArray\w*|Stack\w*")
"""What branches and loops are made of."""
GATHER = "ResourceGather"
"""What looks rows up in a variable itself, and not in its value."""
FEW = 64
"""Numbers that a constant may have, to be written."""


class Constant(NamedTuple):
    """Numbers of the graph's own."""

    value: Any
    """As nested lists."""
    dtype: str


class Raw(NamedTuple):
    """An op."""

    kind: str
    """In tf.raw_ops."""
    name: str
    inputs: Mapping[str, Any]
    """Argument -> the tensor that it takes, by name, or the Constant; or a list of them."""
    options: Mapping[str, Any]
    """Argument -> value, where that is not the usual one; of a dtype the name."""
    outputs: tuple[str, ...]
    listed: bool
    """They come as a list, even of one."""


def refuse(op: tf.Operation) -> None:
    """Raise NotCovered for an op that is no function of its inputs, or that calls functions."""
    if FLOW.fullmatch(op.type):
        raise NotCovered(op, "a branch or a loop that is no layer")
    if op.op_def.is_stateful and op.type != GATHER:
        raise NotCovered(op, "it gives other numbers each time, or keeps some; no layer does so")
    if any(one.type in ("func", "list(func)") for one in op.op_def.attr):
        raise NotCovered(op, "it calls functions; no layer does so")


def branched(tensor: tf.Tensor) -> bool:
    """Whether a tensor is one thing in training and another in inference."""
    while tensor.op.type in HANDS_ON:
        tensor = tensor.op.inputs[0]
    return tensor.op.type == "Merge"


def read(graph: Trained, op: tf.Operation) -> Raw:
    """Return an op; raises NotCovered for a constant of more than FEW numbers."""
    kind, called = op.type, _called(op)
    inputs = {called[name]: one for name, one in _inputs(graph, op)}
    options = {called[name]: one for name, one in _options(op)}
    if kind == GATHER:
        kind, inputs, options = "GatherV2", _looked_up(inputs), {}
    outputs = tuple(out.name for out in op.outputs)
    listed = any(one.number_attr or one.type_list_attr for one in op.op_def.output_arg)
    return Raw(kind, op.name, inputs, options, outputs, listed)


def _called(op: tf.Operation) -> dict[str, str]:
    """Return what the inputs and attributes of an op are called in tf.raw_ops, by their own names.

    Few are called otherwise, such as axis, which was reduction_indices.
    """
    named = [one.name for one in (*op.op_def.input_arg, *op.op_def.attr)]
    taken = [*inspect.signature(getattr(tf.raw_ops, op.type)).parameters]
    others = [name for name in taken if name not in named]
    renamed = zip([name for name in named if name not in taken], others, strict=False)
    return dict(zip(named, named, strict=True)) | dict(renamed)


def _looked_up(inputs: Mapping[str, Any]) -> dict[str, Any]:
    table, ids = inputs.values()
    return {"params": table, "indices": ids, "axis": Constant(0, "int32")}


def _inputs(graph: Trained, op: tf.Operation) -> Iterator[tuple[str, Any]]:
    left = iter(op.inputs)
    for one in op.op_def.input_arg:
        if one.number_attr or one.type_list_attr:
            said = op.get_attr(one.number_attr or one.type_list_attr)
            count = said if one.number_attr else len(said)
            yield one.name, [_taken(graph, next(left)) for _ in range(count)]
        else:
            yield one.name, _taken(graph, next(left))


def _taken(graph: Trained, tensor: tf.Tensor) -> str | Constant:
    tensor = graph.source(tensor)
    if tensor.op.type != "Const":
        return tensor.name
    numbers = tf.make_ndarray(tensor.op.get_attr("value"))
    if numbers.size > FEW:
        raise NotCovered(tensor.op, f"a constant of {numbers.size:,} numbers; {FEW} can be written")
    if tensor.dtype == tf.float32:
        numbers = float64.all_as_written(numbers)
    return Constant(numbers.tolist(), tensor.dtype.name)


def _options(op: tf.Operation) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that inputs do not say, where they are not the usual ones."""
    given = op.op_def.input_arg
    said = {name for one in given for name in (one.type_attr, one.number_attr, one.type_list_attr)}
    for one in op.op_def.attr:
        usual = one.HasField("default_value") and op.node_def.attr[one.name] == one.default_value
        if one.name not in said and not usual:
            yield one.name, _plain(op.get_attr(one.name))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, tf.DType):
        return value.name
    if isinstance(value, tf.TensorShape):
        return value.as_list()
    if isinstance(value, bytes):
        return value.decode()
    return value
