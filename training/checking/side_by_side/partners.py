"""Which of the graph's tensors has the outputs of each of Keras' layers, in float64."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_models.clones import variants
from training.checking import localization
from training.checking.case import Case, edited
from training.checking.examination import Examination
from training.checking.failures import expected
from training.checking.localization import Output
from training.checking.side_by_side.graph_side import GraphSide, op_of


class Compared(NamedTuple):
    """A float64 model, its layers held against the graph's tensors."""

    case: Case
    found: Sequence[Output]
    tensors: Mapping[int, str]
    """id of Keras' node -> the tensor that has its outputs."""
    shared: frozenset[str]
    """The ops that make such a tensor, or one with the same numbers, such as an Identity."""

    @property
    def wrong(self) -> Any | None:
        """Keras' node of the first layer whose outputs the graph has nowhere."""
        right = [one.node for one in self.found if id(one.node) in self.tensors]
        return localization.first_wrong(self.found, right)

    @property
    def last(self) -> str | None:
        """The tensor that has the outputs of the last layer, where the graph has them."""
        return self.tensors.get(id(self.found[-1].node))


def compare(examination: Examination, model: keras.Model, graph: GraphSide) -> Compared:
    """Hold each layer of a model's float64 variant against the graph; to be called in its scope.

    Raises Unmatched where variables have no counterpart, and whatever a model does in float64.
    """
    wide = variants.in_float64(model)
    case = Case(examination, wide, examination.pairing(wide))
    found = localization.outputs(case)
    tensors = examination.wide.tensors
    partners = _of_inputs(case)
    shared: set[str] = set()
    for node, values in found:
        names = list(localization.having(values, tensors))
        if names:
            taken = set(partners.values())
            partners[id(node)] = min(names, key=_ranked(graph, values, tensors, taken))
            shared |= {op_of(name) for name in names}
    return Compared(case, found, partners, frozenset(shared))


def _of_inputs(case: Case) -> dict[int, str]:
    """Return id of Keras' node -> the tensor that is fed there: by name in a dict, or in order."""
    x = case.examination.pair.x
    nodes = [node for node in localization.nodes(case.model) if node.is_input]
    names = [node.operation.name for node in nodes]
    if isinstance(x, dict) and set(names) <= set(x):
        return {id(node): x[name].tensor for node, name in zip(nodes, names, strict=True)}
    places = {id(tensor): place for place, tensor in enumerate(case.model.inputs)}
    flat = keras.tree.flatten(x)
    return {id(node): flat[places[id(node.outputs[0])]].tensor for node in nodes}


def _ranked(
    graph: GraphSide, values: np.ndarray, tensors: Mapping[str, np.ndarray], taken: set[str]
) -> Any:
    """Return the key by which the likeliest of several tensors with the same numbers is first.

    One that is shown, that no layer has yet, and of the same shape, as a Reshape's for a Flatten.
    """

    def key(name: str) -> tuple[bool, bool, bool, int]:
        place = graph.place(name)
        other = tensors[name].shape != values.shape
        return place is None, name in taken, other, place or 0

    return key


def last_shared(compared: Compared, wrong: Any) -> tuple[str | None, bool]:
    """Return the last tensor that both sides have before the outputs of `wrong` (a node).

    And whether it is what the layer gives without its activation.
    """
    bare = _without_activation(compared, wrong)
    if bare is not None:
        return bare, True
    return next((compared.tensors[id(node)] for node in _before(wrong, compared)), None), False


def _before(wrong: Any, compared: Compared) -> Iterator[Any]:
    """Yield the nodes before `wrong` whose outputs the graph has, the nearest first."""
    waiting = list(wrong.parent_nodes)
    while waiting:
        node = waiting.pop(0)
        if id(node) in compared.tensors:
            yield node
        else:
            waiting += node.parent_nodes


def _without_activation(compared: Compared, wrong: Any) -> str | None:
    """Return the tensor that has a layer's outputs before its activation, if it has one."""
    layer = wrong.operation
    own = getattr(layer, "activation", None)
    if own is None or own is keras.activations.linear:
        return None
    examination = compared.case.examination
    try:
        found = localization.outputs(compared.case.having(edited(layer.name, activation="linear")))
    except Exception as error:  # an activation that is no setting of a layer of the user's
        if not expected(error, examination.pair.path):
            raise
        return None
    values = (one.values for one in found if one.node.operation.name == layer.name)
    return next(
        (name for one in values for name in localization.having(one, examination.wide.tensors)),
        None,
    )
