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


def dense_over_steps(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, steps, ..., inputs] @ kernel, and a bias, with all steps made rows on the way."""
    back, bias = without_bias(graph, tensor)
    if back.op.type != "Reshape" or (back.shape.rank or 0) < 3:
        return None
    product, within = without_bias(graph, graph.source(back.op.inputs[0]))
    if product.op.type != "MatMul" or product.op.get_attr("transpose_b") or (bias and within):
        return None
    steps, kernel = (_unturned(graph, one) for one in product.op.inputs)
    given = graph.variable(kernel)
    if given is None or steps.shape.rank != back.shape.rank:
        return None
    if not steps.shape[1:-1].is_compatible_with(back.shape[1:-1]):
        return None
    bias = bias or within
    options = {"units": shape(given)[1], "use_bias": bias is not None}
    return Match("dense", [steps], options, variables(given, bias))


def _unturned(graph: Trained, tensor: tf.Tensor) -> tf.Tensor:
    """Return what tf.tensordot made a matrix of, with its axes in the order that they were in."""
    tensor = graph.source(tensor)
    if tensor.op.type == "Reshape":
        tensor = graph.source(tensor.op.inputs[0])
    if tensor.op.type == "Transpose":
        axes = graph.number(tensor.op.inputs[1])
        if np.array_equal(axes, np.arange(len(axes))):
            return graph.source(tensor.op.inputs[0])
    return tensor


def _reversed(graph: Trained, op: tf.Operation) -> bool:
    """Whether a Transpose exchanges the two axes of a matrix."""
    return np.array_equal(graph.number(op.inputs[1]), [1, 0])


def without_bias(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, tf.Operation | None]:
    """Return what a bias is added to, which nobody else takes, and the bias; or `tensor`."""
    if tensor.op.type in BIASES:
        for this, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
            bias, before = graph.variable(other), graph.source(this)
            if bias is not None and of_last_axis(bias, before) and graph.uses[before.name] == 1:
                return before, bias
    return tensor, None


def of_last_axis(variable: tf.Operation, tensor: tf.Tensor) -> bool:
    """Whether a variable has one number for each of the last axis, as [n] or [1, ..., n]."""
    sizes = shape(variable)
    if len(sizes) == 1:
        return True
    return bool(sizes) and {*sizes[:-1]} == {1} and sizes[-1] == tensor.shape[-1]


def variables(kernel: tf.Operation, bias: tf.Operation | None) -> dict[str, tf.Operation]:
    """Return both by what layers call them."""
    return {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}


def shape(variable: tf.Operation) -> list[int]:
    """Return the shape of a variable."""
    return [int(size) for size in tf.TensorShape(variable.get_attr("shape")).as_list()]
