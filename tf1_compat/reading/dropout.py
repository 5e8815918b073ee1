"""Dropout in a TensorFlow 1 graph, however it was spelled: uniform numbers, and what they keep.

In `random_uniform >= rate`, `floor(keep_prob + random_uniform)`, `random_uniform < keep_prob` and
their like, the first op behind the numbers that is no arithmetic decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tensorflow as tf

from tf1_compat.reading.draws import UNIFORM
from tf1_compat.reading.updates import ancestors

SCALES = {"Mul", "Add", "AddV2", "Sub", "Identity"}
"""What uniform numbers go through before something decides."""
PLACEHOLDERS = {"Placeholder", "PlaceholderWithDefault"}
DECIDES = {"GreaterEqual", "Greater", "LessEqual", "Less", "Floor"}


@dataclass(frozen=True)
class Dropout:
    """One place in a graph; tensors are named, for a graph may have twins."""

    drawn: str
    """The uniform numbers in [0, 1)."""
    size: str
    """Their shape."""
    kept: str
    """1 or true where a number is kept, elementwise."""
    switches: tuple[str, ...]
    """Placeholders of one number that decide with them, such as keep_prob."""
    seeds: tuple[int, int]
    """The graph's and the op's, from which the numbers follow; 0 and 0: they do not."""


def find(ops: Sequence[tf.Operation]) -> tuple[Dropout, ...]:
    """Return every dropout among `ops`, in the order in which they were made."""
    inside = {op.name for op in ops}
    made = [op for op in sorted(ops, key=lambda op: op._id) if op.type in UNIFORM]
    places = [(op, next(_deciding(op, inside), None)) for op in made]
    return tuple(_read(op, decides) for op, decides in places if decides is not None)


def _read(op: tf.Operation, decides: tf.Operation) -> Dropout:
    seeded = "seed2" in op.node_def.attr
    return Dropout(
        drawn=op.outputs[0].name,
        size=op.inputs[0].name,
        kept=decides.outputs[0].name,
        switches=_switches(decides),
        seeds=(op.get_attr("seed"), op.get_attr("seed2")) if seeded else (0, 0),
    )


def _deciding(op: tf.Operation, inside: set[str]) -> Iterator[tf.Operation]:
    """Yield the ops that decide by the numbers of `op`."""
    for taker in op.outputs[0].consumers():
        if taker.name in inside and taker.type in DECIDES:
            yield taker
        elif taker.name in inside and taker.type in SCALES:
            yield from _deciding(taker, inside)


def _switches(op: tf.Operation) -> tuple[str, ...]:
    behind = ancestors([op], control=False)
    made = [one.outputs[0] for one in behind if one.type in PLACEHOLDERS]
    return tuple(tensor.name for tensor in made if not tensor.shape.rank)  # no shape is no rows
