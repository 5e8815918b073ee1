"""GraphDefs of any fields, as a frozen graph has them.

Without bytes: a kernel as bytes, a bias as one repeated number, and the ops that take them.
"""

from typing import Any

import numpy as np
from tensorflow.core.framework import graph_pb2

from tests.promises.fuzz.draw import NUMBERS, Draw

DTYPES = (1, 2, 19, 14, 3, 7, 9, 0, 20, 21, 23, 29, 30, 101, 255)
FIELDS = ("float_val", "double_val", "half_val", "int_val", "string_val", "bool_val")


def make(content: bytes) -> bytes:
    """Return the graph that `content` chooses."""
    draw, graph = Draw(content), graph_pb2.GraphDef()
    kernel = _constant(graph, "W", [2, 3])
    kernel.tensor_content = np.ones(6, np.float32).tobytes()
    _constant(graph, "b", [3]).float_val.append(0.5)
    rows = graph.node.add(name="x", op="Placeholder")
    rows.attr["dtype"].type = 1
    for size in (-1, 2):
        rows.attr["shape"].shape.dim.add().size = size
    graph.node.add(name="product", op="MatMul", input=["x", "W"]).attr["T"].type = 1
    graph.node.add(name="out", op="AddV2", input=["product", "b"]).attr["T"].type = 1
    for _ in range(draw.below(6)):
        _change(draw, graph, draw.pick(graph.node))
    return graph.SerializeToString()


def _constant(graph: Any, name: str, lengths: list[int]) -> Any:
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = 1
    tensor = node.attr["value"].tensor
    tensor.dtype = 1
    for length in lengths:
        tensor.tensor_shape.dim.add().size = length
    return tensor


def _change(draw: Draw, graph: Any, node: Any) -> None:
    """Change one field of a node, or add one."""
    tensor, what = node.attr["value"].tensor, draw.below(9)
    lengths = tensor.tensor_shape.dim
    if what == 0 and lengths:
        draw.pick(lengths).size = draw.pick(NUMBERS)
    elif what == 1:
        lengths.add().size = draw.pick(NUMBERS)
    elif what == 2:
        tensor.dtype = draw.pick(DTYPES)
    elif what == 3:
        tensor.tensor_content = bytes(draw.pick((0, 1, 2, 24, 4096)))
    elif what == 4:
        field = draw.pick(FIELDS)
        value = b"s" * draw.below(256) if field == "string_val" else draw.below(2)
        getattr(tensor, field).extend([value] * draw.pick((1, 2, 7, 200)))
    elif what == 5:
        tensor.tensor_shape.unknown_rank = True
    elif what == 6:
        node.op = draw.pick(("Const", "VariableV2", "", "Identity"))
    elif what == 7:
        node.name = draw.pick(("W", "b", "", "a\nb"))
    else:
        for number in range(draw.pick((1, 40))):
            _constant(graph, f"W{number}", [draw.pick(NUMBERS)]).float_val.append(draw.below(3))
