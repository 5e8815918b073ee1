"""Averages of weights that a graph keeps: the shadows of `tf.train.ExponentialMovingAverage`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

SUFFIX = "/ExponentialMovingAverage"
"""Of the names that `tf.train.ExponentialMovingAverage` gives."""


def read(graph: "tf.Graph", trained: Iterable[str]) -> dict[str, str]:
    """Return shadow -> variable, of the averages of `trained` that any op of the graph moves."""
    from tf1_compat.reading import averages

    return averages.shadows(graph.get_operations(), dict.fromkeys(trained))


def moves(graph: "tf.Graph", variables: Iterable[str]) -> "list[tf.Operation]":
    """Return the ops that move averages of `variables`."""
    from tf1_compat.reading import averages

    known = dict.fromkeys(variables)
    return [op for op in graph.get_operations() if averages.shadows([op], known)]


def named(names: Iterable[str]) -> dict[str, str]:
    """Return shadow -> variable, by the names in a checkpoint alone."""
    held = set(names)
    found = {name: name.removesuffix(SUFFIX) for name in held if name.endswith(SUFFIX)}
    return {shadow: name for shadow, name in sorted(found.items()) if name in held}
