"""Cross-entropies of probabilities, as people wrote them: labels times logarithms."""

from dataclasses import replace
from typing import Any, NamedTuple

import tensorflow as tf

from tf1_compat.network.algebra import constant, linear, once, signed
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.losses.logits import of_classes
from tf1_compat.network.losses.terms import Terms
from tf1_compat.network.values import NotCovered


class Logarithm(NamedTuple):
    """log(p), or log(1 - p), of probabilities that were kept from 0."""

    outputs: tf.Tensor
    of_rest: bool
    """Of 1 - p."""
    kept: dict[str, Any]
    """How p was kept from 0: epsilon, which was added, or clip, its bounds."""


class Product(NamedTuple):
    """sign * y * log(p), where y may be 1 - y, and p 1 - p."""

    labels: tf.Tensor
    of_rest: bool
    """Of 1 - y."""
    sign: float
    logarithm: Logarithm


def of_two(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """-(y log(p) + (1 - y) log(1 - p)), in any order, with any signs that make it this."""
    terms = list(signed(graph, tensor))
    sides = [(_product(graph, term), sign) for term, sign in terms]
    products = [side._replace(sign=side.sign * sign) for side, sign in sides if side is not None]
    products.sort(key=lambda side: side.of_rest)
    if len(terms) != 2 or [side.of_rest for side in products] != [False, True]:
        return None
    ones, rest = products
    same = ones.labels is rest.labels and ones.logarithm.outputs is rest.logarithm.outputs
    ordered = rest.logarithm.of_rest and not ones.logarithm.of_rest
    if not same or ones.sign != rest.sign or not ordered:
        raise NotCovered(tensor.op, "it is not y log(p) + (1 - y) log(1 - p) of one y and one p")
    outputs, _, kept = ones.logarithm
    if kept != rest.logarithm.kept:
        raise NotCovered(tensor.op, "p and 1 - p are kept from 0 in different ways")
    kind = "binary_log_loss" if kept or outputs.op.type != "Sigmoid" else "binary_cross_entropy"
    return Terms(kind, outputs, ones.labels, "mean", kept, -ones.sign)


def of_classes_by_hand(graph: Trained, tensor: tf.Tensor) -> Terms | None:
    """-y log(p) of each class, or y log_softmax(z)."""
    found = _product(graph, tensor)
    if found is None or found.of_rest or found.logarithm.of_rest:
        return None
    outputs, _, kept = found.logarithm
    if outputs.op.type == "LogSoftmax":
        logits = outputs.op.inputs[0]
        terms = of_classes("softmax_cross_entropy", graph, logits, found.labels)
        terms = replace(terms, by_hand=True)
    elif outputs.op.type == "Softmax" and not kept:
        terms = of_classes("categorical_cross_entropy", graph, outputs, found.labels)
    else:
        terms = Terms("categorical_log_loss", outputs, found.labels, options=kept)
    return replace(terms, last="sum", scale=-found.sign)


def _product(graph: Trained, tensor: tf.Tensor) -> Product | None:
    """Return labels and the logarithm that they are multiplied with."""
    if tensor.op.type != "Mul":
        return None
    for given, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
        if graph.variables(given) or not (found := _logarithm(graph, graph.source(other))):
            continue
        labels, scale, shift = linear(graph, given)
        if (scale, shift) in ((1.0, 0.0), (-1.0, 0.0)):
            return Product(labels, False, scale, found)
        if (scale, shift) in ((-1.0, 1.0), (1.0, -1.0)):
            return Product(labels, True, shift, found)
    return None


def _logarithm(graph: Trained, tensor: tf.Tensor) -> Logarithm | None:
    if tensor.op.type == "LogSoftmax":
        return Logarithm(tensor, False, {})
    if tensor.op.type != "Log":
        return None
    inner, kept = graph.source(tensor.op.inputs[0]), dict[str, Any]()
    clipped, bounds = _clipped(graph, inner)
    found = linear(graph, clipped)
    if bounds is not None:
        kept["clip"] = bounds
    elif (inside := _clipped(graph, found.tensor))[1] is not None:
        found = found._replace(tensor=inside[0])
        kept["clip"] = inside[1]
    if abs(found.scale) != 1.0:
        return None
    of_rest = found.scale < 0
    epsilon = shortest(found.shift - of_rest)
    if epsilon < 0 or (epsilon and kept) or (of_rest and bounds is not None):
        raise NotCovered(tensor.op, "expected log(p), log(1 - p), or of p kept from 0 in one way")
    if epsilon:
        kept["epsilon"] = _first_added(graph, inner)
    return Logarithm(found.tensor, of_rest, kept)


def _first_added(graph: Trained, tensor: tf.Tensor) -> float:
    """Return the small number among those that are added, as it was written."""
    numbers = []
    while (step := once(graph, tensor)) is not None:
        numbers.append(step.shift)
        tensor = step.tensor
    return min(number for number in numbers if number > 0)


def _clipped(
    graph: Trained, tensor: tf.Tensor
) -> tuple[tf.Tensor, tuple[float | None, float | None] | None]:
    """Return what was kept between bounds, and those."""
    tensor, lowest, highest = graph.source(tensor), None, None
    while tensor.op.type in ("Maximum", "Minimum", "ClipByValue"):
        x, *bounds = (graph.source(one) for one in tensor.op.inputs)
        if constant(graph, x) is not None:
            x, bounds = bounds[0], [x]
        numbers = [constant(graph, one) for one in bounds]
        if None in numbers:
            break
        if tensor.op.type == "ClipByValue":
            lowest, highest = numbers
        elif tensor.op.type == "Maximum":
            lowest = numbers[0]
        else:
            highest = numbers[0]
        tensor = x
    return tensor, None if lowest is highest is None else (lowest, highest)
