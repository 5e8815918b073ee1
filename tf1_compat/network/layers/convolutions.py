"""Convolutions of images, sequences and volumes; one pattern a function."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import shape, variables, without_bias
from tf1_compat.network.values import NotCovered

KINDS = {"Conv2D": "conv2d", "DepthwiseConv2dNative": "depthwise_conv2d", "Conv3D": "conv3d"}


def convolution(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels], or with a depth, convolved for all channels or each; a bias."""
    images, bias = without_bias(graph, tensor)
    spread, images = images, _undilated(graph, images)
    if images.op.type not in KINDS:
        return None
    kernel = _kernel(graph, images.op, images.op.inputs[1])
    kind, sizes = KINDS[images.op.type], shape(kernel)
    options = window(images.op, sizes[: len(sizes) - 2]) | {"use_bias": bias is not None}
    x = images.op.inputs[0]
    if spread is not images:
        x = graph.source(x).op.inputs[0]
        options |= _dilated(graph, spread, images.op, x)
    if kind == "depthwise_conv2d":
        options["depth_multiplier"] = sizes[-1]
        return Match(kind, [x], options, variables(kernel, bias))
    options = {"filters": sizes[-1], **options}
    return Match(kind, [x], options, variables(kernel, bias))


def grouped_convolution(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels], parts of the channels convolved by parts of one kernel."""
    whole, bias = without_bias(graph, tensor)
    if whole.op.type != "ConcatV2":
        return None
    parts = [graph.source(one).op for one in whole.op.inputs[:-1]]
    if {one.type for one in parts} != {"Conv2D"} or int(graph.number(whole.op.inputs[-1])) != 3:
        return None
    sides = [[graph.source(one.inputs[place]) for one in parts] for place in (0, 1)]
    images, kernels = (_split(graph, side) for side in sides)
    kernel = None if kernels is None else graph.variable(kernels)
    if images is None or kernel is None:
        return None
    sizes = shape(kernel)
    first, *others = (window(one, sizes[:2]) for one in parts)
    if any(one != first for one in others):
        return None
    options = {"filters": sizes[-1], **first, "groups": len(parts)}
    options["use_bias"] = bias is not None
    return Match("conv2d", [images], options, variables(kernel, bias))


def _split(graph: Trained, parts: Sequence[tf.Tensor]) -> tf.Tensor | None:
    """Return what was split along its last axis into these parts, in their order."""
    first = parts[0].op
    if first.type != "Split" or [one.name for one in parts] != [one.name for one in first.outputs]:
        return None
    return first.inputs[1] if int(graph.number(first.inputs[0])) in (3, -1) else None


def separable_convolution(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels], each channel convolved, then a mixture of all, and a bias."""
    mixed, bias = without_bias(graph, tensor)
    if mixed.op.type != "Conv2D":
        return None
    each, pointwise = graph.source(mixed.op.inputs[0]), graph.variable(mixed.op.inputs[1])
    if pointwise is None or shape(pointwise)[:2] != [1, 1] or graph.uses[each.name] != 1:
        return None
    if mixed.op.get_attr("strides") != [1, 1, 1, 1]:
        return None
    first = convolution(graph, each)
    if first is None or first.kind != "depthwise_conv2d" or first.options["use_bias"]:
        return None
    options = {**first.options, "filters": shape(pointwise)[3], "use_bias": bias is not None}
    made = {"depthwise_kernel": first.variables["kernel"], "pointwise_kernel": pointwise}
    return Match("separable_conv2d", first.inputs, options, made | ({"bias": bias} if bias else {}))


def convolution_1d(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, steps, channels] convolved, as `tf.layers.conv1d` did it: by images of one row."""
    squeezed, bias = without_bias(graph, tensor)
    if squeezed.op.type != "Squeeze":
        return None
    spread = graph.source(squeezed.op.inputs[0])
    images = _undilated(graph, spread)
    if images.op.type != "Conv2D" or images is not spread:
        return None
    rows, filters = (graph.source(one) for one in images.op.inputs)
    if {rows.op.type, filters.op.type} != {"ExpandDims"}:
        return None
    kernel = _kernel(graph, images.op, filters.op.inputs[0])
    found = window(images.op, (1, shape(kernel)[0]))
    along = {name: size[1] for name, size in found.items() if isinstance(size, tuple)}
    options = {"filters": shape(kernel)[2], **found, **along, "use_bias": bias is not None}
    return Match("conv1d", rows.op.inputs[:1], options, variables(kernel, bias))


def transposed_convolution(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, height, width, channels] to larger images, as a convolution's gradient; a bias."""
    images, bias = without_bias(graph, tensor)
    if images.op.type != "Conv2DBackpropInput":
        return None
    _, filters, x = images.op.inputs
    kernel = _kernel(graph, images.op, filters)
    found = window(images.op, shape(kernel)[:2])
    made, given = images.shape.as_list()[1:3], x.shape.as_list()[1:3]
    for new, old, stride, width in zip(made, given, found["strides"], shape(kernel), strict=False):
        if None not in (new, old):  # what is not known is left to the proof
            more = max(width - stride, 0) if found["padding"] == "valid" else 0
            if new != old * stride + more:
                raise NotCovered(images.op, f"it makes {made} of {given}; no layer does so")
    options = {"filters": shape(kernel)[2], **found, "use_bias": bias is not None}
    return Match("conv2d_transpose", [x], options, variables(kernel, bias))


def _kernel(graph: Trained, op: tf.Operation, given: tf.Tensor) -> tf.Operation:
    kernel = graph.variable(given)
    if kernel is None:
        raise NotCovered(op, "its kernel is no variable as it is")
    return kernel


def _undilated(graph: Trained, images: tf.Tensor) -> tf.Tensor:
    """Return the convolution within the detour that TensorFlow 1 took for a dilated one."""
    if images.op.type != "BatchToSpaceND":
        return images
    inner = graph.source(images.op.inputs[0])
    spread = inner.op.inputs and graph.source(inner.op.inputs[0]).op.type == "SpaceToBatchND"
    return inner if spread else images


def _dilated(
    graph: Trained, outputs: tf.Tensor, op: tf.Operation, inputs: tf.Tensor
) -> dict[str, Any]:
    """Return how a convolution between SpaceToBatchND and BatchToSpaceND is dilated and padded."""
    rate = tuple(int(one) for one in np.ravel(graph.number(outputs.op.inputs[1])))
    before, after = (one.shape.as_list()[1:3] for one in (inputs, outputs))
    kernel = op.inputs[1].shape.as_list()[:2]
    shrunk = [
        None if size is None else size - (width - 1) * by
        for size, width, by in zip(before, kernel, rate, strict=True)
    ]
    if None in before or after not in (before, shrunk) or op.get_attr("padding") != b"VALID":
        raise NotCovered(op, f"dilated by {list(rate)}, it makes {after} of {before}")
    return {"dilation_rate": rate, "padding": "same" if after == before else "valid"}


def window(op: tf.Operation, size: Sequence[int]) -> dict[str, Any]:
    """Return how a window of this size moves over images; raises NotCovered for odd ways."""
    strides, how = tuple(op.get_attr("strides")), op.get_attr("padding").decode().lower()
    if strides[0] != 1 or strides[-1] != 1 or how not in ("valid", "same"):
        raise NotCovered(op, f"strides {list(strides)}, padding {how}: no layer does so")
    found = {"kernel_size": tuple(size), "strides": strides[1:-1], "padding": how}
    if "dilations" in op.node_def.attr:
        found["dilation_rate"] = tuple(op.get_attr("dilations")[1:-1])
    return found
