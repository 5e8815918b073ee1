"""Cross-entropies of logits."""

from collections.abc import Iterator

import tensorflow as tf

from tf1_compat.network.algebra import SUMS, constant, linear, together
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.losses.terms import UNCHANGED, Terms
from tf1_compat.network.values import NotCovered


def softmax(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """softmax_cross_entropy_with_logits, of labels that may be ids, or smoothed."""
    if tensor.op.type != "SoftmaxCrossEntropyWithLogits" or tensor.value_index:
        return None
    logits, given = of_one_rank(graph, tensor.op)
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
        return Terms(f"sparse_{kind}", outputs, labels.op.inputs[0], "row", one_hot=True)
    options = {"label_smoothing": smoothing} if smoothing else {}
    return Terms(kind, outputs, labels, "row", options)


def sparse(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """sparse_softmax_cross_entropy_with_logits, of labels that are ids."""
    if tensor.op.type != "SparseSoftmaxCrossEntropyWithLogits" or tensor.value_index:
        return None
    logits, labels = of_one_rank(graph, tensor.op)
    return Terms("sparse_softmax_cross_entropy", logits, labels, "row")


def sigmoid(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """max(x, 0) - x * labels + log(1 + exp(-|x|)), as sigmoid_cross_entropy_with_logits has it."""
    if (found := sigmoid_of(graph, tensor)) is None:
        return None
    given, logits = found
    labels, smoothing = smoothed(graph, given, 2)
    options = {"label_smoothing": smoothing} if smoothing else {}
    return Terms("sigmoid_cross_entropy", logits, labels, "mean", options)


def sigmoid_of(graph: Trained, tensor: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor] | None:
    """Return labels and logits of sigmoid_cross_entropy_with_logits."""
    if tensor.op.type not in SUMS:
        return None
    difference, soft = (graph.source(one).op for one in tensor.op.inputs)
    if difference.type != "Sub" or soft.type != "Log1p":
        return None
    product = graph.source(difference.inputs[1]).op
    if product.type != "Mul":
        return None
    logits, labels = product.inputs
    return labels, logits


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


def of_one_rank(
    graph: Trained, op: tf.Operation, rank: int | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return logits and labels of a cross-entropy, as they were before both were [N, classes].

    `rank` is what its losses are given, where that is known.
    """
    fewer = 1 if op.type.startswith("Sparse") else 0
    logits = list(_stages(graph, op.inputs[0]))
    labels = list(_stages(graph, op.inputs[1], flat=True))
    for one in logits[::-1]:
        for other in labels[::-1]:
            fits = rank is None or one.shape.rank == rank + 1
            if fits and one.shape.rank is not None and one.shape.rank - fewer == other.shape.rank:
                return one, other
    return logits[0], labels[0]


def _stages(graph: Trained, tensor: tf.Tensor, flat: bool = False) -> Iterator[tf.Tensor]:
    """Yield logits or labels, and what they were before TensorFlow gave them another shape.

    `flat`: or before they were made [-1].
    """
    tensor = graph.source(tensor)
    yield tensor
    while tensor.op.type in ("Reshape", *UNCHANGED):
        before = graph.source(tensor.op.inputs[0])
        kept = before.shape.is_fully_defined() and before.shape == tensor.shape
        kept = kept or "Shape" in {op.type for op in graph.behind(*tensor.op.inputs[1:])}
        kept = kept or (flat and tensor.shape.rank == 1)
        if tensor.op.type == "Reshape" and not kept:
            break
        tensor = before
        yield tensor
