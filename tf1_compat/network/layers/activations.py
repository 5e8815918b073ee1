"""Activations, within the layer before them where nobody else takes its outputs."""

import math

import tensorflow as tf

from tf1_compat.network.algebra import SUMS, linear, together
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.convolutions import (
    convolution,
    convolution_1d,
    grouped_convolution,
    separable_convolution,
    transposed_convolution,
)
from tf1_compat.network.layers.products import dense, dense_over_steps

ACTIVATIONS = {
    **{"Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "Elu": "elu", "Selu": "selu"},
    **{"Relu6": "relu6", "Softplus": "softplus", "Softsign": "softsign", "Softmax": "softmax"},
    **{"LogSoftmax": "log_softmax"},
}
"""Op -> what Keras calls it, too."""
WITHIN = (
    *(dense_over_steps, dense, separable_convolution, grouped_convolution, convolution_1d),
    *(convolution, transposed_convolution),
)
"""Layers that have their activation as an argument."""


def activated(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """An activation, within the layer whose outputs nobody else takes, or by itself."""
    if tensor.op.type not in ACTIVATIONS:
        return None
    name, before = ACTIVATIONS[tensor.op.type], graph.source(tensor.op.inputs[0])
    if graph.uses[before.name] == 1:
        for pattern in WITHIN:
            if match := pattern(graph, before):
                options = {**match.options, "activation": name}
                return Match(match.kind, match.inputs, options, match.variables)
    return Match("activation", [before], {"activation": name})


def along_an_axis(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """A softmax along an axis that is not the last one, which is exchanged with it on the way."""
    chain = [tensor]
    for kind in ("Transpose", "Softmax", "Transpose"):
        if chain[-1].op.type != kind:
            return None
        chain.append(graph.source(chain[-1].op.inputs[0]))
    axes = [list(graph.number(one.op.inputs[1])) for one in (chain[0], chain[2])]
    moved = [axis for axis, other in enumerate(axes[0]) if axis != other]
    last = len(axes[0]) - 1
    if axes[0] != axes[1] or len(moved) != 2 or moved[1] != last or moved[0] == 0:
        return None
    return Match("softmax", chain[3:], {"axis": moved[0]})


def leaky(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """max(slope * x, x), as op, as maximum, or as a x + b |x|."""
    op, slope = tensor.op, None
    x = graph.source(op.inputs[0]) if op.inputs else tensor
    if op.type == "LeakyRelu":
        slope = shortest(op.get_attr("alpha"))
    elif op.type == "Maximum":
        sides = [linear(graph, one) for one in op.inputs]
        first, second = sorted(sides, key=lambda side: side.scale)
        x = second.tensor
        if first.tensor is x and second.scale == 1 and not (first.shift or second.shift):
            slope = first.scale
    elif op.type in SUMS:
        straight, bent = (linear(graph, one) for one in op.inputs)
        x, inner = straight.tensor, bent.tensor.op
        alone = inner.type == "Abs" and graph.source(inner.inputs[0]) is x
        if alone and together(straight.scale + bent.scale, 1.0) and not straight.shift:
            slope = shortest(straight.scale - bent.scale)
    if slope is None or not 0 <= slope <= 1:
        return None
    return Match("leaky_relu", [x], {"negative_slope": slope})


def gated_by_itself(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """x * sigmoid(x), known as swish; x * (1 + erf(x / sqrt(2))) / 2, known as gelu."""
    if tensor.op.type != "Mul":
        return None
    for this, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
        x, gate = graph.source(this), graph.source(other)
        if gate.op.type == "Sigmoid" and graph.source(gate.op.inputs[0]) is x:
            return Match("activation", [x], {"activation": "silu"})
        whole, cdf = linear(graph, x), linear(graph, gate)
        if cdf.tensor.op.type != "Erf" or cdf.scale != cdf.shift or whole.shift:
            continue
        inside = linear(graph, cdf.tensor.op.inputs[0])
        same = inside.tensor is whole.tensor and not inside.shift
        root = together(inside.scale, 1 / math.sqrt(2))
        if same and root and together(whole.scale * cdf.scale, 0.5):
            return Match("activation", [whole.tensor], {"activation": "gelu"})
    return None
