"""How the losses of numbers become one, to the bit: what an exact piece has to do alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.losses.reductions import KERAS, Reduction
from tf1_compat.network.losses.terms import Terms


def computed(
    graph: Trained, tensor: tf.Tensor, found: Terms, reductions: Sequence[Reduction]
) -> dict[str, Any]:
    """Return `one_hot` and `by_hand`, of Terms, and how `tensor`, of each number, becomes one.

    That is a `reduction` of what is left after sums along axes, `sum_along`; nothing for others.
    """
    said = {name: True for name in ("one_hot", "by_hand") if getattr(found, name)}
    return _reduced(graph, tensor, found, reductions) | said


def _reduced(
    graph: Trained, tensor: tf.Tensor, found: Terms, reductions: Sequence[Reduction]
) -> dict[str, Any]:
    if any(one.how not in KERAS.values() for one in reductions):
        return {}
    if found.added_up:
        return {"reduction": "sum"}
    how, left = {name: kind for kind, name in KERAS.items()}, list(range(tensor.shape.rank or 0))
    along = dict[str, Any]()
    for one in reversed(reductions):
        axes = {int(axis) % len(left) for axis in np.ravel(graph.number(one.op.inputs[1]))}
        if len(axes) == len(left):
            return {"reduction": how[one.how], **along}
        if one.how != "Sum" or along or one.op.get_attr("keep_dims"):
            return {}
        each = [left[axis] for axis in sorted(axes)]
        along = {"sum_along": each[0] if len(each) == 1 else each}
        left = [kept for axis, kept in enumerate(left) if axis not in axes]
    return {}
