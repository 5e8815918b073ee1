"""Where gradients stop."""

import tensorflow as tf

from tf1_compat.network.covering import NOTHING, Match
from tf1_compat.network.graph import Trained


def stopped(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """What is in front of a layer that trains on; nothing where no variable is behind it."""
    if tensor.op.type != "StopGradient":
        return None
    kind = "stop_gradient" if graph.variables(tensor) else NOTHING
    return Match(kind, tensor.op.inputs[:1])
