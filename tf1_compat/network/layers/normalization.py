"""Batch normalization as a layer: one fused op, or plain ones, and the averages that it moves."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf1_compat.network.algebra import signed, together
from tf1_compat.network.covering import Match, Pattern
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.products import SUMS
from tf1_compat.network.layers.row_normalization import of_rows, within_a_row
from tf1_compat.network.values import AVERAGES, NotCovered
from tf1_compat.reading.averages import MOVES

Averages = Callable[[tf.Tensor], tuple[tf.Operation, float | None]]
"""Statistic that normalizes -> the variable that averages it, and its momentum."""


def patterns(graph: Trained, moves: Sequence[tf.Operation] | None) -> tuple[Pattern, ...]:
    """Return the patterns; `moves` are the ops of an update, some of which move averages.

    None: nobody trains, and averages are what normalizes.
    """
    moved = {op.name: op for op in moves or () if op.type in MOVES}

    def itself(statistic: tf.Tensor) -> tuple[tf.Operation, float | None]:
        variable = graph.variable(statistic)
        if variable is None:
            raise NotCovered(statistic.op, "it is no average that is kept, and normalizes by it")
        return variable, None

    assigned = [op for op in moves or () if op.type in ("Assign", "AssignVariableOp")]
    changed = {graph.source(op.inputs[0]).op.name for op in moves or ()}

    def moving(statistic: tf.Tensor) -> tuple[tf.Operation, float | None]:
        held = graph.variable(statistic)
        if held is not None and held.name not in changed:
            return held, None
        wanted = graph.source(statistic).name
        for op in moved.values():
            share = graph.source(op.inputs[1]).op
            for difference, decay in (share.inputs, [*share.inputs][::-1]):
                one = graph.source(difference).op
                if one.type == "Sub" and graph.source(one.inputs[1]).name == wanted:
                    variable = graph.variable(op.inputs[0])
                    if variable is not None and variable is graph.variable(one.inputs[0]):
                        return variable, shortest(1 - graph.short(decay))
        for op in assigned:
            variable = graph.variable(op.inputs[0])
            shares = {one.name: share for one, share in signed(graph, op.inputs[1])}
            own = [one for one in shares if graph.op_of(one) is variable]
            both = variable is not None and len(own) == 1 and {*shares} == {wanted, *own}
            if variable is not None and both and together(sum(shares.values()), 1.0):
                return variable, shortest(shares[own[0]])
        raise NotCovered(
            statistic.op,
            "no average of this statistic is moved by the train op; expected its update, as in "
            "tf.GraphKeys.UPDATE_OPS, to run with it",
        )

    average = itself if moves is None else moving
    return (
        lambda graph, tensor: _fused(graph, tensor, average),
        lambda graph, tensor: _plain(graph, tensor, average),
    )


def _fused(graph: Trained, tensor: tf.Tensor, average: Averages) -> Match | None:
    """[N, height, width, channels], normalized by one op."""
    op = tensor.op
    if not op.type.startswith("FusedBatchNorm") or tensor.value_index:
        return None
    gamma, beta = (graph.variable(one) for one in op.inputs[1:3])
    statistics = op.outputs[1:3] if op.get_attr("is_training") else op.inputs[3:5]
    return _match(op.inputs[0], gamma, beta, op.get_attr("epsilon"), statistics, average)


def _plain(graph: Trained, tensor: tf.Tensor, average: Averages) -> Match | None:
    """x * factor + (beta - mean * factor), where factor = gamma / sqrt(variance + epsilon)."""
    if tensor.op.type not in SUMS:
        return None
    scaled, shift = (graph.source(one).op for one in tensor.op.inputs)
    if scaled.type != "Mul" or shift.type not in ("Sub", "Mul"):
        return None
    x, factor = scaled.inputs
    root, gamma = graph.source(factor).op, None
    if root.type == "Mul":
        root, gamma = graph.source(root.inputs[0]).op, graph.variable(root.inputs[1])
    if root.type != "Rsqrt" or graph.source(root.inputs[0]).op.type not in SUMS:
        return None
    variance, epsilon = graph.source(root.inputs[0]).op.inputs
    beta = graph.variable(shift.inputs[0]) if shift.type == "Sub" else None
    product = graph.source(shift.inputs[1]).op if shift.type == "Sub" else shift
    mean = graph.source(product.inputs[0])
    if mean.op.type == "Neg":
        mean = graph.source(mean.op.inputs[0])
    if (kind := within_a_row(graph, x, mean)) is not None:
        return of_rows(kind, x, gamma, beta, graph.short(epsilon))
    return _match(x, gamma, beta, graph.short(epsilon), (mean, variance), average)


def _match(
    x: tf.Tensor,
    gamma: tf.Operation | None,
    beta: tf.Operation | None,
    epsilon: float,
    statistics: Sequence[tf.Tensor],
    average: Averages,
) -> Match:
    (mean, momentum), (variance, same) = map(average, statistics)
    if momentum != same:
        raise NotCovered(variance, "it is averaged with another decay than the mean")
    parts = {"gamma": gamma, "beta": beta, **dict(zip(AVERAGES, (mean, variance), strict=True))}
    options: dict[str, Any] = {} if momentum is None else {"momentum": momentum}
    options |= {"epsilon": shortest(epsilon)}
    options |= {"center": beta is not None, "scale": gamma is not None}
    variables = {role: one for role, one in parts.items() if one is not None}
    return Match("batch_normalization", [x], options, variables)
