"""Dropout as a layer: x, scaled up, times what `tf1_compat.reading.dropout` found to be kept."""

import tensorflow as tf

from tf1_compat.network.covering import NOTHING, Match
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.values import NotCovered
from tf1_compat.reading import dropout

MASKS = ("Mul", "Select", "SelectV2")


def dropped(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] of which a share is 0, in training; none where a switch makes the share 0."""
    if tensor.op.type not in MASKS:
        return None
    kept = {one.kept for one in dropout.find(list(graph.behind(graph.cost)))}
    inputs = [graph.source(one) for one in tensor.op.inputs]
    masks = [one for one in inputs if _uncast(graph, one).name in kept]
    if not masks:
        return None
    others = [one for one in inputs if one is not masks[0]]
    scaled = next((one for one in others if graph.rows(one)), None)
    if scaled is None or scaled.op.type not in ("Mul", "RealDiv"):
        raise NotCovered(tensor.op, "what is dropped of is not scaled up as tf.nn.dropout does")
    x, factor = scaled.op.inputs if graph.rows(scaled.op.inputs[0]) else scaled.op.inputs[::-1]
    number = float(graph.number(factor))
    keep = number if scaled.op.type == "RealDiv" else 1 / number
    if keep == 1:
        return Match(NOTHING, [x])
    return Match("dropout", [x], {"rate": shortest(round(1 - keep, 6))})


def _uncast(graph: Trained, tensor: tf.Tensor) -> tf.Tensor:
    return graph.source(tensor.op.inputs[0]) if tensor.op.type == "Cast" else tensor
