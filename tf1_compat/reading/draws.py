"""Ops that draw random numbers, and what each kind of number is."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import tensorflow as tf

UNIFORM = {"RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2"}
"""In [0, 1)."""
NORMAL = {"RandomStandardNormal", "StatelessRandomNormal", "StatelessRandomNormalV2"}
TRUNCATED = {"TruncatedNormal", "StatelessTruncatedNormal", "StatelessTruncatedNormalV2"}
"""Normal, none beyond two standard deviations."""
OTHER = {
    *("RandomUniformInt", "StatelessRandomUniformInt", "StatelessRandomUniformIntV2"),
    *("RandomGamma", "RandomPoissonV2", "RandomShuffle", "Multinomial", "StatelessMultinomial"),
    *("UniformCandidateSampler", "LogUniformCandidateSampler", "LearnedUnigramCandidateSampler"),
    *("ParameterizedTruncatedNormal", "StatelessParameterizedTruncatedNormal"),
}

KINDS = {
    op: kind
    for kind, ops in (("uniform", UNIFORM), ("normal", NORMAL), ("truncated normal", TRUNCATED))
    for op in ops
}
"""Op -> what weights are made of."""
RANDOM = {*KINDS, *OTHER}


@dataclass(frozen=True)
class Draw:
    """One op whose numbers can be given; tensors are named, for a graph may have twins."""

    drawn: str
    size: str
    kind: str


def given(ops: Iterable[tf.Operation], without: Collection[str]) -> tuple[Draw, ...]:
    """Return the draws among `ops`, but for those named, whose numbers can be given."""
    drawing = (op for op in ops if op.type in KINDS and op.name not in without)
    return tuple(Draw(op.outputs[0].name, op.inputs[0].name, KINDS[op.type]) for op in drawing)
