"""Layers by the ops that they left in a graph: one pattern a function.

A pattern takes the graph and a tensor; it returns the layer that gave the tensor, or None.
"""

from collections.abc import Sequence

import tensorflow as tf

from tf1_compat.network.covering import Pattern
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers import (
    activations,
    choices,
    convolutions,
    dropout,
    merging,
    normalization,
    numbers,
    parts,
    pooling,
    products,
    recurrence,
    row_normalization,
    shapes,
    weights,
)


def patterns(
    graph: Trained, moves: Sequence[tf.Operation] | None, *, exact: bool = False
) -> tuple[Pattern, ...]:
    """Return every pattern in the order to try them in.

    `moves` are the ops of an update that change variables; None: nobody trains. `exact`: without
    activations of several ops, which Keras computes otherwise.
    """
    return (
        *(products.dense_over_steps, weights.projected),
        *recurrence.PATTERNS,
        *normalization.patterns(graph, moves),
        *(row_normalization.normalized_by_hand, dropout.dropped),
        *(activations.activated, activations.along_an_axis, activations.leaky),
        *(() if exact else (activations.gated_by_itself,)),
        products.dense,
        *(convolutions.separable_convolution, convolutions.grouped_convolution),
        convolutions.convolution_1d,
        *(convolutions.convolution, convolutions.transposed_convolution),
        *(pooling.pooling, pooling.pooling_1d, pooling.global_pooling, pooling.resized),
        *(pooling.local_response, shapes.reshaping, shapes.squeezing, shapes.embedding),
        shapes.depth_to_space,
        *(parts.subscript, parts.sliced, parts.expanded, parts.permuted, parts.tiled),
        *(parts.padded, numbers.normalized, numbers.quotient, numbers.rescaled),
        *(numbers.with_numbers, numbers.bounded, numbers.powered),
        *(numbers.reduced, numbers.function, choices.within_lengths, choices.compared),
        *(choices.combined, choices.alike, choices.one_hot, choices.cast, choices.chosen),
        *(merging.biased_sum, merging.merged, merging.divided, merging.concatenation),
        *(merging.stacked, merging.matrices, merging.squared_difference, parts.stopped),
        weights.combined,
    )
