"""TensorFlow's fused batch normalization as a function of plain ops, which float64 has kernels for.

The fused ops have kernels for float32 and smaller only. In a graph's definition each gives its
place, name and outputs to a call of a function that computes the same: the variance over n for the
normalization, over n - 1 (Bessel) as the batch's variance that moving averages take
(tensorflow/core/kernels/fused_batch_norm_op.cc).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

FORWARD = {"FusedBatchNorm": 5, "FusedBatchNormV2": 5, "FusedBatchNormV3": 6}
"""Op -> how many outputs it has."""
BACKWARD = {"FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"}


class Norm(NamedTuple):
    """What a node says of itself."""

    epsilon: float
    training: bool
    layout: str
    """NHWC, NCHW, ..."""


def unfuse(definition: Any, number: Callable[[np.float32], float]) -> None:
    """Replace every fused batch normalization of a GraphDef by a call; float64 throughout.

    `number` says what a float32 of the graph is in float64.
    """
    known = set()
    for node in definition.node:
        if node.op not in FORWARD and node.op not in BACKWARD:
            continue
        norm = Norm(
            number(np.float32(node.attr["epsilon"].f)),
            node.attr["is_training"].b,
            node.attr["data_format"].s.decode() or "NHWC",
        )
        function = _function(node.op, norm)
        name = function.function_def.signature.name
        if name not in known:
            known.add(name)
            definition.library.function.append(function.function_def)
            definition.library.function.extend(function.graph.as_graph_def().library.function)
        _call(node, name, len(function.inputs), len(function.outputs))


def _call(node: Any, function: str, inputs: int, outputs: int) -> None:
    """Make `node` a call of `function`; the rest of what it is given stays."""
    control = [name for name in node.input if name.startswith("^")]
    data = [name for name in node.input if not name.startswith("^")][:inputs]
    node.op = "PartitionedCall"
    node.ClearField("attr")
    del node.input[:]
    node.input.extend([*data, *control])
    node.attr["f"].func.name = function
    for attribute, count in (("Tin", inputs), ("Tout", outputs)):
        node.attr[attribute].list.type.extend([tf.float64.as_datatype_enum] * count)


def _function(op: str, norm: Norm) -> Any:
    """Return the concrete function that computes `op`."""

    def body(*given: tf.Tensor) -> Sequence[tf.Tensor]:
        if op in FORWARD:
            return _forward(norm, *given)[: FORWARD[op]]
        return _backward(norm, *given)

    signature = [tf.TensorSpec(None, tf.float64)] * 5
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
