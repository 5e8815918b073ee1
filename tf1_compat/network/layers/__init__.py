"""Layers by the ops that they left in a graph: one pattern a function.

A pattern takes the graph and a tensor; it returns the layer that gave the tensor, or None.
"""

from collections.abc import Sequence

import tensorflow as tf

from tf1_compat.network.covering import Pattern
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers import activations, dropout, images, normalization, products, shapes


def patterns(graph: Trained, moves: Sequence[tf.Operation]) -> tuple[Pattern, ...]:
    """Return every pattern in the order to try them in; `moves` are ops that change variables."""
    return (
        *normalization.patterns(graph, moves),
        *(dropout.dropped, activations.activated, products.dense),
        *(images.convolution_1d, images.convolution_2d, images.pooling, images.global_pooling),
        *(images.padding, shapes.reshaping, shapes.squeezing, shapes.embedding),
        *(shapes.concatenation, shapes.addition),
    )
