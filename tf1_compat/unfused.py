"""Ops that have kernels for float32 and smaller only, as functions of plain ones, for float64.

In a graph's definition each gives its place, name and outputs to a call of a function that computes
the same. Fused batch normalization takes the variance over n to normalize, over n - 1 (Bessel) as
the batch's variance that moving averages take (tensorflow/core/kernels/fused_batch_norm_op.cc);
local response normalization sums squares over neighbouring channels (.../kernels/lrn_op.cc).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

Number = Callable[[np.float32], float]
"""What a float32 of the graph is in float64."""


class Norm(NamedTuple):
    """What a fused batch normalization says of itself."""

    epsilon: float
    training: bool
    layout: str
    """NHWC, NCHW, ..."""

    @classmethod
    def read(cls, node: Any, number: Number) -> "Norm":
        """Return what a node says."""
        epsilon, training = number(np.float32(node.attr["epsilon"].f)), node.attr["is_training"].b
        return cls(epsilon, training, node.attr["data_format"].s.decode() or "NHWC")


class Response(NamedTuple):
    """What a local response normalization says of itself."""

    radius: int
    bias: float
    alpha: float
    beta: float

    @classmethod
    def read(cls, node: Any, number: Number) -> "Response":
        """Return what a node says."""
        numbers = (number(np.float32(node.attr[name].f)) for name in ("bias", "alpha", "beta"))
        return cls(node.attr["depth_radius"].i, *numbers)


class Fused(NamedTuple):
    """An op without a kernel for float64."""

    inputs: int
    outputs: int
    read: Callable[[Any, Number], Any]
    """Its settings, from a node."""
    body: Callable[..., Sequence[tf.Tensor]]
    """(settings, inputs) -> outputs."""


def unfuse(definition: Any, number: Number) -> None:
    """Replace every such op of a GraphDef by a call; float64 throughout."""
    known: dict[Any, str] = {}
    for node in definition.node:
        if node.op not in FUSED:
            continue
        fused = FUSED[node.op]
        settings = fused.read(node, number)
        if (node.op, settings) not in known:
            function = _function(fused, settings)
            definition.library.function.append(function.function_def)
            definition.library.function.extend(function.graph.as_graph_def().library.function)
            known[node.op, settings] = function.function_def.signature.name
        _call(node, known[node.op, settings], fused)


def _call(node: Any, function: str, fused: Fused) -> None:
    """Make `node` a call of `function`; the rest of what it is given stays."""
    control = [name for name in node.input if name.startswith("^")]
    data = [name for name in node.input if not name.startswith("^")][: fused.inputs]
    node.op = "PartitionedCall"
    node.ClearField("attr")
    del node.input[:]
    node.input.extend([*data, *control])
    node.attr["f"].func.name = function
    for attribute, count in (("Tin", fused.inputs), ("Tout", fused.outputs)):
        node.attr[attribute].list.type.extend([tf.float64.as_datatype_enum] * count)


def _function(fused: Fused, settings: Any) -> Any:
    """Return the concrete function that computes an op with these settings."""

    def body(*given: tf.Tensor) -> Sequence[tf.Tensor]:
        return fused.body(settings, *given)[: fused.outputs]

    signature = [tf.TensorSpec(None, tf.float64)] * fused.inputs
    return tf.function(body, input_signature=signature, autograph=False).get_concrete_function()


def _sums(x: tf.Tensor, layout: str) -> tuple[Callable, Callable, tf.Tensor]:
    """Return (sum over all but the channels, spread over x, numbers a channel)."""
    rank = tf.rank(x)
    channel = tf.constant(1) if layout.startswith("NC") else rank - 1
    others = tf.boolean_mask(tf.range(rank), tf.not_equal(tf.range(rank), channel))
    shape = tf.where(tf.equal(tf.range(rank), channel), tf.shape(x)[channel], 1)
    count = tf.cast(tf.size(x) // tf.shape(x)[channel], x.dtype)
    return (
        lambda array: tf.reduce_sum(array, others),
        lambda of_channel: tf.reshape(of_channel, shape),
        count,
    )


def _forward(norm: Norm, *given: tf.Tensor) -> Sequence[tf.Tensor]:
    x, scale, offset, mean, variance = given
    total, spread, count = _sums(x, norm.layout)
    passed_on = variance
    if norm.training:
        mean = total(x) / count
        variance = total(tf.square(x - spread(mean))) / count
        passed_on = variance * count / tf.maximum(count - 1, 1)
    y = (x - spread(mean)) * spread(scale * tf.math.rsqrt(variance + norm.epsilon)) + spread(offset)
    return y, mean, passed_on, mean, variance, tf.zeros([0], x.dtype)


def _backward(norm: Norm, *given: tf.Tensor) -> Sequence[tf.Tensor]:
    dy, x, scale, mean, variance = given
    total, spread, count = _sums(x, norm.layout)
    by = tf.math.rsqrt(variance + norm.epsilon)
    normal = (x - spread(mean)) * spread(by)
    of_offset, of_scale = total(dy), total(dy * normal)
    of_x = dy
    if norm.training:  # mean and variance depend on x, too
        of_x = dy - (spread(of_offset) + normal * spread(of_scale)) / count
    empty = tf.zeros([0], x.dtype)
    return of_x * spread(scale * by), of_scale, of_offset, empty, empty


def _neighbours(of: Response, x: tf.Tensor) -> tf.Tensor:
    """Sum over the channels that are no further than the radius, the last axis of `x`."""
    channels = tf.shape(x)[-1]
    near = tf.linalg.band_part(tf.ones([channels, channels], x.dtype), of.radius, of.radius)
    return tf.tensordot(x, near, 1)


def respond(of: Response, x: tf.Tensor) -> Sequence[tf.Tensor]:
    """Return the one output of a local response normalization of `x`, [..., channels]."""
    return (x * (of.bias + of.alpha * _neighbours(of, tf.square(x))) ** -of.beta,)


def _respond_backward(of: Response, dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> Sequence[Any]:
    by = of.bias + of.alpha * _neighbours(of, tf.square(x))
    return (dy * by**-of.beta - 2 * of.alpha * of.beta * x * _neighbours(of, dy * y / by),)


FUSED = {
    "FusedBatchNorm": Fused(5, 5, Norm.read, _forward),
    "FusedBatchNormV2": Fused(5, 5, Norm.read, _forward),
    "FusedBatchNormV3": Fused(5, 6, Norm.read, _forward),
    **{
        f"FusedBatchNormGrad{version}": Fused(5, 5, Norm.read, _backward)
        for version in ("", "V2", "V3")
    },
    "LRN": Fused(1, 1, Response.read, respond),
    "LRNGrad": Fused(3, 1, Response.read, _respond_backward),
}
"""Op -> what computes the same."""
