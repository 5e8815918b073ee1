"""A `.meta` file imported into the default graph, for a PAIR.py.

def tf1_graph():
    return meta.load("model.ckpt.meta", x="x:0", y="y:0", cost="cost:0", train_op="Adam")
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tf1_compat.errors import first_line
from tf1_compat.meta.reading import read
from tf1_compat.reading import updates
from tf1_compat.reading.averages import MOVES
from tf1_compat.state import Unreadable

Names = str | list[Any] | dict[str, Any]
"""Of a tensor, "x:0", or an operation, "Adam"; or several."""


def load(path: str | Path, *, gated: bool = False, **ends: Names) -> dict[str, Any]:
    """Import the graph of a `.meta` file into the default graph; return `ends`, each for its name.

    `gated`: no update of train_op is made before all its gradients are there, none is counted
    before all are made, and nothing is averaged before, as in Keras; with several optimizers, or
    averages in a group of their own, they race otherwise. What an iterator or a queue gives is a
    placeholder in x and y. Raises Unreadable as `read` and `import_definition` do, and for a name
    that is not in the graph.
    """
    import_definition(read(Path(path)), path)
    graph = tf.compat.v1.get_default_graph()
    found = {end: _found(graph, names, path) for end, names in ends.items()}
    inputs = {end: found[end] for end in ("x", "y") if end in found}
    made = {one.name: _fed(one) for one in {*tf.nest.flatten(inputs)}}
    found |= tf.nest.map_structure(lambda one: made[one.name], inputs)
    if gated:
        _gate(found["train_op"])
    return found


def import_definition(definition: Any, path: str | Path) -> None:
    """Import what was read of `path` into the default graph; raises Unreadable where none can be.

    Ops are placed where the caller's `tf.device` says. What queues give has their shapes, which
    TensorFlow 1 kept in Python.
    """
    try:
        tf.compat.v1.train.import_meta_graph(definition, clear_devices=True)
        for op in tf.compat.v1.get_default_graph().get_operations():
            if op.type.startswith("QueueDequeue"):
                _shape(op)
    except Exception as error:  # whatever a damaged message makes protobuf and TensorFlow raise
        raise Unreadable(f"{path}: not a readable graph ({first_line(error)}).") from error


def _gate(train_op: tf.Operation) -> None:
    """Let updates wait for all gradients, what counts them for all updates, averages for both."""
    graph, running = train_op.graph, list(updates.ancestors([train_op]))
    gradients = [graph.get_tensor_by_name(one.gradient).op for one in updates.read(train_op)]
    applied = [op for op in running if updates.APPLY.fullmatch(op.type)]
    before = {*updates.ancestors([*applied, *gradients])}
    later = [op for op in running if op.type.startswith("Assign") and op not in before]
    counts = [op for op in later if op.type.startswith("AssignAdd")]
    averages = [op for op in later if op.type in MOVES]
    of_averages = [op for op in updates.ancestors(averages, control=False) if op not in before]
    if {*averages} & {*updates.ancestors(counts)}:
        counts = []
    for op in applied:
        op._add_control_inputs(gradients)
    for op in counts:
        op._add_control_inputs(applied)
    for op in of_averages:
        if op.inputs and op.type != "Identity":  # which reads a variable for whoever asks
            op._add_control_inputs([*applied, *counts])


def _fed(tensor: tf.Tensor) -> tf.Tensor:
    """Return `tensor`, or a placeholder in its place where an iterator or a queue gives it.

    It could be fed itself, but for what Grappler lets wait for the op that gives it.
    """
    if not tensor.op.type.startswith(("IteratorGetNext", "QueueDequeue")):
        return tensor
    name = f"{tensor.op.name}/{tensor.value_index}"
    placeholder = tf.compat.v1.placeholder(tensor.dtype, tensor.shape, name)
    for taker in tensor.consumers():
        for place, taken in enumerate(taker.inputs):
            if taken is tensor:
                taker._update_input(place, placeholder)
    return placeholder


def _shape(dequeue: tf.Operation) -> None:
    """Give what a queue gives the queue's shapes, each with rows before where those are several."""
    queue = dequeue.inputs[0].op.node_def
    many = dequeue.type.startswith("QueueDequeueMany")
    rows = [tf.get_static_value(dequeue.inputs[1]) if many else None]
    rows = [] if dequeue.type in ("QueueDequeue", "QueueDequeueV2") else rows
    for tensor, shape in zip(dequeue.outputs, queue.attr["shapes"].list.shape, strict=False):
        tensor.set_shape(tf.TensorShape(rows).concatenate(tf.TensorShape(shape)))


def _found(graph: tf.Graph, names: Names, path: str | Path) -> Any:
    """Return the tensors or operations in the place of their names."""
    if isinstance(names, Mapping):
        return {key: _found(graph, name, path) for key, name in names.items()}
    if isinstance(names, list):
        return [_found(graph, name, path) for name in names]
    try:
        return graph.as_graph_element(names)
    except (KeyError, ValueError) as error:
        fed = [op.name for op in graph.get_operations() if op.type.startswith("Placeholder")]
        raise Unreadable(
            f"{path}: no {names} in it; expected a tensor, as x:0, or an operation. Placeholders "
            f"in it: {', '.join(fed)}."
        ) from error
