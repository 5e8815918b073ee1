"""A `.meta` file read: looked through, and made into what TensorFlow 2 imports and the CPU runs."""

import glob
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from tf1_compat.bounds import most_bytes
from tf1_compat.errors import first_line
from tf1_compat.meta import channels_last
from tf1_compat.state import Unreadable

PYTHON = re.compile(r"(Eager)?PyFunc(Stateless)?")
"""Ops that call a function of the process that made the graph."""
OUTWARD = re.compile(
    r"(Distributed)?Save\w*|MergeV2Checkpoints|Write\w+|Create\w+Writer|DatasetToTFRecord"
    r"|DumpTensor|Debug\w+|Rpc\w+"
)
"""Ops that write files or call other machines, a Saver's among them."""
VARIABLES = ("Variable", "VariableV2", "TemporaryVariable", "VarHandleOp")
TEXT = 32
"""Bytes that a string takes at least."""


def read(path: Path) -> Any:
    """Return the MetaGraphDef of a `.meta` file as `tf.compat.v1.train.import_meta_graph` takes it.

    Left out are Savers and whatever else is OUTWARD, with all that waits for it, and
    `_output_shapes`, where TensorFlow 1.15 wrote others than TensorFlow 2 infers; ops that are
    channels first work channels last. Raises Unreadable for a file that is no graph, for an op that
    calls Python, for constants that promise more than `most_bytes` of the file, for variables that
    promise more than `most_bytes` of it and the checkpoint beside it, and for what
    `channels_last.permute` refuses.
    """
    try:
        content = path.read_bytes()
        meta = tf.compat.v1.MetaGraphDef.FromString(content)
        beside = path.parent.glob(f"{glob.escape(path.stem)}*")
        held = sum(file.stat().st_size for file in beside if file.is_file())
        make_sound(meta, len(content), held)
    except Exception as error:  # whatever a damaged message makes protobuf, TensorFlow, NumPy raise
        raise Unreadable(f"{path}: not a readable graph ({first_line(error)}).") from error
    if not meta.graph_def.node:
        raise Unreadable(f"{path}: no op in it; expected the .meta file that a Saver writes.")
    return meta


def make_sound(meta: Any, size: int, with_variables: int) -> None:
    """Make a MetaGraphDef what `read` returns; raises ValueError for what that refuses.

    Bytes: `size` of its file, `with_variables` of that and of what holds its variables.
    """
    check_constants(meta.graph_def, size)
    _bound("variables", meta.graph_def, _variable_bytes, with_variables)
    _leave_out_what_is_outward(meta)
    for node in _nodes(meta.graph_def):
        if PYTHON.fullmatch(node.op):
            raise ValueError(f"{node.name} calls a Python function, which is in no file")
        node.attr.pop("_output_shapes", None)
    channels_last.permute(meta.graph_def)


def check_constants(definition: Any, size: int) -> None:
    """Raise ValueError for a GraphDef whose constants promise more than a file of `size` bytes."""
    _bound("constants", definition, _constant_bytes, size)


def _nodes(definition: Any) -> Iterator[Any]:
    """Return the nodes of a graph and of its functions."""
    functions = definition.library.function
    return itertools.chain(definition.node, *(function.node_def for function in functions))


def _bound(what: str, definition: Any, count: Callable[[Any], int], size: int) -> None:
    promised, most = sum(map(count, _nodes(definition))), most_bytes(size)
    if promised > most:
        raise ValueError(f"its {what} promise {promised:,} bytes, where {most:,} may be")


def _constant_bytes(node: Any) -> int:
    return sum(
        _bytes(node, tensor.dtype, tensor.tensor_shape)
        for value in node.attr.values()
        for tensor in (value.tensor, *value.list.tensor)
        if tensor.ByteSize()
    )


def _variable_bytes(node: Any) -> int:
    if node.op not in VARIABLES:
        return 0
    return _bytes(node, node.attr["dtype"].type, node.attr["shape"].shape)


def _bytes(node: Any, kind: int, shape: Any) -> int:
    dtype = tf.as_dtype(kind)
    if not dtype.is_numpy_compatible:
        raise ValueError(f"{node.name} is {dtype.name}, which no graph of TensorFlow 1 holds")
    lengths = [dimension.size for dimension in shape.dim if dimension.size >= 0]
    return math.prod(lengths) * (TEXT if dtype == tf.string else dtype.size)


def _leave_out_what_is_outward(meta: Any) -> None:
    """Take out of the graph every op that is OUTWARD, and all that waits for one."""
    for function in meta.graph_def.library.function:
        if outward := [node for node in function.node_def if OUTWARD.fullmatch(node.op)]:
            raise ValueError(f"{outward[0].name} ({outward[0].op}) is within a function")
    nodes, takers = list(meta.graph_def.node), defaultdict(list)
    for node in nodes:
        for name in node.input:
            takers[name.lstrip("^").partition(":")[0]].append(node.name)
    gone: set[str] = set()
    waiting = [node.name for node in nodes if OUTWARD.fullmatch(node.op)]
    while waiting:
        if (name := waiting.pop()) not in gone:
            gone.add(name)
            waiting += takers[name]
    del meta.graph_def.node[:]
    meta.graph_def.node.extend(node for node in nodes if node.name not in gone)
    meta.ClearField("saver_def")
    meta.collection_def.pop("savers", None)
