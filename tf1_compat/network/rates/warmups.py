"""Learning rates that rise at first."""

import functools
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import linear, together
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.rates import decays
from tf1_compat.network.values import NotCovered, Rate
from tf1_compat.reading import constants

FAR = 10**6
CLOSE = 1e-5
"""Relative; numbers of float32 that were worked out in another order."""
RateAt = Callable[[int], float]


def read(
    graph: Trained, tensor: tf.Tensor, step: tf.Operation, behind: Sequence[tf.Operation]
) -> Rate | None:
    """Return a rate that rises in a line, and what it does then; None for others."""
    branches = any(op.type == "Merge" for op in behind)
    found = None if branches else _noam(graph, tensor)
    return found or _linear(graph, _at(graph, tensor, step, behind), step, behind)


def _at(
    graph: Trained, tensor: tf.Tensor, step: tf.Operation, behind: Sequence[tf.Operation]
) -> RateAt:
    number = decays.at(graph, tensor, step, behind)
    return lambda step: float(number(step))


def _noam(graph: Trained, tensor: tf.Tensor) -> Rate | None:
    """scale * min(slope * t, t^-0.5), t = step + 1, as transformers have it."""
    whole = linear(graph, tensor)
    if whole.shift or whole.tensor.op.type != "Minimum":
        return None
    for one, other in (whole.tensor.op.inputs, [*whole.tensor.op.inputs][::-1]):
        rising, falling = linear(graph, one), graph.source(other).op
        power = falling.type == "Pow" and graph.short(falling.inputs[1])
        if falling.type != "Rsqrt" and power != -0.5:
            continue
        number = linear(graph, falling.inputs[0])
        straight = rising.tensor is number.tensor
        straight &= together(rising.shift, rising.scale * number.shift)
        if straight and number.scale == 1 and number.shift + _added(graph, number.tensor) == 1:
            return Rate("noam", {"scale": whole.scale, "slope": rising.scale})
    return None


def _added(graph: Trained, tensor: tf.Tensor) -> float:
    """Return what was added to a step before it was cast."""
    return linear(graph, tensor.op.inputs[0]).shift if tensor.op.type == "Cast" else 0.0


def _linear(
    graph: Trained, rate: RateAt, step: tf.Operation, behind: Sequence[tf.Operation]
) -> Rate | None:
    """peak * step / steps before `steps`, then another rate, as BERT has it."""
    if rate(0) != 0:
        return None
    slope, places = rate(1), sorted({*constants.whole(behind)})
    for op in behind:
        if (after := _after(graph, op)) is None:
            continue
        then = _at(graph, op.outputs[0], step, behind)
        for steps in places:
            peak = shortest(float(f"{slope * steps:.6g}"))
            expected = functools.partial(_risen, peak=peak, steps=steps, then=then)
            if _same(rate, expected, steps):
                return Rate("warmup", {"after": after, "peak": peak, "warmup_steps": steps})
    return None


def _risen(number: int, peak: float, steps: int, then: RateAt) -> float:
    return peak * number / steps if number < steps else then(number)


def _after(graph: Trained, op: tf.Operation) -> Rate | float | None:
    """Return the rate that an op gives, if it is a decay, or a number."""
    if not op.outputs or op.outputs[0].shape.rank or op.outputs[0].dtype.base_dtype != tf.float32:
        return None
    try:
        return (
            graph.short(op.outputs[0])
            if op.type == "Const"
            else decays.of_ops(graph, op.outputs[0])
        )
    except (NotCovered, IndexError):
        return None


def _same(rate: RateAt, expected: RateAt, steps: int) -> bool:
    """Whether two rates are one, on both sides of a step and far from it."""
    places = (1, steps // 2, steps - 1, steps, steps + 1, 2 * steps, 5 * steps, FAR)
    return all(bool(np.isclose(rate(one), expected(one), rtol=CLOSE, atol=0)) for one in places)
