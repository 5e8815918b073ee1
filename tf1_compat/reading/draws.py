"""Ops that draw random numbers, and what each kind of number is."""

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
