"""Arithmetic of what is fed for rows with plain numbers, taken apart."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf1_compat.network.graph import FED, Trained, shortest
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.updates import ancestors

SUMS = ("Add", "AddV2")
LARGEST = 1 << 20
"""Numbers that are worked out to see whether they are all the same."""
EACH = {"OnesLike": 1.0, "ZerosLike": 0.0}
"""Op that makes a tensor of one number, whatever it is given."""


class Linear(NamedTuple):
    """scale * tensor + shift, both numbers."""

    tensor: tf.Tensor
    scale: float
    shift: float


def linear(graph: Trained, tensor: tf.Tensor) -> Linear:
    """Return what a tensor is a multiple of, with all that is added to it."""
    tensor, scale, shift = graph.source(tensor), 1.0, 0.0
    while (step := once(graph, tensor)) is not None:
        tensor, scale, shift = step.tensor, scale * step.scale, shift + scale * step.shift
    return Linear(tensor, scale, shift)


def once(graph: Trained, tensor: tf.Tensor) -> Linear | None:
    """Return what the op of `tensor` multiplies by a number, or adds one to; None for others."""
    op = tensor.op
    if op.type == "Neg":
        return Linear(graph.source(op.inputs[0]), -1.0, 0.0)
    if op.type not in (*SUMS, "Sub", "Mul", "RealDiv"):
        return None
    for place, (this, other) in enumerate((op.inputs, [*op.inputs][::-1])):
        number = constant(graph, other)
        if number is None or (op.type == "RealDiv" and place):
            continue
        inner = graph.source(this)
        if op.type == "Mul":
            return Linear(inner, number, 0.0)
        if op.type == "RealDiv":
            return Linear(inner, 1 / number, 0.0)
        if op.type == "Sub":
            return Linear(inner, -1.0, number) if place else Linear(inner, 1.0, -number)
        return Linear(inner, 1.0, number)
    return None


def constant(graph: Trained, tensor: tf.Tensor) -> float | None:
    """Return the number that all of a tensor is, as people wrote it; None where it is no such."""
    op = graph.source(tensor).op
    if op.type in EACH:
        return EACH[op.type]
    if op.type == "Fill":
        return constant(graph, op.inputs[1])
    numbers = array(graph, tensor)
    if numbers is None or not numbers.size or (numbers != numbers.flat[0]).any():
        return None
    return shortest(numbers.flat[0])


def array(graph: Trained, tensor: tf.Tensor) -> np.ndarray | None:
    """Return the numbers of a tensor that nothing is fed to; None where it has no such."""
    if not tensor.shape.is_fully_defined() or graph.rows(tensor) or graph.variables(tensor):
        return None
    size = tensor.shape.num_elements()
    if tensor.dtype == tf.bool or size > LARGEST:
        return None
    if size > 1 and any(op.type in FED for op in ancestors([tensor.op])):
        return None  # a switch chooses them
    try:
        return np.asarray(graph.number(tensor))
    except NotCovered:
        return None


def signed(
    graph: Trained, tensor: tf.Tensor, sign: float = 1.0
) -> Iterator[tuple[tf.Tensor, float]]:
    """Yield the terms that a tensor is the sum of, each with the number that it is multiplied by.

    A number that is added is no term, and stays with the rest.
    """
    tensor = graph.source(tensor)
    step = once(graph, tensor)
    if step is not None and step.shift == 0:
        yield from signed(graph, step.tensor, sign * step.scale)
    elif step is None and tensor.op.type in (*SUMS, "AddN", "Sub"):
        for place, term in enumerate(tensor.op.inputs):
            yield from signed(graph, term, -sign if tensor.op.type == "Sub" and place else sign)
    else:
        yield tensor, sign


def together(first: float, second: float) -> bool:
    """Whether two numbers are one but for rounding."""
    return shortest(first) == shortest(second) or abs(first - second) <= 1e-6 * abs(first)
