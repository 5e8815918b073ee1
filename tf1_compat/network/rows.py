"""How rows of an embedding are updated where TensorFlow 1 had no Apply op for them.

Adam: var -= rate * m / (sqrt(v) + epsilon), behind a ScatterAdd to m and to v each; gradient
descent: a ScatterSub, or for resources a ScatterAdd of the negated gradient
(`tensorflow/python/training/{adam,gradient_descent}.py`).
"""

import functools
from collections.abc import Iterator, Sequence

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import SUMS
from tf1_compat.reading.averages import MOVES
from tf1_compat.reading.updates import Update, variable_of

ADDS = ("ScatterAdd", "ResourceScatterAdd")
SUBTRACTS = ("ScatterSub", "ResourceScatterSub")
Input = tuple[tuple[str, ...], int]
"""Types of an op, and which of its inputs."""
QUOTIENT, PRODUCT, SUM = (
    [(kinds, place) for place in (0, 1)] for kinds in (("RealDiv",), ("Mul",), SUMS)
)
ROOT, LEFT = (("Sqrt",), 0), (("Sub",), 1)
"""The inputs of a root, and of what is left of 1."""


def read(graph: Trained, moves: Sequence[tf.Operation]) -> list[Update]:
    """Return the updates of rows among `moves`."""
    found: list[Update] = []
    for op in moves:
        if op.type in (*SUBTRACTS, *ADDS):
            found += _descent(graph, op)
        elif op.type in MOVES:
            found += _adam(graph, op, moves)
    return found


def _descent(graph: Trained, op: tf.Operation) -> Iterator[Update]:
    variable, indices, step = op.inputs
    product = graph.source(step).op
    if product.type == "Mul" and product.inputs[1].shape.rank == 0:
        gradient, rate = product.inputs
        if op.type in ADDS:
            if (negative := graph.source(gradient).op).type != "Neg":
                return  # it is one of Adam's
            (gradient,) = negative.inputs
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


def _adam(graph: Trained, op: tf.Operation, moves: Sequence[tf.Operation]) -> Iterator[Update]:
    """Yield the update of rows that ends in `op`, if it is Adam's.

    m += gradient * (1 - beta_1), v += gradient^2 * (1 - beta_2), each behind m *= beta_1 and
    v *= beta_2 of all rows; the rate is learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t).
    """
    added = {one.inputs[0].op: one.inputs for one in moves if one.type in ADDS}
    of_rate = QUOTIENT[0], PRODUCT[0]
    try:
        step = functools.partial(_part, graph, op.inputs[1])
        m = _slot(graph, step(QUOTIENT[0], PRODUCT[1]))
        v = _slot(graph, step(QUOTIENT[1], SUM[0], ROOT))
        hyperparameters = {
            "learning_rate": step(*of_rate, QUOTIENT[0], PRODUCT[0]),
            "beta_1": _part(graph, added[m][2], PRODUCT[1], LEFT),
            "beta_2": _part(graph, added[v][2], PRODUCT[1], LEFT),
            "epsilon": step(QUOTIENT[1], SUM[1]),
        }
        powers = {
            "beta1_power": step(*of_rate, QUOTIENT[1], LEFT),
            "beta2_power": step(*of_rate, QUOTIENT[0], PRODUCT[1], ROOT, LEFT),
        }
        gradient = _part(graph, added[m][2], PRODUCT[0])
    except LookupError:
        return
    yield Update(
        rule="Adam",
        variable=op.inputs[0].op.name,
        gradient=gradient.name,
        indices=added[m][1].name,
        slots={"m": m.name, "v": v.name},
        hyperparameters={name: one.name for name, one in hyperparameters.items()},
        fixed={},
        powers={name: variable_of(one.op).name for name, one in powers.items()},
    )


def _part(graph: Trained, tensor: tf.Tensor, *path: Input) -> tf.Tensor:
    """Return an input of an input of what gives a tensor; LookupError where there is none such."""
    for kinds, place in path:
        op = graph.source(tensor).op
        if op.type not in kinds:
            raise LookupError
        tensor = op.inputs[place]
    return tensor


def _slot(graph: Trained, tensor: tf.Tensor) -> tf.Operation:
    op = graph.source(tensor).op
    return op.inputs[0].op if op.type in ADDS else op
