"""Errors: of each output, how far it is from its label."""

from dataclasses import replace

import tensorflow as tf

from tf1_compat.network.algebra import SUMS, constant, linear, together
from tf1_compat.network.graph import Trained
from tf1_compat.network.losses.terms import Terms, outputs_first


def squared(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """(outputs - labels)^2, as square, power, product or the op that TensorFlow has for it."""
    op = tensor.op
    if op.type == "SquaredDifference":
        return Terms("mean_squared_error", *outputs_first(graph, *op.inputs))
    squared_of = square_of(graph, tensor)
    return None if squared_of is None else _difference(graph, squared_of, "mean_squared_error")


def square_of(graph: Trained, tensor: tf.Tensor) -> tf.Tensor | None:
    """Return what is squared, or None."""
    op = tensor.op
    power = op.type == "Pow" and constant(graph, op.inputs[1]) == 2
    product = op.type == "Mul" and _written_twice(graph, *op.inputs)
    return graph.source(op.inputs[0]) if power or product or op.type == "Square" else None


def half_squares(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """tf.nn.l2_loss(outputs - labels), one number."""
    if tensor.op.type != "L2Loss":
        return None
    found = _difference(graph, tensor.op.inputs[0], "mean_squared_error")
    return found and replace(found, scale=0.5, added_up=True)


def absolute(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """|outputs - labels|."""
    if tensor.op.type != "Abs":
        return None
    return _difference(graph, tensor.op.inputs[0], "mean_absolute_error")


def huber(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """0.5 q^2 + delta (|e| - q) of an error e, where q is the smaller one of |e| and delta."""
    if tensor.op.type not in SUMS:
        return None
    square, rest = (linear(graph, one) for one in tensor.op.inputs)
    delta, difference = rest.scale, rest.tensor.op
    if difference.type != "Sub" or not square.tensor.op.inputs or square.scale != 0.5:
        return None
    error, least = (graph.source(one) for one in difference.inputs)
    if graph.source(square.tensor.op.inputs[0]) is not least:
        return None
    if least.op.type in ("Maximum", "ClipByValue") and constant(graph, least.op.inputs[1]) == 0:
        least = graph.source(least.op.inputs[0]) if least.op.type == "Maximum" else least
    if least.op.type not in ("Minimum", "ClipByValue"):
        return None
    bounds = [constant(graph, one) for one in least.op.inputs]
    if error.op.type != "Abs" or not any(one and together(one, delta) for one in bounds):
        return None
    found = _difference(graph, error.op.inputs[0], "huber")
    options = {} if found is None or delta == 1 else {"delta": delta}
    return found and replace(found, options=options)


def huber_by_hand(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """tf.where(|e| < delta, 0.5 e^2, delta (|e| - 0.5 delta)) of an error e."""
    if tensor.op.type not in ("Select", "SelectV2"):
        return None
    condition, near, far = (graph.source(one) for one in tensor.op.inputs)
    if condition.op.type not in ("Less", "LessEqual"):
        return None
    size, delta = graph.source(condition.op.inputs[0]), constant(graph, condition.op.inputs[1])
    half, beyond = linear(graph, near), linear(graph, far)
    error, sized = square_of(graph, half.tensor), size.op.type == beyond.tensor.op.type == "Abs"
    if delta is None or error is None or not sized or (half.scale, half.shift) != (0.5, 0.0):
        return None
    straight = together(beyond.scale, delta) and together(beyond.shift, -0.5 * delta**2)
    of_error = (size.op.inputs[0], beyond.tensor.op.inputs[0])
    if not straight or not all(_written_twice(graph, error, one) for one in of_error):
        return None
    found = _difference(graph, error, "huber")
    return found and replace(found, options={} if delta == 1 else {"delta": delta})


def hinge(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """max(0, 1 - (2 labels - 1) outputs), as tf.losses has it."""
    if tensor.op.type != "Relu":
        return None
    margin = linear(graph, tensor.op.inputs[0])
    if (margin.scale, margin.shift) != (-1.0, 1.0) or margin.tensor.op.type != "Mul":
        return None
    outputs, turned = outputs_first(graph, *margin.tensor.op.inputs)
    labels = linear(graph, turned)
    if (labels.scale, labels.shift) != (2.0, -1.0):
        return None
    return Terms("hinge", outputs, labels.tensor, "all")


def _written_twice(graph: Trained, one: tf.Tensor, other: tf.Tensor) -> bool:
    """Whether two tensors are one, or the difference of the same two."""
    one, other = graph.source(one), graph.source(other)
    made = ([graph.source(of).name for of in each.op.inputs] for each in (one, other))
    return one is other or (one.op.type == other.op.type == "Sub" and next(made) == next(made))


def _difference(graph: Trained, tensor: tf.Tensor, kind: str) -> Terms | None:
    op = graph.source(tensor).op
    return Terms(kind, *outputs_first(graph, *op.inputs)) if op.type == "Sub" else None
