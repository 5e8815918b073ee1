"""Where a graph begins to train: its train op and its cost, chosen or found."""

import re

import tensorflow as tf

from tf1_compat.network.values import NotCovered
from tf1_compat.reading.updates import APPLY, ancestors
from tf1_compat.state import StateError


def train_op(graph: tf.Graph, chosen: str | None) -> tf.Operation:
    """Return the op called `chosen`, or the only one of the collection train_op."""
    if chosen:
        return _named(graph, chosen, "--train-op")
    found = list(dict.fromkeys(_op(one) for one in graph.get_collection("train_op")))
    if len(found) == 1:
        return found[0]
    applied = [op for op in graph.get_operations() if APPLY.fullmatch(op.type)]
    names = [op.name for op in found] or [op.name for op in applied[:5]]
    raise StateError(
        f"{len(found)} train ops are in the graph; expected one. --train-op NAME chooses it: "
        f"{', '.join(names) or 'no op that trains is in it'}."
    )


def cost(graph: tf.Graph, train: tf.Operation, chosen: str | None) -> tf.Tensor:
    """Return the tensor called `chosen`, or the one that `train` has gradients of.

    By the names that `tf.gradients` gives, which the proof does not rely on.
    """
    if chosen:
        (tensor,) = _named(graph, chosen, "--cost").outputs or [None]
        if tensor is None or tensor.shape.rank not in (0, None):
            raise StateError(f"--cost {chosen}: it is no number; expected the cost of a batch.")
        return tensor
    found = []
    for op in ancestors([train]):
        if re.fullmatch(r"(.*/)?grad_ys_\d+", op.name):
            scope = op.name.rpartition("/")[0]
            for taker in _takers(op):
                if of := re.match(rf"{re.escape(scope)}/(.+?)_grad/", taker.name):
                    found.append(graph.get_operation_by_name(of[1]).outputs[0])
    found = list({tensor.name: tensor for tensor in found}.values())
    if len(found) == 1:
        return found[0]
    names = f" ({', '.join(tensor.name for tensor in found)})" if found else ""
    raise NotCovered(
        train, f"gradients of {len(found)} costs{names}; expected one, or --cost NAME to choose it"
    )


def _takers(op: tf.Operation) -> list[tf.Operation]:
    """Return what takes the ones that a gradient begins with."""
    takers = [taker for tensor in op.outputs for taker in tensor.consumers()]
    takers += op._control_outputs
    filled = (one for taker in takers if taker.type == "Fill" for one in _takers(taker))
    return [*takers, *filled]


def _op(one: tf.Tensor | tf.Operation) -> tf.Operation:
    return one.op if isinstance(one, tf.Tensor) else one


def _named(graph: tf.Graph, name: str, option: str) -> tf.Operation:
    try:
        return _op(graph.as_graph_element(name))
    except (KeyError, ValueError) as error:
        raise StateError(f"{option} {name}: no such op or tensor is in the graph.") from error
