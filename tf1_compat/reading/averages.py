"""Averages of weights that a graph keeps: the shadows of `tf.train.ExponentialMovingAverage`."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

HANDS_ON = {"Identity", "ReadVariableOp"}
MOVES = {"AssignSub", "AssignSubVariableOp"}


def shadows(ops: Sequence[tf.Operation], trained: Mapping[str, object]) -> dict[str, str]:
    """Return shadow -> the trained variable that it is an average of.

    Its update, among `ops`, is shadow -= (shadow - variable) * (1 - decay).
    """
    found = {}
    for op in ops:
        if op.type in MOVES:
            shadow, share = op.inputs[0].op.name, op.inputs[1].op
            factors = [_source(tensor) for tensor in share.inputs] if share.type == "Mul" else []
            for difference in (one for one in factors if one.type == "Sub"):
                average, variable = (_source(tensor).name for tensor in difference.inputs)
                if average == shadow and variable in trained:
                    found[shadow] = variable
    return found


def _source(tensor: tf.Tensor) -> tf.Operation:
    """Return the op that made a tensor, reading of variables left out."""
    op = tensor.op
    while op.type in HANDS_ON:
        op = op.inputs[0].op
    return op
