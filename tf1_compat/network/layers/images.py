"""Layers over images and sequences: convolutions, pooling, padding; one pattern a function."""

from typing import Any

import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import shape, variables, without_bias
from tf1_compat.network.values import NotCovered

POOLS = {"MaxPool": "max_pooling2d", "AvgPool": "average_pooling2d"}
GLOBAL = {"Mean": "average", "Max": "max"}


def convolution_2d(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels] convolved, for all channels or each, and a bias."""
    images, bias = without_bias(graph, tensor)
    if images.op.type not in ("Conv2D", "DepthwiseConv2dNative"):
        return None
    kernel = graph.variable(images.op.inputs[1])
    if kernel is None:
        raise NotCovered(images.op, "its kernel is no variable as it is")
    options = _window(images.op, shape(kernel)[:2]) | {"use_bias": bias is not None}
    if images.op.type == "Conv2D":
        options = {"filters": shape(kernel)[3], **options}
        return Match("conv2d", images.op.inputs[:1], options, variables(kernel, bias))
    options["depth_multiplier"] = shape(kernel)[3]
    return Match("depthwise_conv2d", images.op.inputs[:1], options, variables(kernel, bias))


def convolution_1d(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, steps, channels] convolved, as `tf.layers.conv1d` did it: by images of one row."""
    squeezed, bias = without_bias(graph, tensor)
    if squeezed.op.type != "Squeeze":
        return None
    images = graph.source(squeezed.op.inputs[0])
    if images.op.type != "Conv2D":
        return None
    rows, filters = (graph.source(one) for one in images.op.inputs)
    if {rows.op.type, filters.op.type} != {"ExpandDims"}:
        return None
    kernel = graph.variable(filters.op.inputs[0])
    if kernel is None:
        raise NotCovered(images.op, "its kernel is no variable as it is")
    window = _window(images.op, (1, shape(kernel)[0]))
    along = {name: size[1] for name, size in window.items() if isinstance(size, tuple)}
    options = {"filters": shape(kernel)[2], **window, **along, "use_bias": bias is not None}
    return Match("conv1d", rows.op.inputs[:1], options, variables(kernel, bias))


def pooling(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels], each window's maximum or mean."""
    if tensor.op.type not in POOLS:
        return None
    size = tuple(tensor.op.get_attr("ksize")[1:3])
    window = _window(tensor.op, size)
    options = {"pool_size": size, "strides": window["strides"], "padding": window["padding"]}
    return Match(POOLS[tensor.op.type], tensor.op.inputs[:1], options)


def global_pooling(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ..., channels], the maximum or mean of all between."""
    if tensor.op.type not in GLOBAL or tensor.op.inputs[0].shape.rank not in (3, 4):
        return None
    rank = tensor.op.inputs[0].shape.rank
    axes = sorted(axis % rank for axis in graph.number(tensor.op.inputs[1]).ravel())
    if axes != list(range(1, rank - 1)):
        return None
    kind = f"global_{GLOBAL[tensor.op.type]}_pooling{rank - 2}d"
    return Match(kind, tensor.op.inputs[:1], {"keepdims": tensor.op.get_attr("keep_dims")})


def padding(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels] with zeros around."""
    if tensor.op.type != "Pad":
        return None
    around = [tuple(int(one) for one in sides) for sides in graph.number(tensor.op.inputs[1])]
    if len(around) != 4 or {around[0], around[3]} != {(0, 0)}:
        return None
    return Match("zero_padding2d", tensor.op.inputs[:1], {"padding": tuple(around[1:3])})


def _window(op: tf.Operation, size: Any) -> dict[str, Any]:
    """Return how a window of this size moves over images; raises NotCovered for odd ways."""
    strides, how = tuple(op.get_attr("strides")), op.get_attr("padding").decode().lower()
    if strides[0] != 1 or strides[3] != 1 or how not in ("valid", "same"):
        raise NotCovered(op, f"strides {list(strides)}, padding {how}: no layer does so")
    found = {"kernel_size": tuple(size), "strides": strides[1:3], "padding": how}
    if "dilations" in op.node_def.attr:
        found["dilation_rate"] = tuple(op.get_attr("dilations")[1:3])
    return found
