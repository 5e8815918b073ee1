"""Rows of several lengths in a loop, beyond which outputs are zeros and states stay as they are."""

import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.recurrence.loops import (
    EXPECTED,
    SELECTS,
    is_state,
    is_zero,
    scattered,
)
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.structure import LOOKUPS


def zeroed(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Outputs that are zeros beyond the end of a row."""
    if tensor.op.type not in SELECTS:
        return None
    beyond, zeros, new = (graph.source(one) for one in tensor.op.inputs)
    if not is_zero(graph, zeros) or lengths_of(graph, beyond) is None:
        return None
    return Match("zeroed", [new, beyond])


def lengths_of(graph: Trained, beyond: tf.Tensor) -> tf.Tensor | None:
    """Return the lengths of rows that the steps of a loop are compared with."""
    if beyond.op.type != "GreaterEqual":
        return None
    time, lengths = (graph.source(one) for one in beyond.op.inputs)
    while lengths.op.type == "Cast":
        lengths = graph.source(lengths.op.inputs[0])
    return lengths if is_state(time) else None


def beyond(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Which steps of a row, of a sequence beside it, are beyond its length."""
    lengths = lengths_of(graph, tensor)
    if lengths is None:
        return None
    sequence = _sequence(graph, graph.source(tensor.op.inputs[0]))
    if (steps := sequence.shape[1]) is not None:
        return Match("within", [lengths], {"steps": steps})
    table = sequence.op.type in LOOKUPS
    return Match("within", [lengths, sequence.op.inputs[1] if table else sequence], {"steps": None})


def _sequence(graph: Trained, time: tf.Tensor) -> tf.Tensor:
    """Return the sequence that a loop reads at its time."""
    waiting = [time]
    for one in waiting:  # which grows
        for op in one.consumers():
            if op.type == "TensorArrayReadV3":
                found = scattered(graph, graph.source(op.inputs[2]).op)
                if found is not None:
                    return found
            if op.type in ("Switch", "Identity"):
                waiting.append(op.outputs[-1])
    raise NotCovered(time.op, f"the time of a loop that reads no sequence; {EXPECTED}")
