"""Numbers that a graph works out of constants: worked out apart from it, so that nothing else runs.

A learning rate may wait for moving averages, and whatever an op waits for would run before it.
"""

from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf

from tf1_compat.errors import first_line
from tf1_compat.network.values import NotCovered

OPS = {
    *("Const", "Identity", "Enter", "Cast", "Neg", "Sub", "Add", "AddV2", "Mul", "RealDiv"),
    "Reciprocal",
    *("Minimum", "Maximum", "Pow", "Exp", "Floor", "Sqrt", "Rsqrt", "Square", "Cos", "Log"),
    *("Switch", "Merge", "LogicalNot", "LogicalAnd", "Less", "LessEqual", "Greater"),
    *("GreaterEqual", "Equal", "Select", "SelectV2", "Pack", "ConcatV2", "Fill", "Reshape"),
    *("All", "Any", "FloorDiv", "FloorMod", "Ceil", "Range", "Sum", "Mean", "Prod"),
}
"""What a number may be made of; none of it reads or writes anything."""


def evaluate(tensor: tf.Tensor, fed: Mapping[str, Any]) -> Any:
    """Return the value of `tensor`, where tensors, by name, are `fed`.

    Raises NotCovered where it is made of anything but OPS and those.
    """
    if tensor.op.type == "Const":
        return tf.make_ndarray(tensor.op.get_attr("value"))
    apart, named = _apart(tensor, fed, OPS)
    try:
        with tf.compat.v1.Session(graph=apart) as session:
            return session.run(tensor.name, named)
    except (tf.errors.OpError, ValueError, TypeError) as error:
        raise NotCovered(tensor.op, f"it gives no number ({first_line(error)})") from error


def function_of(tensor: tf.Tensor, fed: Collection[str]) -> tf.Graph:
    """Return a graph in which `tensor` is made of placeholders, those `fed`, and of data alone.

    Each has its name; nothing that an op waits for is in it, but for the branch, or the loop, that
    it is in.
    """
    return _apart(tensor, dict.fromkeys(fed), None)[0]


def _apart(
    tensor: tf.Tensor, fed: Mapping[str, Any], allowed: Collection[str] | None
) -> tuple[tf.Graph, dict[str, Any]]:
    """Return the graph of what `tensor` is made of, and what its placeholders are fed.

    Where only some ops are `allowed`, what enters a loop is taken without the loop.
    """
    loops = allowed is None
    definition, placeholders = tf.compat.v1.GraphDef(), dict[str, Any]()
    definition.versions.CopyFrom(tensor.graph.graph_def_versions)
    for op in _behind(tensor, fed, allowed):
        if given := [out for out in op.outputs if out.name in fed]:
            _add_placeholders(definition, op)
            placeholders |= {out.name: fed[out.name] for out in given}
        else:
            node = definition.node.add()
            node.CopyFrom(op.node_def)
            node.attr.pop("_class", None)  # it names what is not here
            if op.type == "Enter" and not loops:
                node.op = "Identity"
                for name in ("frame_name", "is_constant", "parallel_iterations"):
                    node.attr.pop(name, None)
            kept = {f"^{one.name}" for one in op.control_inputs if _branches(one, loops)}
            node.input[:] = [name for name in node.input if name[0] != "^" or name in kept]
    try:
        with tf.Graph().as_default() as apart:
            tf.import_graph_def(definition, name="")
    except ValueError as error:
        raise NotCovered(tensor.op, f"it gives no number ({first_line(error)})") from error
    return apart, placeholders


def _add_placeholders(definition: Any, op: tf.Operation) -> None:
    """Add what is fed in the place of an op, as an iterator's that gives several tensors."""
    several = len(op.outputs) > 1
    for out in op.outputs:
        name = f"{op.name}/{out.value_index}" if several else op.name
        node = definition.node.add(name=name, op="Placeholder")
        node.attr["dtype"].type = out.dtype.base_dtype.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(out.shape.as_proto())
    if several:
        names = [f"{op.name}/{out.value_index}" for out in op.outputs]
        node = definition.node.add(name=op.name, op="IdentityN", input=names)
        node.attr["T"].list.type.extend(out.dtype.base_dtype.as_datatype_enum for out in op.outputs)


def _behind(
    tensor: tf.Tensor, fed: Collection[str], allowed: Collection[str] | None
) -> list[tf.Operation]:
    """Return what a tensor is made of, and what says which branch it is of."""
    found = {tensor.op.name: tensor.op}
    for op in (waiting := [tensor.op]):  # which grows
        if any(out.name in fed for out in op.outputs):
            continue
        if allowed is not None and op.type not in allowed:
            raise NotCovered(tensor.op, f"expected a constant; it is made of {op.name}")
        before = {one.op.name: one.op for one in op.inputs}
        before |= {one.name: one for one in op.control_inputs if _branches(one, allowed is None)}
        waiting += [one for name, one in before.items() if name not in found]
        found |= before
    return list(found.values())


def _branches(op: tf.Operation, loops: bool) -> bool:
    """Whether an op says that a branch is taken, or that a loop goes on, with `loops`."""
    while op.type == "Identity":
        op = op.inputs[0].op
    return op.type == "Switch" and (loops or op.inputs[1].op.type != "LoopCond")
