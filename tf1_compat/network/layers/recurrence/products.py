"""What a cell is made of: products with kernels, the parts that they are split into, and sums."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import BIASES, SUMS, shape
from tf1_compat.network.layers.recurrence.steps import step

Pair = tuple[tf.Tensor, tf.Tensor]


class Product(NamedTuple):
    """Inputs and state, in some order, times one kernel or one each, and a bias."""

    inputs: Pair
    kernels: tuple[tf.Operation, ...]
    bias: tf.Operation | None = None

    @property
    def size(self) -> int:
        """Numbers that it gives."""
        return shape(self.kernels[0])[1]

    def variables(self, state: int, prefix: str = "") -> dict[str, tf.Operation]:
        """Return its variables by what Keras' are that they are made of; `state` is its place.

        One kernel has the rows of both, as in kernel+recurrent_kernel.
        """
        names = ["kernel", "kernel"]
        names[state] = "recurrent_kernel"
        names = ["+".join(names)] if len(self.kernels) == 1 else names
        found = dict(zip(names, self.kernels, strict=True))
        found |= {} if self.bias is None else {"bias": self.bias}
        return {prefix + name: one for name, one in found.items()}


class Gate(NamedTuple):
    """One of the parts that a product is split into; or all of it, of 1."""

    whole: tf.Tensor
    place: int
    of: int
    added: float = 0.0


def product(graph: Trained, tensor: tf.Tensor) -> Product | None:
    """Return [x, h] @ kernel, or x @ kernel + h @ kernel, with a bias or without."""
    terms = [*_added_up(graph, tensor)]
    bias = [one for term in terms if (one := graph.variable(term))]
    products = [one.op for one in terms if graph.variable(one) is None]
    kernels = [_kernel(graph, one) for one in products]
    known = tuple(one for one in kernels if one is not None)
    if len(bias) > 1 or len(known) < len(products):
        return None
    inputs = [_once(graph, one.inputs[0]) for one in products]
    if len(inputs) == 1 and inputs[0].op.type == "ConcatV2" and len(inputs[0].op.inputs) == 3:
        inputs = [_once(graph, one) for one in inputs[0].op.inputs[:2]]
    return Product((inputs[0], inputs[1]), known, *bias) if len(inputs) == 2 else None


def _once(graph: Trained, tensor: tf.Tensor) -> tf.Tensor:
    """Return the first tensor that is the same step of a sequence, where that was sliced again."""
    tensor = graph.source(tensor)
    found = step(graph, tensor) if tensor.op.type == "StridedSlice" else None
    if found is None:
        return tensor
    slices = (op for op in tensor.op.inputs[0].consumers() if op.type == "StridedSlice")
    return next(op.outputs[0] for op in slices if step(graph, op.outputs[0]) == found)


def _added_up(graph: Trained, tensor: tf.Tensor) -> Iterator[tf.Tensor]:
    tensor = graph.source(tensor)
    if tensor.op.type not in BIASES:
        yield tensor
        return
    for term in tensor.op.inputs:
        yield from _added_up(graph, term)


def _kernel(graph: Trained, op: tf.Operation) -> tf.Operation | None:
    if op.type != "MatMul" or op.get_attr("transpose_a") or op.get_attr("transpose_b"):
        return None
    return graph.variable(op.inputs[1])


def gate(graph: Trained, tensor: tf.Tensor) -> Gate:
    """Return which part of a product a tensor is, and what number was added to it."""
    tensor, added = graph.source(tensor), 0.0
    if tensor.op.type in SUMS:
        for this, other in itertools.permutations(tensor.op.inputs):
            if other.shape.rank == 0 and not graph.rows(other) and not graph.variables(other):
                tensor, added = graph.source(this), graph.short(other)
                break
    if tensor.op.type not in ("Split", "SplitV"):
        return Gate(tensor, 0, 1, added)
    whole = tensor.op.inputs[1 if tensor.op.type == "Split" else 0]
    return Gate(graph.source(whole), tensor.value_index, len(tensor.op.outputs), added)


def sigmoid(graph: Trained, tensor: tf.Tensor) -> Gate | None:
    """Return the gate that a tensor is behind a sigmoid, or the part that it is of one."""
    if tensor.op.type == "Sigmoid":
        return gate(graph, tensor.op.inputs[0])
    part = gate(graph, tensor)
    if part.added or part.whole.op.type != "Sigmoid":
        return None
    return part._replace(whole=graph.source(part.whole.op.inputs[0]))


def sums(graph: Trained, tensor: tf.Tensor) -> Iterator[tuple[Pair, Pair]]:
    """Yield the factors of a * b + c * d, in each order."""
    products = [graph.source(one) for one in tensor.op.inputs] if tensor.op.type in SUMS else []
    if {one.op.type for one in products} != {"Mul"}:
        return
    first, second = (
        [*itertools.permutations([graph.source(part) for part in one.op.inputs])]
        for one in products
    )
    for (a, b), (c, d) in itertools.product(first, second):
        yield (a, b), (c, d)
        yield (c, d), (a, b)
