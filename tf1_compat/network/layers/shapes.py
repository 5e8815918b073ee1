"""Reshaping, and embeddings; one pattern a function."""

import math

import tensorflow as tf

from tf1_compat.network.covering import NOTHING, Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import shape
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.structure import LOOKUPS

SHAPED = ("BiasAdd", "Relu", "Elu", "Tanh", "Sigmoid", "Softmax", "Dropout", "Square", "Exp", "Log")
"""Ops that give what they are given another value, and no other shape."""


def reshaping(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] in another shape; to rows of numbers it is called flatten."""
    if tensor.op.type != "Reshape":
        return None
    target = graph.source(tensor.op.inputs[1])
    before = graph.source(tensor.op.inputs[0])
    if _is_shape_of(graph, target, before):
        return Match(NOTHING, [before])
    if target.op.type == "Pack":  # its first is the number of rows
        sizes = [int(graph.number(one)) for one in target.op.inputs[1:]]
    else:
        sizes = [int(size) for size in graph.number(target)[1:]]
    known = tensor.op.inputs[0].shape
    if len(sizes) == 1 and (known.rank or 0) > 1 and sizes[0] in (-1, _size(known)):
        return Match("flatten", tensor.op.inputs[:1])
    if -1 not in sizes and _size(known) not in (None, math.prod(sizes)):
        raise NotCovered(tensor.op, f"rows of {known[1:]} become others, of {sizes}")
    return Match("reshape", tensor.op.inputs[:1], {"target_shape": tuple(sizes)})


def squeezing(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, 1, 1, channels] as slim leaves it, without what is 1."""
    if tensor.op.type != "Squeeze" or tensor.shape.rank is None:
        return None
    sizes = tensor.shape.as_list()[1:]
    if any(size is None for size in sizes):
        return None
    return Match("reshape", tensor.op.inputs[:1], {"target_shape": tuple(sizes)})


def depth_to_space(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, b * b * channels] -> [N, b * height, b * width, channels]."""
    op = tensor.op
    if op.type != "DepthToSpace" or not op.inputs[0].shape[1:].is_fully_defined():
        return None
    height, width, depth = op.inputs[0].shape.as_list()[1:]
    size = op.get_attr("block_size")
    depth //= size * size
    apart = Match("reshape", op.inputs[:1], {"target_shape": (height, width, size, size, depth)})
    beside = Match("permute", [apart], {"dims": (1, 3, 2, 4, 5)})
    return Match("reshape", [beside], {"target_shape": (height * size, width * size, depth)})


def embedding(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] whole numbers, each a row of a table."""
    if tensor.op.type not in LOOKUPS:
        return None
    table = graph.variable(tensor.op.inputs[0])
    if table is None or (tensor.op.type == "GatherV2" and graph.number(tensor.op.inputs[2]) != 0):
        return None
    if len(shape(table)) == 1:  # one number a row, as biases of users are
        options = {"input_dim": shape(table)[0], "output_dim": 1}
        inner = Match("embedding", tensor.op.inputs[1:2], options, {"embeddings": table})
        return Match("squeeze", [inner], {"axis": -1})
    rows, size = shape(table)
    options = {"input_dim": rows, "output_dim": size}
    return Match("embedding", tensor.op.inputs[1:2], options, {"embeddings": table})


def _is_shape_of(graph: Trained, target: tf.Tensor, tensor: tf.Tensor) -> bool:
    """Whether a tensor has this shape, as it has where only a bias or a function is between."""
    if target.op.type != "Shape":
        return False
    like = graph.source(target.op.inputs[0])
    while tensor is not like and tensor.op.type in SHAPED:
        tensor = graph.source(tensor.op.inputs[0])
    return tensor is like


def _size(shape: tf.TensorShape) -> int | None:
    sizes = shape.as_list()[1:]
    return None if None in sizes else math.prod(sizes)
