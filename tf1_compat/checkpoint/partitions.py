"""Variables of `tf.get_variable(..., partitioner=...)`: several in a graph, one in a checkpoint.

So are their slots. A Saver restores each from its part of the one, however that was saved.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Part(NamedTuple):
    """Which part of a saved variable one of the graph's is."""

    of: str
    """The name in a checkpoint."""
    shape: tuple[int, ...]
    """Of the whole."""
    begin: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def place(self) -> tuple[slice, ...]:
        """Where it is in the whole."""
        both = zip(self.begin, self.size, strict=True)
        return tuple(slice(begin, begin + size) for begin, size in both)


def read(graph: tf.Graph) -> dict[str, Part]:
    """Return variable -> which part it is, of those of a graph that are parts."""
    made = {one.op.name: one._get_save_slice_info() for one in graph.get_collection("variables")}
    return {
        name: Part(
            info.full_name, tuple(info.full_shape), tuple(info.var_offset), tuple(info.var_shape)
        )
        for name, info in made.items()
        if info is not None
    }


def split(arrays: Mapping[str, np.ndarray], parts: Mapping[str, Part]) -> dict[str, np.ndarray]:
    """Return arrays with those that have parts in their parts; one of another shape stays."""
    whole = {
        part.of: arrays[part.of]
        for part in parts.values()
        if part.of in arrays and arrays[part.of].shape == part.shape
    }
    found = {name: array for name, array in arrays.items() if name not in whole}
    cut = {name: part for name, part in parts.items() if part.of in whole}
    return found | {name: whole[part.of][part.place] for name, part in cut.items()}


def join(arrays: Mapping[str, np.ndarray], parts: Mapping[str, Part]) -> dict[str, np.ndarray]:
    """Return arrays with the parts that are there put together: the inverse of `split`."""
    found = {name: array for name, array in arrays.items() if name not in parts}
    for name, part in parts.items():
        if name in arrays:
            whole = found.setdefault(part.of, np.empty(part.shape, arrays[name].dtype))
            whole[part.place] = arrays[name]
    return found
