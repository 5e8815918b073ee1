"""Graphs that TensorFlow 1 wrote to be served: frozen ones, and SavedModels with signatures."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tf1_compat.errors import first_line
from tf1_compat.meta.reading import check_constants, make_sound, read
from tf1_compat.state import Unreadable, check_finite

BY_OBJECTS = (
    "tf.keras or TensorFlow 2 saved it; tf_keras.models.load_model loads it, and the weights that "
    "its save_weights('weights.h5') writes go into the same model in Keras"
)
SERVE, DEFAULT = "serve", "serving_default"
"""The tag of what is served, and the key of the signature that is asked where none is named."""


class Served(NamedTuple):
    """A graph that a file has: a MetaGraphDef, and what its variables hold."""

    definition: Any
    weights: Mapping[str, np.ndarray]
    """Variable -> value, of a frozen graph; others have them in a checkpoint."""
    outputs: tuple[str, ...]
    """Tensors that it says it gives."""


def read_any(path: Path) -> Served:
    """Return the graph of a SavedModel's folder, a frozen graph (.pb), or a `.meta` file.

    Raises Unreadable as each of them does.
    """
    if path.is_dir():
        return read_saved_model(path)
    return read_frozen(path) if path.suffix == ".pb" else Served(read(path), {}, ())


def read_frozen(path: Path) -> Served:
    """Return the graph of a `.pb` file with a variable in the place of each constant of weights.

    Raises Unreadable as `tf1_compat.meta.read` does, for a weight that is not finite, and for a
    graph that was never frozen.
    """
    meta, weights = _frozen(path, _check_frozen)
    for node in meta.graph_def.node:
        if node.name in weights:
            _thaw(node)
    return Served(meta, weights, ())


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Return the weights of a `.pb` file alone, whatever its ops are.

    Raises Unreadable for a file that is no graph, whose constants promise more than `most_bytes` of
    it, with a weight that is not finite, and without weights, as a graph is that was never frozen.
    """
    _, weights = _frozen(path, lambda meta, size: check_constants(meta.graph_def, size))
    if not weights:
        raise Unreadable(f"{path}: no weights in it; expected a graph frozen with its variables.")
    return weights


def _frozen(path: Path, check: Callable[[Any, int], None]) -> tuple[Any, dict[str, np.ndarray]]:
    """Return a graph, once `check` has seen it and its file's size, and its weights.

    Those are floats, of one dimension at least.
    """
    meta = tf.compat.v1.MetaGraphDef()
    try:
        content = path.read_bytes()
        meta.graph_def.ParseFromString(content)
        check(meta, len(content))
        constants = [node for node in meta.graph_def.node if _is_weight(node)]
        weights = {node.name: np.asarray(tf.make_ndarray(_tensor(node))) for node in constants}
    except Exception as error:  # whatever a damaged message makes protobuf, TensorFlow, NumPy raise
        raise Unreadable(f"{path}: not a readable frozen graph ({first_line(error)}).") from error
    check_finite(weights)
    return meta, weights


def _check_frozen(meta: Any, size: int) -> None:
    make_sound(meta, size, size)
    for node in meta.graph_def.node:
        if node.op in ("VariableV2", "VarHandleOp"):
            raise ValueError(f"{node.name} is a variable; expected a graph that was frozen")


def _is_weight(node: Any) -> bool:
    """Whether a node is a constant of weights; ValueError where it has no shape or no name."""
    sizes = [one.size for one in _tensor(node).tensor_shape.dim] if node.op == "Const" else []
    if not sizes or not tf.as_dtype(_tensor(node).dtype).is_floating:
        return False
    if not node.name.isprintable() or min(sizes) < 0:
        raise ValueError(f"{node.name!r} is a constant without a name or a shape")
    return True


def _tensor(node: Any) -> Any:
    return node.attr["value"].tensor


def _thaw(node: Any) -> None:
    """Make a constant the variable that it was."""
    shape = node.attr["value"].tensor.tensor_shape
    node.attr["shape"].shape.CopyFrom(shape)
    del node.attr["value"]
    node.op = "VariableV2"


def read_saved_model(folder: Path) -> Served:
    """Return the graph in `folder` that is tagged to be served, and the outputs of its signature.

    Raises Unreadable as `tf1_compat.meta.read` does, and where there are several graphs.
    """
    path = folder / "saved_model.pb"
    try:
        content = path.read_bytes()
        found = list(saved_model_pb2.SavedModel.FromString(content).meta_graphs)
        tagged = [meta for meta in found if SERVE in meta.meta_info_def.tags] or found
        if len(tagged) != 1:
            raise ValueError(f"{len(tagged)} graphs are in it; expected one, tagged {SERVE}")
        (meta,) = tagged
        if meta.object_graph_def.nodes:
            raise ValueError(BY_OBJECTS)
        held = sum(file.stat().st_size for file in (folder / "variables").glob("*"))
        make_sound(meta, len(content), len(content) + held)
    except Exception as error:  # as above
        raise Unreadable(f"{path}: not a readable SavedModel ({first_line(error)}).") from error
    signatures = meta.signature_def
    asked = [signatures[DEFAULT]] if DEFAULT in signatures else [*signatures.values()]
    outputs = {info.name for one in asked for info in one.outputs.values() if info.name}
    return Served(meta, {}, tuple(sorted(outputs)))
