"""What no layer is known for: covered as one layer of raw ops, where somebody takes that.

`covered` covers a graph; `region` is which ops the rest are, `ops` each of them as plain values.
"""

from collections.abc import Sequence

import tensorflow as tf

from tf1_compat.network.covering import Covering, Pattern
from tf1_compat.network.graph import Trained
from tf1_compat.network.rest.region import Region
from tf1_compat.network.values import NotCovered


def covered(
    graph: Trained,
    patterns: Sequence[Pattern],
    within: str,
    ends: Sequence[tf.Tensor],
    *,
    partial: bool,
) -> Covering:
    """Return what covers all that `ends` are made of, with the rest as one layer if `partial`.

    Raises NotCovered for an op that no pattern knows, or that cannot be of the rest.
    """
    region = Region(graph, ends)
    while True:
        covering = Covering(graph, (region.found, *patterns), within)
        try:
            for end in ends:
                covering.cover(end)
        except NotCovered as error:
            if not partial or not region.grow(error.op, covering.at or error.op):
                raise
        else:
            return covering
