"""TensorFlow 1's decays of the step, by their ops.

Formulas: `tensorflow/python/training/learning_rate_decay.py`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.products import SUMS
from tf1_compat.network.values import NotCovered, Rate
from tf1_compat.reading import constants
from tf1_compat.reading.updates import ancestors

EXPECTED = (
    "expected a number, or an exponential, polynomial, inverse time, cosine or piecewise constant "
    "decay of it"
)


def of_ops(graph: Trained, tensor: tf.Tensor) -> Rate | None:
    """Return the decay that an op is the last of; None for another, and for one with branches."""
    if any(op.type == "Merge" for op in ancestors([tensor.op], control=False)):
        return None
    op = graph.source(tensor).op
    return next(filter(None, (pattern(graph, op) for pattern in PATTERNS)), None)


def _exponential(graph: Trained, op: tf.Operation) -> Rate | None:
    """rate * base ^ (step / steps), the quotient rounded down where it is a staircase."""
    if op.type != "Mul":
        return None
    first, power = op.inputs[0], graph.source(op.inputs[1]).op
    if power.type != "Pow":
        return None
    if (counted := _counted(graph, power.inputs[1])) is None:
        return None
    steps, staircase = counted
    return Rate(
        "exponential",
        {
            "initial_learning_rate": graph.short(first),
            "decay_steps": steps,
            "decay_rate": graph.short(power.inputs[0]),
            "staircase": staircase,
        },
    )


def _polynomial(graph: Trained, op: tf.Operation) -> Rate | None:
    """(rate - end) * (1 - min(step, steps) / steps) ^ power + end."""
    if op.type not in SUMS:
        return None
    product, end = graph.source(op.inputs[0]).op, op.inputs[1]
    if product.type != "Mul":
        return None
    difference, power = (graph.source(one).op for one in product.inputs)
    if difference.type != "Sub" or power.type != "Pow":
        return None
    rest = graph.source(power.inputs[0]).op
    quotient = graph.source(rest.inputs[1]).op if rest.type == "Sub" else rest
    if quotient.type != "RealDiv" or graph.source(quotient.inputs[0]).op.type != "Minimum":
        return None
    return Rate(
        "polynomial",
        {
            "initial_learning_rate": graph.short(difference.inputs[0]),
            "decay_steps": _whole(graph.short(quotient.inputs[1])),
            "end_learning_rate": graph.short(end),
            "power": graph.short(power.inputs[1]),
        },
    )


def _inverse_time(graph: Trained, op: tf.Operation) -> Rate | None:
    """rate / (1 + decay * (step / steps)), the quotient rounded down where it is a staircase."""
    if op.type != "RealDiv":
        return None
    total = graph.source(op.inputs[1]).op
    product = graph.source(total.inputs[1]).op if total.type in SUMS else total
    if product.type != "Mul" or graph.short(total.inputs[0]) != 1:
        return None
    if (counted := _counted(graph, product.inputs[1])) is None:
        return None
    steps, staircase = counted
    return Rate(
        "inverse_time",
        {
            "initial_learning_rate": graph.short(op.inputs[0]),
            "decay_steps": steps,
            "decay_rate": graph.short(product.inputs[0]),
            "staircase": staircase,
        },
    )


def _cosine(graph: Trained, op: tf.Operation) -> Rate | None:
    """rate * ((1 - alpha) * half + alpha), half = (1 + cos(pi * min(step, steps) / steps)) / 2."""
    chain = []
    for kind, place in (
        *(("Mul", 1), ("Add", 0), ("Mul", 1), ("Mul", 1), ("Add", 1), ("Cos", 0), ("Mul", 1)),
        *(("RealDiv", 0), ("Minimum", 0)),
    ):
        if op.type not in (SUMS if kind == "Add" else (kind,)):
            return None
        chain.append(op)
        op = graph.source(op.inputs[place]).op
    scaled, shifted, whole, half, sum_, _, turned, quotient, _ = chain
    pi, alpha = graph.short(turned.inputs[0]), graph.short(shifted.inputs[1])
    numbers = [graph.short(one.inputs[0]) for one in (whole, half, sum_)]
    if [*numbers, pi] != [shortest(1 - alpha), 0.5, 1.0, shortest(np.pi)]:
        return None
    return Rate(
        "cosine",
        {
            "initial_learning_rate": graph.short(scaled.inputs[0]),
            "decay_steps": _whole(graph.short(quotient.inputs[1])),
            "alpha": alpha,
        },
    )


PATTERNS = (_exponential, _polynomial, _inverse_time, _cosine)


def at(
    graph: Trained, tensor: tf.Tensor, step: tf.Operation, behind: Sequence[tf.Operation]
) -> Callable[[int], np.ndarray]:
    """Return what gives the rate at a step, in the dtype that it has."""
    kind = tf.as_dtype(step.get_attr("dtype")).as_numpy_dtype
    reads = [op for op in behind if any(one.op is step for one in op.inputs)]

    def number(step: int) -> np.ndarray:
        fed = {out.name: kind(step) for op in reads for out in op.outputs}
        return graph.number(tensor, fed)

    return number


def piecewise(
    graph: Trained, tensor: tf.Tensor, step: tf.Operation, behind: Sequence[tf.Operation]
) -> Rate:
    """The rates between the whole numbers that it is made of, where it changes at no other step."""
    number = at(graph, tensor, step, behind)
    bounds = sorted({*constants.whole(behind)}) or [0]

    def rate(step: int) -> float:
        return shortest(number(step))

    boundaries, values = [], [rate(0)]
    for bound, following in zip(bounds, [*bounds[1:], 2 * bounds[-1] + 2], strict=True):
        between = {rate(at) for at in (bound + 1, (bound + following) // 2, following)}
        if (len(between) > 1 and following - bound > 1) or rate(bound) != values[-1]:
            raise NotCovered(tensor.op, f"the learning rate changes at every step; {EXPECTED}")
        if (now := rate(bound + 1)) != values[-1]:
            boundaries.append(bound)
            values.append(now)
    if not boundaries:
        raise NotCovered(tensor.op, f"nothing says how the learning rate changes; {EXPECTED}")
    return Rate("piecewise", {"boundaries": boundaries, "values": values})


def _counted(graph: Trained, tensor: tf.Tensor) -> tuple[int | float, bool] | None:
    """Return the steps of step / steps, and whether the quotient is rounded down; None: no such."""
    quotient = graph.source(tensor).op
    staircase = quotient.type == "Floor"
    if staircase:
        quotient = graph.source(quotient.inputs[0]).op
    if quotient.type != "RealDiv":
        return None
    return _whole(graph.short(quotient.inputs[1])), staircase


def _whole(number: float) -> int | float:
    return int(number) if np.isfinite(number) and number == int(number) else number
