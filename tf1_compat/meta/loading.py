"""A `.meta` file imported into the default graph, for a PAIR.py.

def tf1_graph():
    return meta.load("model.ckpt.meta", x="x:0", y="y:0", cost="cost:0", train_op="Adam")
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tf1_compat.meta.reading import read
from tf1_compat.state import Unreadable, first_line

Names = str | list[Any] | dict[str, Any]
"""Of a tensor, "x:0", or an operation, "Adam"; or several."""


def load(path: str | Path, **ends: Names) -> dict[str, Any]:
    """Import the graph of a `.meta` file into the default graph; return `ends`, each for its name.

    Raises Unreadable as `read` and `import_definition` do, and for a name that is not in the graph.
    """
    import_definition(read(Path(path)), path)
    graph = tf.compat.v1.get_default_graph()
    return {end: _found(graph, names, path) for end, names in ends.items()}


def import_definition(definition: Any, path: str | Path) -> None:
    """Import what was read of `path` into the default graph; raises Unreadable where none can be.

    Ops are placed where the caller's `tf.device` says.
    """
    try:
        tf.compat.v1.train.import_meta_graph(definition, clear_devices=True)
    except Exception as error:  # whatever a damaged message makes protobuf and TensorFlow raise
        raise Unreadable(f"{path}: not a readable graph ({first_line(error)}).") from error


def _found(graph: tf.Graph, names: Names, path: str | Path) -> Any:
    """Return the tensors or operations in the place of their names."""
    if isinstance(names, Mapping):
        return {key: _found(graph, name, path) for key, name in names.items()}
    if isinstance(names, list):
        return [_found(graph, name, path) for name in names]
    try:
        return graph.as_graph_element(names)
    except (KeyError, ValueError) as error:
        fed = [op.name for op in graph.get_operations() if op.type.startswith("Placeholder")]
        raise Unreadable(
            f"{path}: no {names} in it; expected a tensor, as x:0, or an operation. Placeholders "
            f"in it: {', '.join(fed)}."
        ) from error
