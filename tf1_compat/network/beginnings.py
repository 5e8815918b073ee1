"""How the variables of a graph begin, by what is first assigned to them.

Distributions: `tensorflow/python/ops/init_ops.py` makes each of standard numbers, a scale, a shift.
"""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import SUMS, shape
from tf1_compat.network.values import Beginning, NotCovered
from tf1_compat.reading.draws import KINDS

DEFAULT_GRAPH_SEED = 87654321
"""Of ops with a seed in a graph without one: `tensorflow/python/framework/random_seed.py`."""
ASSIGNS = ("Assign", "AssignVariableOp")


def read(graph: Trained, variables: Iterable[str]) -> dict[str, Beginning]:
    """Return variable -> how it begins, where that is one of the kinds of Beginning."""
    found: dict[str, Beginning] = {}
    for name in variables:
        variable = graph.graph.get_operation_by_name(name)
        for op in variable.outputs[0].consumers():
            if op.type in ASSIGNS and (drawn := _drawn(graph, op.inputs[1], variable)):
                found.setdefault(name, drawn)
    return found


def _drawn(graph: Trained, tensor: tf.Tensor, variable: tf.Operation) -> Beginning | None:
    op, scale, shift = graph.source(tensor).op, 1.0, 0.0
    try:
        if op.type in SUMS:
            op, shift = graph.source(op.inputs[0]).op, float(graph.number(op.inputs[1]))
        if op.type == "Mul":
            op, scale = graph.source(op.inputs[0]).op, float(graph.number(op.inputs[1]))
        if op.type in KINDS:
            seed = op.get_attr("seed")
            known = None if seed in (0, DEFAULT_GRAPH_SEED) else seed
            return Beginning(KINDS[op.type], shift, scale, tuple(shape(variable)), known)
        numbers = np.unique(graph.number(op.outputs[0]))
    except (NotCovered, TypeError):
        return None
    if numbers.size != 1 or scale != 1 or shift:
        return None
    return Beginning("constant", float(numbers[0]), 0.0, tuple(shape(variable)))
