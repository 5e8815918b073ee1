"""Which layers compute what TensorFlow 1's graph computes somewhere: where a forward pass departs.

No layer is paired with an op: a layer is right where some tensor behind the graph's outputs has the
same numbers. That is a hint where to look first, never a verdict.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from training.checking.case import Case
from training.checking.wide import Wide
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

    @property
    def score(self) -> int:
        """How right it is: one more where nothing is wrong, for then no layer is in the way."""
        return self.right + (self.wrong is None)


class Output(NamedTuple):
    """What one call of a layer or of an operation gave."""

    node: Any
    """Keras' node of the call."""
    values: np.ndarray


def locate(case: Case) -> Located | None:
    """Return where the outputs of a float64 model depart; None where its layers cannot be seen."""
    tensors = case.examination.wide.tensors
    found = outputs(case)
    if not found:
        return None
    values = {id(one.node): one.values for one in found}
    right = [one.node for one in found if next(having(one.values, tensors), None)]
    count = sum(not _hands_on(node, values) for node in right)
    wrong = first_wrong(found, right)
    if wrong is None:
        return Located(count)
    name, kind = wrong.operation.name, type(wrong.operation).__name__
    return Located(count, name, kind, frozenset((name, *_before(wrong))))


def _hands_on(node: Any, values: Mapping[int, np.ndarray]) -> bool:
    """Whether a call gives what it is given, as a layer may that was put in and changes nothing."""
    before = (values.get(id(parent)) for parent in node.parent_nodes)  # none of inputs
    same = any(one is not None and np.array_equal(one, values[id(node)]) for one in before)
    return same or isinstance(node.operation, keras.layers.Identity)


def outputs(case: Case, wide: Wide | None = None) -> list[Output]:
    """Return what each call gives on the first batch, in order; empty where none can be seen.

    `wide`: the graph on other batches than the examination's. Calls with several outputs are left
    out.
    """
    assert case.pairing
    wide = wide or case.examination.wide
    wide.begun(case.model, case.pairing)  # its weights are the beginning's
    seen = [node for node in nodes(case.model) if not node.is_input and len(node.outputs) == 1]
    values = values_of(case, [node.outputs[0] for node in seen], wide)
    return [Output(*one) for one in zip(seen, values, strict=True)]


def values_of(case: Case, tensors: Sequence[Any], wide: Wide) -> list[np.ndarray]:
    """Return what Keras' symbolic `tensors` are on the first batch; weights stay as they are."""
    if not tensors:
        return []
    inputs = keras.tree.map_structure(keras.ops.convert_to_tensor, wide.batches[0][0])
    before = [(variable, variable.numpy()) for variable in case.model.non_trainable_variables]
    values = keras.Model(_functional(case.model).input, list(tensors))(inputs, training=True)
    for variable, value in before:
        variable.assign(value)
    return [np.asarray(array) for array in keras.tree.flatten(values)]


def _before(node: Any) -> Iterator[str]:
    """Yield the layers that a call takes its inputs from, back to the first with weights."""
    for parent in node.parent_nodes:
        yield parent.operation.name
        if not getattr(parent.operation, "weights", ()):
            yield from _before(parent)


def nodes(model: keras.Model) -> list[Any]:
    """Return the calls of layers and operations in the order they are made, inputs included."""
    by_depth = getattr(_functional(model), "_nodes_by_depth", {})
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _functional(model: keras.Model) -> keras.Model:
    return model._functional if isinstance(model, keras.Sequential) else model


def having(values: np.ndarray, tensors: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Yield the names of the tensors that have these numbers, whatever their shape."""
    values = values.ravel()
    allowed = TOLERANCES["float64_ladder"].relative * float(np.abs(values).max(initial=0))
    for name, tensor in tensors.items():
        if (
            tensor.size == values.size
            and np.abs(tensor.ravel()[:FEW] - values[:FEW]).max(initial=0) <= allowed
            and np.abs(tensor.ravel() - values).max(initial=0) <= allowed
        ):
            yield name


def first_wrong(found: Sequence[Output], right: Collection[Any]) -> Any | None:
    """Return the node of the first call that is not `right`; None where there is none."""
    known, seen = {id(node) for node in right}, {}
    for node, values in found:
        seen[id(node)] = values.ravel()
        parents = [seen.get(id(parent)) for parent in node.parent_nodes]
        if id(node) not in known and not _only_moved(seen[id(node)], parents):
            return node
    return None


def _only_moved(values: np.ndarray, parents: list[np.ndarray | None]) -> bool:
    """Whether these are a parent's numbers elsewhere: a transposition is in no graph that fuses."""
    return any(
        parent is not None
        and parent.size == values.size
        and np.array_equal(np.sort(parent), np.sort(values))
        for parent in parents
    )
