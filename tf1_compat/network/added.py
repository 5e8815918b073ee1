"""What a cost is added up of, in the order of its graph, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Penalty:
    """What a variable costs."""

    variable: str
    kind: str
    """l1: scale * sum |w|; l2: scale * sum w^2; half_l2: scale * tf.nn.l2_loss(w)."""
    scale: float


@dataclass(frozen=True)
class Added:
    """What a graph adds up, in its order."""

    how: str
    """sum, from left to right; reduce_sum, of all at once."""
    terms: tuple["Part", ...]


@dataclass(frozen=True)
class Scaled:
    """A part of a cost times a number, or over it."""

    of: "Part"
    by: float
    over: bool = False


Part = Added | Scaled | Penalty | int
"""A cost, or what it is made of; an int is the place of a loss."""
