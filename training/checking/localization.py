"""Which layers compute what TensorFlow 1's graph computes somewhere: where a forward pass departs.

No layer is paired with an op: a layer is right where some tensor behind the graph's outputs has the
same numbers. That is a hint where to look first, never a verdict.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from training.checking.case import Case
from training.parity.tolerances import TOLERANCES

FEW = 16
"""Numbers that are compared first."""


class Located(NamedTuple):
    """What every layer's outputs say."""

    right: int
    """Layers whose outputs the graph has, those that only hand on aside."""
    wrong: str | None = None
    """The first layer whose outputs it has not; None where there is none."""
    kind: str = ""
    """What `wrong` is."""
    near: frozenset[str] = frozenset()
    """`wrong`, and the layers that it takes its inputs from, back to the first with weights."""


def locate(case: Case) -> Located | None:
    """Return where the outputs of a float64 model depart; None where its layers cannot be seen."""
    assert case.pairing
    wide = case.examination.wide
    wide.begun(case.model, case.pairing)  # its weights are the beginning's
    nodes = _nodes(case.model)
    if not nodes:
        return None
    inputs = keras.ops.convert_to_tensor(wide.batches[0][0])
    before = [(variable, variable.numpy()) for variable in case.model.non_trainable_variables]
    outputs = keras.Model(case.model.inputs, [node.outputs[0] for node in nodes])(
        inputs, training=True
    )
    for variable, value in before:
        variable.assign(value)
    right, wrong, seen = 0, None, {}
    for node, array in zip(nodes, keras.tree.flatten(outputs), strict=True):
        values = np.asarray(array).ravel()
        seen[id(node)] = values
        if _among(values, wide.tensors):
            right += not isinstance(node.operation, keras.layers.Identity)
        elif wrong is None and not _only_moved(
            values, [seen.get(id(p)) for p in node.parent_nodes]
        ):
            wrong = node
    if wrong is None:
        return Located(right)
    name, kind = wrong.operation.name, type(wrong.operation).__name__
    return Located(right, name, kind, frozenset((name, *_before(wrong))))


def _before(node: Any) -> Iterator[str]:
    """Yield the layers that a call takes its inputs from, back to the first with weights."""
    for parent in node.parent_nodes:
        yield parent.operation.name
        if not getattr(parent.operation, "weights", ()):
            yield from _before(parent)


def _nodes(model: keras.Model) -> list[Any]:
    """Return the calls of layers and operations with one output, in the order they are made."""
    if isinstance(model, keras.Sequential):
        model = model._functional
    nodes = getattr(model, "_nodes_by_depth", {})
    return [
        node
        for depth in sorted(nodes, reverse=True)
        for node in nodes[depth]
        if not node.is_input and len(node.outputs) == 1
    ]


def _among(values: np.ndarray, tensors: list[np.ndarray]) -> bool:
    """Whether some tensor has these numbers, whatever its shape."""
    allowed = TOLERANCES["float64_ladder"].relative * float(np.abs(values).max(initial=0))
    return any(
        tensor.size == values.size
        and np.abs(tensor.ravel()[:FEW] - values[:FEW]).max(initial=0) <= allowed
        and np.abs(tensor.ravel() - values).max(initial=0) <= allowed
        for tensor in tensors
    )


def _only_moved(values: np.ndarray, parents: list[np.ndarray | None]) -> bool:
    """Whether these are a parent's numbers elsewhere: a transposition is in no graph that fuses."""
    return any(
        parent is not None
        and parent.size == values.size
        and np.array_equal(np.sort(parent), np.sort(values))
        for parent in parents
    )
