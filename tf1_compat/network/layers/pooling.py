"""Windows of images and sequences without variables: pooled, made larger, normalized."""

import numpy as np
import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.convolutions import window
from tf1_compat.network.values import NotCovered

POOLS = {"MaxPool": "max", "AvgPool": "average", "MaxPool3D": "max", "AvgPool3D": "average"}
GLOBAL = {"Mean": "average", "Max": "max"}
SIZED = ("ResizeNearestNeighbor", "ResizeBilinear")


def pooling(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels], or with a depth, each window's maximum or mean."""
    if tensor.op.type not in POOLS:
        return None
    size = tuple(tensor.op.get_attr("ksize")[1:-1])
    found = window(tensor.op, size)
    options = {"pool_size": size, "strides": found["strides"], "padding": found["padding"]}
    kind = f"{POOLS[tensor.op.type]}_pooling{len(size)}d"
    return Match(kind, tensor.op.inputs[:1], options)


def pooling_1d(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, steps, channels], each window's maximum or mean, by images of one row or column."""
    pooled = graph.source(tensor.op.inputs[0]) if tensor.op.type == "Squeeze" else tensor
    if pooled is tensor or pooled.op.type not in POOLS or tensor.shape.rank != 3:
        return None
    images, found = graph.source(pooled.op.inputs[0]), pooling(graph, pooled)
    if images.op.type != "ExpandDims" or found is None:
        return None
    axis = int(np.ravel(graph.number(images.op.inputs[1]))[0]) % 4
    squeezed = [one % 4 for one in tensor.op.get_attr("squeeze_dims")]
    if squeezed != [axis] or axis not in (1, 2) or found.options["pool_size"][axis - 1] != 1:
        return None
    sizes = {name: one[2 - axis] for name, one in found.options.items() if name != "padding"}
    kind = found.kind.replace("2d", "1d")
    return Match(kind, images.op.inputs[:1], {**found.options, **sizes})


def global_pooling(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ..., channels], the maximum or mean of all between."""
    if tensor.op.type not in GLOBAL or tensor.op.inputs[0].shape.rank not in (3, 4, 5):
        return None
    rank = tensor.op.inputs[0].shape.rank
    axes = sorted(axis % rank for axis in graph.number(tensor.op.inputs[1]).ravel())
    if axes != list(range(1, rank - 1)):
        return None
    kind = f"global_{GLOBAL[tensor.op.type]}_pooling{rank - 2}d"
    return Match(kind, tensor.op.inputs[:1], {"keepdims": tensor.op.get_attr("keep_dims")})


def resized(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels] made larger."""
    op = tensor.op
    if op.type not in SIZED:
        return None
    size = tuple(int(one) for one in graph.number(op.inputs[1]))
    corners = op.get_attr("align_corners")
    if "half_pixel_centers" in op.node_def.attr and op.get_attr("half_pixel_centers"):
        raise NotCovered(op, "half_pixel_centers: no layer does so")
    if op.type == "ResizeBilinear":
        options = {"size": size, "align_corners": corners}
        return Match("resize_bilinear", op.inputs[:1], options)
    before = op.inputs[0].shape.as_list()[1:3]
    if None in before or corners or any(new % old for new, old in zip(size, before, strict=True)):
        raise NotCovered(op, f"it makes {list(size)} of {before}; expected multiples")
    times = tuple(new // old for new, old in zip(size, before, strict=True))
    return Match("up_sampling2d", op.inputs[:1], {"size": times})


def local_response(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels], divided by what the channels beside have."""
    if tensor.op.type != "LRN":
        return None
    names = ("depth_radius", "bias", "alpha", "beta")
    radius, *others = (tensor.op.get_attr(name) for name in names)
    options = dict(zip(names, (radius, *map(shortest, others)), strict=True))
    return Match("local_response_normalization", tensor.op.inputs[:1], options)
