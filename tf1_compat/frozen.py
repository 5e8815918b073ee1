"""Frozen graphs: a `.pb` file in which TensorFlow 1 turned every variable into a constant."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from tf1_compat.state import State, StateError


def read(path: Path) -> State:
    """Return the weights of a frozen graph by the names that its variables had; no optimizer state.

    Weights are the float constants of at least one dimension. Raises StateError for a file that is
    no graph, or one without such constants, as a graph is that was never frozen.
    """
    definition = tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
        weights = dict(
            (node.name, array)
            for node in definition.node
            if node.op == "Const" and tf.as_dtype(node.attr["dtype"].type).is_floating
            for array in [np.asarray(tf.make_ndarray(node.attr["value"].tensor))]
            if array.ndim
        )
    except (DecodeError, ValueError, TypeError) as error:
        raise StateError(f"{path}: not a readable frozen graph ({error}).") from error
    if not weights:
        raise StateError(f"{path}: no weights in it; expected a graph frozen with its variables.")
    return State(weights)
