"""How rows of an embedding are updated where TensorFlow 1 had no Apply op for them.

Adam: var -= rate * m / (sqrt(v) + epsilon), behind a ScatterAdd to m and to v each; gradient
descent: a ScatterSub (`tensorflow/python/training/{adam,gradient_descent}.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import SUMS
from tf1_compat.reading.averages import MOVES
from tf1_compat.reading.updates import Update

ADDS = ("ScatterAdd", "ResourceScatterAdd")
SUBTRACTS = ("ScatterSub", "ResourceScatterSub")


def read(graph: Trained, moves: Sequence[tf.Operation], known: Sequence[Update]) -> list[Update]:
    """Return the updates of rows among `moves`, beside the `known` ones of whole variables."""
    found: list[Update] = []
    for op in moves:
        if op.type in SUBTRACTS:
            found += _descent(graph, op)
        elif op.type in MOVES and known and known[0].rule == "Adam":
            found += _adam(graph, op, moves, known[0])
    return found


def _descent(graph: Trained, op: tf.Operation) -> Iterator[Update]:
    variable, indices, step = op.inputs
    product = graph.source(step).op
    if product.type == "Mul":
        gradient, rate = product.inputs
        yield Update(
            rule="GradientDescent",
            variable=variable.op.name,
            gradient=gradient.name,
            indices=indices.name,
            slots={},
            hyperparameters={"learning_rate": rate.name},
            fixed={},
            powers={},
        )


def _adam(
    graph: Trained, op: tf.Operation, moves: Sequence[tf.Operation], other: Update
) -> Iterator[Update]:
    """Yield the update of rows as `other` is of a whole variable, if it is one."""
    step = graph.source(op.inputs[1]).op
    if step.type != "RealDiv":
        return
    above, below = (graph.source(one).op for one in step.inputs)
    root = graph.source(below.inputs[0]).op if below.type in SUMS else below
    if above.type != "Mul" or root.type != "Sqrt":
        return
    m, v = _slot(graph, above.inputs[1]), _slot(graph, root.inputs[0])
    for added in moves:
        if added.type in ADDS and added.inputs[0].op is m:
            gradient = graph.source(added.inputs[2]).op.inputs[0]
            yield replace(
                other,
                variable=op.inputs[0].op.name,
                gradient=gradient.name,
                indices=added.inputs[1].name,
                slots={"m": m.name, "v": v.name},
            )


def _slot(graph: Trained, tensor: tf.Tensor) -> tf.Operation:
    op = graph.source(tensor).op
    return op.inputs[0].op if op.type in ADDS else op
