"""A cost read as the losses of a batch and penalties of weights, which it is the sum of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import tensorflow as tf

from tf1_compat.network import losses
from tf1_compat.network.algebra import SUMS, once, signed
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.layers.recurrence.rows import labels as unmerged
from tf1_compat.network.losses import own, pieces
from tf1_compat.network.losses.penalties import Penalties, penalties_of
from tf1_compat.network.losses.reductions import Reduction, against_keras, reductions_of
from tf1_compat.network.losses.terms import Terms, fed, unranked
from tf1_compat.network.values import Loss, NotCovered

EXPECTED = (
    "expected the mean, or sum, of a softmax, sparse softmax or sigmoid cross-entropy with logits, "
    "of a cross-entropy of probabilities, or of squared, absolute or Huber errors; and L1 or L2 "
    "penalties"
)


@dataclass(frozen=True)
class Term:
    """A tensor among those that a cost is the sum of."""

    tensor: tf.Tensor
    weight: float = 1.0
    """What it is multiplied by."""
    reductions: tuple[Reduction, ...] = ()
    """What makes one number of it, outermost first."""
    terms: Terms | None = None
    """What it compares, where that is known."""


def read(graph: Trained) -> tuple[tuple[Loss, ...], list[tf.Tensor], Penalties]:
    """Return the losses, the tensors of their outputs, and the penalties; raises NotCovered."""
    found, rest = list[Loss](), list[tuple[tf.Tensor, float]]()
    for number, weight in signed(graph, graph.cost):
        if graph.rows(number):
            try:
                losses_of, penalties = _read(graph, Term(number, weight))
            except NotCovered:
                losses_of, penalties = [], []
            if not losses_of or {one.outputs for one in losses_of} & {one.outputs for one in found}:
                losses_of, penalties = [own.loss(graph, number, weight)], []
            if len(losses_of) == 1 and not penalties:
                losses_of = [_as_number(losses_of[0], number, weight)]
            found, rest = found + losses_of, rest + penalties
        else:
            rest.append((number, weight))
    if not found:
        raise NotCovered(graph.cost.op, "it has no loss of what is fed; expected one")
    outputs = [graph.graph.get_tensor_by_name(one.outputs) for one in found]
    return tuple(found), outputs, penalties_of(graph, rest)


def _as_number(one: Loss, number: tf.Tensor, weight: float) -> Loss:
    """Return a loss that is all of a number, with what it is multiplied by within that."""
    ops = {**one.ops, "factor": shortest(one.ops["factor"] / weight)}
    return replace(one, number=number.name, within=shortest(one.weight / weight), ops=ops)


def _read(graph: Trained, cost: Term) -> tuple[list[Loss], list[tuple[tf.Tensor, float]]]:
    """Return the losses that a number is the sum of, each of an output, and the rest of it."""
    terms = list(_added_up(graph, cost))
    of_rows = [term for term in terms if term.terms or graph.rows(term.tensor)]
    found = [_loss(graph, term) for term in of_rows]
    if len({one.outputs for one in found}) < len(found):
        raise NotCovered(cost.tensor.op, "it has several losses of one output")
    return found, [(term.tensor, term.weight) for term in terms if term not in of_rows]


def _added_up(graph: Trained, term: Term) -> Iterator[Term]:
    """Yield what a term is the sum of."""
    tensor = graph.source(term.tensor)
    term = replace(term, tensor=tensor)
    if found := next(filter(None, (pattern(graph, tensor) for pattern in losses.PATTERNS)), None):
        yield replace(term, terms=found)
    elif (step := once(graph, tensor)) is not None and step.shift == 0:
        yield from _added_up(
            graph, replace(term, tensor=step.tensor, weight=term.weight * step.scale)
        )
    elif (reduced := reductions_of(graph, tensor)) is not None and graph.rows(tensor):
        inner, reduction = reduced
        if reduction:
            weight, reductions = term.weight / reduction.times, (*term.reductions, reduction)
            term = replace(term, weight=weight, reductions=reductions)
        yield from _added_up(graph, replace(term, tensor=inner))
    elif tensor.op.type in (*SUMS, "AddN", "Sub"):
        for place, one in enumerate(tensor.op.inputs):
            sign = -1.0 if tensor.op.type == "Sub" and place else 1.0
            yield from _added_up(graph, _part(term, one, sign))
    else:
        yield term


def _part(whole: Term, part: tf.Tensor, sign: float) -> Term:
    """Return one of those that are added up; raises NotCovered where it is not of each row."""
    reductions = whole.reductions
    if part.shape.rank == 0 and reductions:  # a number beside rows, of which the mean is taken
        if any(one.how != "Mean" for one in reductions):
            raise NotCovered(whole.tensor.op, "a number is added to every row, and added up there")
        reductions = ()
    elif reductions and part.shape.rank != whole.tensor.shape.rank:
        raise NotCovered(whole.tensor.op, f"tensors of several ranks are added up; {EXPECTED}")
    return Term(part, whole.weight * sign, reductions)


def _loss(graph: Trained, term: Term) -> Loss:
    found = term.terms
    if found is None:
        raise NotCovered(term.tensor.op, EXPECTED)
    outputs, given = graph.source(found.outputs), unmerged(graph, found.outputs, found.labels)
    labels = fed(graph, given)
    if outputs.shape.rank == 1:
        outputs = unranked(graph, outputs)
    summed, weight = against_keras(graph, term.tensor, found, outputs, term.reductions)
    factor = term.weight * found.scale
    weight *= factor
    if weight <= 0:
        raise NotCovered(term.tensor.op, f"it is multiplied by {weight:g}; {EXPECTED}")
    weighted = any(one.how == "count" for one in term.reductions)
    ends = outputs.name, labels.name, given is not found.labels, weighted
    ops = pieces.computed(graph, term.tensor, found, term.reductions) | {"factor": factor}
    return Loss(found.kind, found.options, summed, shortest(weight), *ends, ops=ops)
