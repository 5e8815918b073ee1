"""Cross-entropies of logits."""

import tensorflow as tf

from tf1_compat.network.algebra import SUMS, constant, linear, together
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.losses.terms import UNCHANGED, Terms
from tf1_compat.network.values import NotCovered


def softmax(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """softmax_cross_entropy_with_logits, of labels that may be ids, or smoothed."""
    if tensor.op.type != "SoftmaxCrossEntropyWithLogits" or tensor.value_index:
        return None
    logits, given = (as_rows(graph, one) for one in tensor.op.inputs)
    labels, smoothing = smoothed(graph, given, logits.shape[-1])
    return of_classes("softmax_cross_entropy", graph, logits, labels, smoothing)


def of_classes(
    kind: str, graph: Trained, outputs: tf.Tensor, labels: tf.Tensor, smoothing: float = 0.0
) -> Terms:
    """Return a cross-entropy over classes; labels that were made of ids are those."""
    if labels.op.type == "OneHot" and not smoothing:
        on, off = (constant(graph, one) for one in labels.op.inputs[2:4])
        if (on, off) != (1.0, 0.0) or labels.op.get_attr("axis") != -1:
            raise NotCovered(labels.op, "expected 1 and 0, along the last axis")
        return Terms(f"sparse_{kind}", outputs, labels.op.inputs[0], "row")
    options = {"label_smoothing": smoothing} if smoothing else {}
    return Terms(kind, outputs, labels, "row", options)


def sparse(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """sparse_softmax_cross_entropy_with_logits, of labels that are ids."""
    if tensor.op.type != "SparseSoftmaxCrossEntropyWithLogits" or tensor.value_index:
        return None
    logits, labels = (as_rows(graph, one) for one in tensor.op.inputs)
    return Terms("sparse_softmax_cross_entropy", logits, labels, "row")


def sigmoid(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """max(x, 0) - x * labels + log(1 + exp(-|x|)), as sigmoid_cross_entropy_with_logits has it."""
    if tensor.op.type not in SUMS:
        return None
    difference, soft = (graph.source(one).op for one in tensor.op.inputs)
    if difference.type != "Sub" or soft.type != "Log1p":
        return None
    product = graph.source(difference.inputs[1]).op
    if product.type != "Mul":
        return None
    logits, labels = product.inputs
    labels, smoothing = smoothed(graph, labels, 2)
    options = {"label_smoothing": smoothing} if smoothing else {}
    return Terms("sigmoid_cross_entropy", logits, labels, "mean", options)


def smoothed(graph: Trained, labels: tf.Tensor, classes: int | None) -> tuple[tf.Tensor, float]:
    """Return labels as they were before labels * (1 - smoothing) + smoothing / classes."""
    labels = graph.source(labels)
    while labels.op.type in UNCHANGED:
        labels = graph.source(labels.op.inputs[0])
    found = linear(graph, labels)
    smoothing = shortest(1 - found.scale)
    if found.tensor is labels:  # tf.losses works the number of classes out in the graph
        return _smoothed_by_shape(graph, labels) or (labels, 0.0)
    if classes is None or not together(found.shift, smoothing / classes):
        raise NotCovered(labels.op, "labels are made by it, and not smoothed as Keras smooths them")
    return found.tensor, smoothing


def _smoothed_by_shape(graph: Trained, labels: tf.Tensor) -> tuple[tf.Tensor, float] | None:
    if labels.op.type not in SUMS:
        return None
    shrunk, share = linear(graph, labels.op.inputs[0]), graph.source(labels.op.inputs[1]).op
    if shrunk.shift or share.type != "RealDiv":
        return None
    smoothing, number = constant(graph, share.inputs[0]), graph.source(share.inputs[1])
    of_shape = any(op.type == "Shape" for op in graph.behind(number))
    if smoothing is None or not of_shape or not together(shrunk.scale, 1 - smoothing):
        return None
    return shrunk.tensor, smoothing


def as_rows(graph: Trained, tensor: tf.Tensor) -> tf.Tensor:
    """Return logits or labels as they were before TensorFlow made them [N, classes]."""
    tensor = graph.source(tensor)
    while tensor.op.type in ("Reshape", *UNCHANGED):
        before = graph.source(tensor.op.inputs[0])
        kept = before.shape.is_fully_defined() and before.shape == tensor.shape
        kept = kept or "Shape" in {op.type for op in graph.behind(*tensor.op.inputs[1:])}
        if tensor.op.type == "Reshape" and not kept:
            break
        tensor = before
    return tensor
