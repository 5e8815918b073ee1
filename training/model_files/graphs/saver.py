"""Under which names a graph's own Saver saves its variables: `Saver({"w": variable})`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tf1_compat.reading.structure import VARIABLES

READS = {"Identity", "ReadVariableOp"}


def names(file: Path) -> dict[str, str]:
    """Return variable -> name of those in the `.meta` file that are saved under another name.

    Names of parts, and those that another variable has, are left out: nobody means them so. A Saver
    that is damaged says nothing.
    """
    meta = tf.compat.v1.MetaGraphDef.FromString(file.read_bytes())
    nodes = {node.name: node for node in meta.graph_def.node}
    held = {name for name, node in nodes.items() if node.op in VARIABLES}
    scope = meta.saver_def.save_tensor_name.rpartition("/")[0]
    try:
        save = nodes[f"{scope}/SaveV2"]
        given, parts = (nodes[save.input[at]].attr["value"].tensor.string_val for at in (1, 2))
        found = {
            _variable(nodes, read): name.decode()
            for name, part, read in zip(given, parts, save.input[3:], strict=True)
            if not part
        }
    except (LookupError, ValueError):
        return {}
    return {one: name for one, name in found.items() if one in held and name not in held}


def _variable(nodes: Mapping[str, Any], read: str) -> str:
    """Return the variable that is read, by way of one op or none."""
    node = nodes[read.partition(":")[0]]
    return node.input[0].partition(":")[0] if node.op in READS else node.name
