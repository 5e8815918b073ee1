"""Activations, within the layer before them where nobody else takes its outputs."""

import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.images import convolution_1d, convolution_2d
from tf1_compat.network.layers.products import dense

ACTIVATIONS = {
    **{"Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "Elu": "elu", "Selu": "selu"},
    **{"Relu6": "relu6", "Softplus": "softplus", "Softsign": "softsign", "Softmax": "softmax"},
}
"""Op -> what Keras calls it, too."""


def activated(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """An activation, within the layer whose outputs nobody else takes, or by itself."""
    if tensor.op.type not in ACTIVATIONS:
        return None
    name, before = ACTIVATIONS[tensor.op.type], graph.source(tensor.op.inputs[0])
    if graph.uses[before.name] == 1:
        for pattern in (dense, convolution_1d, convolution_2d):
            if match := pattern(graph, before):
                options = {**match.options, "activation": name}
                return Match(match.kind, match.inputs, options, match.variables)
    return Match("activation", [before], {"activation": name})
