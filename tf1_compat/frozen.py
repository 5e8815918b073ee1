"""Frozen graphs: a `.pb` file in which TensorFlow 1 turned every variable into a constant."""

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf1_compat.state import State, StateError, first_line

MOST_REPEATED = 2**24
"""Numbers of a constant that may stand in the file as one, repeated: a bias of zeros, say."""


def read(path: Path) -> State:
    """Return the weights of a frozen graph by the names that its variables had; no optimizer state.

    Weights are the float constants of at least one dimension. Raises StateError for a file that is
    no graph, or one without such constants, as a graph is that was never frozen.
    """
    definition = tf.compat.v1.GraphDef()
    try:
        content = path.read_bytes()
        definition.ParseFromString(content)
        weights = {
            node.name: array
            for node in definition.node
            if node.op == "Const" and tf.as_dtype(node.attr["dtype"].type).is_floating
            for array in [_constant(node, max(len(content), MOST_REPEATED))]
            if array.ndim
        }
    except Exception as error:  # whatever a damaged message makes protobuf, TensorFlow, NumPy raise
        raise StateError(f"{path}: not a readable frozen graph ({first_line(error)}).") from error
    if not weights:
        raise StateError(f"{path}: no weights in it; expected a graph frozen with its variables.")
    return State(weights)


def _constant(node: tf.compat.v1.NodeDef, most: int) -> np.ndarray:
    """Return a constant's array; ValueError where it promises more than `most` numbers."""
    tensor = node.attr["value"].tensor
    size = math.prod(dimension.size for dimension in tensor.tensor_shape.dim)
    if size > most:
        raise ValueError(f"{node.name} promises {size:,} numbers, more than it can hold")
    return np.asarray(tf.make_ndarray(tensor))
