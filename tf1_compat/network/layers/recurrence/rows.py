"""Steps that are taken out of a sequence, and steps as rows of their own."""

import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import SUMS
from tf1_compat.network.layers.recurrence.lengths import lengths_of, zeroed
from tf1_compat.network.layers.recurrence.loops import outputs
from tf1_compat.network.layers.recurrence.steps import batch_first, beside, merged, packed, step


def last_step(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...], the last step of [N, steps, ...]."""
    found = step(graph, tensor)
    return Match("last_step", [found.sequence]) if found and found.last else None


def last_of_length(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...], of each row the step before its length, which the loop stopped at, too."""
    if tensor.op.type == "GatherNd":
        index = graph.source(tensor.op.inputs[1]).op
        ends = index.inputs[1] if index.type == "Pack" and len(index.inputs) == 2 else None
    elif tensor.op.type == "GatherV2" and merged(graph, tensor.op.inputs[0]):
        index = graph.source(tensor.op.inputs[1]).op
        starts = [one for one in index.inputs if graph.source(one).op.type == "Mul"]
        others = [one for one in index.inputs if one not in starts]
        ends = others[0] if index.type in SUMS and len(others) == 1 else None
    else:
        return None
    lengths = None if ends is None else _after(graph, ends)
    sequence = graph.source(tensor.op.inputs[0])
    while (same := rows_or_outputs(graph, sequence)) is not None:
        sequence = graph.source(same.inputs[0])
    written = zeroed(graph, sequence)
    if written is None or lengths is None:
        return None
    stops = lengths_of(graph, written.inputs[1])
    return Match("last_step", written.inputs) if stops is not None and stops is lengths else None


def _after(graph: Trained, tensor: tf.Tensor) -> tf.Tensor | None:
    """Return the number that a tensor is one less than."""
    tensor = graph.source(tensor)
    if tensor.op.type != "Sub" or graph.short(tensor.op.inputs[1]) != 1:
        return None
    tensor = graph.source(tensor.op.inputs[0])
    return graph.source(tensor.op.inputs[0]) if tensor.op.type == "Cast" else tensor


def rows_or_outputs(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """The sequence that a tensor is in another order."""
    found = (pattern(graph, tensor) for pattern in (outputs, as_rows, as_steps))
    return next(filter(None, found), None)


def as_rows(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Steps as rows of their own, [N * steps, ...]; layers take them as they are."""
    if tensor.op.type != "Reshape" or merged(graph, tensor) is None:
        return None
    before = graph.source(tensor.op.inputs[0])
    if beside(graph, before, tensor.shape[1]):
        return Match("same", [packed(graph, before.op.inputs[:-1])], {"merged": True})
    first = batch_first(graph, before)
    return Match("same", [before if first is None else first], {"merged": True})


def as_steps(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Rows that were steps as steps again, [N, steps, ...]."""
    if tensor.op.type != "Reshape" or tensor.shape.rank != 3:
        return None
    rows = merged(graph, tensor.op.inputs[0])
    if rows is None or rows.steps_first or tensor.shape[2] != tensor.op.inputs[0].shape[1]:
        return None
    return Match("same", [tensor.op.inputs[0]]) if tensor.shape[1] == rows.steps else None


def labels(graph: Trained, outputs: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Return labels, [N, steps, ...], of outputs that have steps as rows of their own; or `given`.

    Keras' outputs have steps.
    """
    rows, op = merged(graph, outputs), graph.source(given).op
    if rows is None or rows.steps_first or op.type != "Reshape":
        return given
    return op.inputs[0]
