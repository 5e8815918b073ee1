"""Frozen graphs: a `.pb` file in which TensorFlow 1 turned every variable into a constant."""

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf1_compat.bounds import most_bytes
from tf1_compat.state import State, Unreadable, check_finite, first_line


def read(path: Path) -> State:
    """Return the weights of a frozen graph by the names that its variables had; no optimizer state.

    Weights are the float constants of at least one dimension. Raises Unreadable for a file that is
    no graph, one whose constants together promise more than `most_bytes` of it, one with a weight
    that is not finite, and one without weights, as a graph is that was never frozen.
    """
    definition = tf.compat.v1.GraphDef()
    try:
        content = path.read_bytes()
        definition.ParseFromString(content)
        constants = [node for node in definition.node if _is_weight(node)]
        promised, most = sum(map(_bytes, constants)), most_bytes(len(content))
        if promised > most:
            raise ValueError(f"its constants promise {promised:,} bytes, where {most:,} may be")
        weights = {node.name: _array(node) for node in constants}
    except Exception as error:  # whatever a damaged message makes protobuf, TensorFlow, NumPy raise
        raise Unreadable(f"{path}: not a readable frozen graph ({first_line(error)}).") from error
    if not weights:
        raise Unreadable(f"{path}: no weights in it; expected a graph frozen with its variables.")
    check_finite(weights)
    return State(weights)


def _is_weight(node: tf.compat.v1.NodeDef) -> bool:
    if node.op != "Const":
        return False
    tensor = node.attr["value"].tensor
    return tf.as_dtype(tensor.dtype).is_floating and len(tensor.tensor_shape.dim) > 0


def _bytes(node: tf.compat.v1.NodeDef) -> int:
    """Return the bytes that a constant promises; ValueError where it has no shape or no name."""
    tensor = node.attr["value"].tensor
    lengths = [dimension.size for dimension in tensor.tensor_shape.dim]
    if not node.name.isprintable():
        raise ValueError(f"{node.name!r} is no name")
    if min(lengths) < 0:
        raise ValueError(f"{node.name} has no shape")
    return math.prod(lengths) * tf.as_dtype(tensor.dtype).size


def _array(node: tf.compat.v1.NodeDef) -> np.ndarray:
    return np.asarray(tf.make_ndarray(node.attr["value"].tensor))
