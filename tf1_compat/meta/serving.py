"""Graphs that TensorFlow 1 wrote to be served: frozen ones, and SavedModels with signatures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tf1_compat.meta.reading import make_sound, read
from tf1_compat.state import Unreadable, check_finite, first_line

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

    Those are float32, of one dimension at least. Raises Unreadable as `tf1_compat.meta.read` does,
    for a weight that is not finite, and for a graph that was never frozen.
    """
    weights: dict[str, np.ndarray] = {}
    meta = tf.compat.v1.MetaGraphDef()
    try:
        content = path.read_bytes()
        meta.graph_def.ParseFromString(content)
        make_sound(meta, len(content), len(content))
        for node in meta.graph_def.node:
            tensor = node.attr["value"].tensor if node.op == "Const" else None
            if tensor is not None and tensor.dtype == tf.float32 and tensor.tensor_shape.dim:
                weights[node.name] = np.asarray(tf.make_ndarray(tensor))
                _thaw(node)
            elif node.op in ("VariableV2", "VarHandleOp"):
                raise ValueError(f"{node.name} is a variable; expected a graph that was frozen")
    except Exception as error:  # whatever a damaged message makes protobuf, TensorFlow, NumPy raise
        raise Unreadable(f"{path}: not a readable frozen graph ({first_line(error)}).") from error
    check_finite(weights)
    return Served(meta, weights, ())


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
        held = sum(file.stat().st_size for file in (folder / "variables").glob("*"))
        make_sound(meta, len(content), len(content) + held)
    except Exception as error:  # as above
        raise Unreadable(f"{path}: not a readable SavedModel ({first_line(error)}).") from error
    signatures = meta.signature_def
    asked = [signatures[DEFAULT]] if DEFAULT in signatures else [*signatures.values()]
    outputs = {info.name for one in asked for info in one.outputs.values() if info.name}
    return Served(meta, {}, tuple(sorted(outputs)))
