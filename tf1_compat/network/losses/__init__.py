"""Losses by the ops that they left in a graph: one pattern a function.

A pattern takes the graph and a tensor; it returns what is compared in it, or None.
"""

from tf1_compat.network.losses import distances, errors, logits, probabilities
from tf1_compat.network.losses.terms import Pattern

PATTERNS: tuple[Pattern, ...] = (
    *(logits.softmax, logits.sparse, logits.sigmoid, errors.huber, errors.huber_by_hand),
    errors.hinge,
    *(distances.contrastive, errors.squared, errors.half_squares, errors.absolute),
    *(probabilities.of_two, probabilities.of_classes_by_hand),
)
"""In the order to try them in."""
