"""Which ops of a TensorFlow 1 graph stand in a loop or a branch."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from tf1_compat.reading.updates import ancestors


def in_control_flow(last: list[tf.Operation]) -> set[str]:
    """Return the names of the ops behind `last` that run in a loop or a branch.

    By the ops alone, for a graph that was imported has no contexts of control flow.
    """
    ops, joining = list(ancestors(last)), ("Exit", "RefExit", "Merge", "RefMerge")
    return _in_loop(ops) | _until(ops, ("Switch", "RefSwitch"), joining)


def in_loop(last: list[tf.Operation]) -> set[str]:
    """Return the names of the ops behind `last` that run in a loop: never to be fetched."""
    return _in_loop(list(ancestors(last)))


def _in_loop(ops: list[tf.Operation]) -> set[str]:
    return _until(ops, ("Enter", "RefEnter"), ("Exit", "RefExit"))


def _until(ops: list[tf.Operation], first: tuple[str, ...], last: tuple[str, ...]) -> set[str]:
    """Return the names of the ops `first` and of what runs after them, up to the ops `last`."""
    known, found = {op.name for op in ops}, set()
    waiting = [op for op in ops if op.type in first]
    while waiting:
        op = waiting.pop()
        if op.name in known and op.name not in found and op.type not in last:
            found.add(op.name)
            waiting += [taker for tensor in op.outputs for taker in tensor.consumers()]
            waiting += op._control_outputs  # a constant of a branch takes no tensor of it
    return found


HANDS_ON = {"Identity", "ReadVariableOp", "Switch", "RefSwitch", "Enter", "RefEnter"}
"""Ops that read a variable, or hand something into a branch or a loop, as it is."""


def source(tensor: tf.Tensor) -> tf.Operation:
    """Return the op that made a tensor, those left out that only hand it on."""
    op = tensor.op
    while op.type in HANDS_ON:
        op = op.inputs[0].op
    return op


def open_up(graph: tf.Graph) -> None:
    """Let what stands in branches of a graph be fetched and fed, as in a graph that was imported.

    Dropout there is looked into; whoever fetches what does not run is told so by the session.
    """
    graph._unfetchable_ops.clear()
    graph._unfeedable_tensors.clear()


@contextlib.contextmanager
def as_tensorflow_1() -> Iterator[None]:
    """Let loops and branches be made, and differentiated, of ops of the graph, as TensorFlow 1 did.

    TensorFlow 2 hides them in functions.
    """
    before = tf.compat.v1.control_flow_v2_enabled()
    tf.compat.v1.disable_control_flow_v2()
    try:
        yield
    finally:
        if before:
            tf.compat.v1.enable_control_flow_v2()
