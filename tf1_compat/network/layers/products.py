"""Products with a kernel, and the bias that is added to one: dense layers, and their parts."""

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import SUMS as SUMS
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.values import NotCovered

BIASES = ("BiasAdd", *SUMS)


def dense(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, inputs] @ kernel, and a bias; or the kernel of another layer, transposed."""
    product, bias = without_bias(graph, tensor)
    if product.op.type != "MatMul":
        return None
    kernel, given = graph.variable(product.op.inputs[1]), graph.source(product.op.inputs[1]).op
    flipped = product.op.get_attr("transpose_b")
    if given.type == "Transpose" and not flipped and _reversed(graph, given):
        kernel, flipped = graph.variable(given.inputs[0]), True
    if kernel is None or product.op.get_attr("transpose_a"):
        raise NotCovered(product.op, "it multiplies by no variable as it is, and is no layer")
    if flipped:
        tied = {"tied_to": kernel.name, "use_bias": bias is not None}
        own = {} if bias is None else {"bias": bias}
        return Match("transposed_dense", product.op.inputs[:1], tied, own)
    options = {"units": shape(kernel)[1], "use_bias": bias is not None}
    return Match("dense", product.op.inputs[:1], options, variables(kernel, bias))


def _reversed(graph: Trained, op: tf.Operation) -> bool:
    """Whether a Transpose exchanges the two axes of a matrix."""
    return np.array_equal(graph.number(op.inputs[1]), [1, 0])


def without_bias(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, tf.Operation | None]:
    """Return what a bias is added to, which nobody else takes, and the bias; or `tensor`."""
    if tensor.op.type in BIASES:
        for this, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
            bias, before = graph.variable(other), graph.source(this)
            if bias is not None and len(shape(bias)) == 1 and graph.uses[before.name] == 1:
                return before, bias
    return tensor, None


def variables(kernel: tf.Operation, bias: tf.Operation | None) -> dict[str, tf.Operation]:
    """Return both by what layers call them."""
    return {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}


def shape(variable: tf.Operation) -> list[int]:
    """Return the shape of a variable."""
    return [int(size) for size in tf.TensorShape(variable.get_attr("shape")).as_list()]
