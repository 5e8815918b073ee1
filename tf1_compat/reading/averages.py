"""Averages of weights that a graph keeps: the shadows of `tf.train.ExponentialMovingAverage`."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf1_compat.reading.control_flow import source

MOVES = {"AssignSub", "AssignSubVariableOp"}


def shadows(ops: Sequence[tf.Operation], trained: Mapping[str, object]) -> dict[str, str]:
    """Return shadow -> the trained variable that it is an average of.

    Its update, among `ops`, is shadow -= (shadow - variable) * (1 - decay).
    """
    found = {}
    for op in ops:
        if op.type in MOVES:
            shadow, share = source(op.inputs[0]).name, source(op.inputs[1])
            factors = [source(tensor) for tensor in share.inputs] if share.type == "Mul" else []
            for difference in (one for one in factors if one.type == "Sub"):
                average, variable = (source(tensor).name for tensor in difference.inputs)
                if average == shadow and variable in trained:
                    found[shadow] = variable
    return found
