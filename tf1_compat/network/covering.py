"""A graph covered by layers, from the outputs back to the inputs; every op is in one of them."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from tf1_compat.network import forms
from tf1_compat.network.graph import FED, Trained
from tf1_compat.network.values import REST, Call, Input, Layer, NotCovered
from tf1_compat.state import StateError

GENERIC = {
    *("kernel", "weights", "weight", "w", "W", "depthwise_kernel", "embeddings", "table"),
    *("gamma", "beta", "Variable", "filter", "filters", "depthwise_weights"),
}
"""How variables are called that are named by their scope."""
CELL = re.compile(r"(^|/)(basic_)?(lstm|gru|rnn)_cell(/|$)")
OF_CELL = re.compile(
    r"(basic_)?(lstm|gru|rnn)_cell|multi_rnn_cell|cell_\d+|(bidirectional_)?rnn|[fb]w|gates|candidate"
)
"""Scopes that TensorFlow 1 gives a cell, beside those that somebody chose."""
NAMED = ("embedding", "added_weight", "multiplied_weight", "subtracted_weight")
"""Kinds that are named by their variable where it has no scope."""
NOTHING = "nothing"
"""The kind of a match that hands on its input, such as a dropout that drops none."""


@dataclass(frozen=True)
class Match:
    """A layer found at an op."""

    kind: str
    inputs: Sequence["tf.Tensor | Match"]
    """Tensors; or layers whose outputs the graph has not by themselves."""
    options: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, tf.Operation] = field(default_factory=dict)
    """Its own, by what the layer calls them."""
    output: str | None = None
    """What its outputs are called where several tensors of the graph are parts of them."""


Pattern = Callable[[Trained, tf.Tensor], Match | None]


class Covering:
    """What has been covered so far.

    `patterns` are tried in their order, largest first; `within` is the scope that all is in.
    """

    def __init__(self, graph: Trained, patterns: Sequence[Pattern], within: str) -> None:
        self.graph, self.patterns, self.within = graph, patterns, within
        self.inputs: dict[str, Input] = {}
        self.calls: dict[str, Call] = {}
        self._same: dict[str, str] = {}
        """Tensor -> the one that it is, where an op between them does nothing."""
        self._layers: list[Layer] = []
        fed = (op.name for op in graph.graph.get_operations() if op.type in FED)
        self._fed = {re.sub(r"\W+", "_", name).lower() for name in fed}
        """What inputs are called in Keras."""
        self.at: tf.Operation | None = None
        """The op that was looked at last."""

    def cover(self, tensor: tf.Tensor) -> None:
        """Cover all that `tensor` is made of; raises NotCovered for an op that no pattern knows."""
        waiting, matches = [self.graph.source(tensor)], dict[str, Match]()
        while waiting:
            one = waiting[-1]
            self.at = one.op
            if one.op.type in FED:
                self._input(one)
            if one.name in {*self.calls, *self.inputs, *self._same}:
                waiting.pop()
                continue
            if one.name not in matches:
                if (found := self._match(one)) is None:
                    self._input(one)
                    continue
                matches[one.name] = found
            match = matches[one.name]
            made_of = [self.graph.source(part) for part in _tensors(match)]
            known = {*self.calls, *self.inputs, *self._same}
            lacking = [part for part in made_of if part.name not in known]
            waiting += lacking[::-1]
            if not lacking:
                self._call(match, one.name)

    def _call(self, match: Match, output: str) -> None:
        """Add the call that gives `output`, and before it those that it takes the outputs of."""
        names = []
        for place, part in enumerate(match.inputs):
            if isinstance(part, Match):
                names.append(part.output or f"{output}/{place}")
                if names[-1] not in self.calls:
                    self._call(part, names[-1])
            else:
                names.append(self.name(part))
        if match.kind == NOTHING:
            (self._same[output],) = names
        else:
            self.calls[output] = Call(self._layer(match), tuple(names), output)

    def name(self, tensor: tf.Tensor) -> str:
        """Return the input or output of a layer that a tensor is."""
        source = self.graph.source(tensor).name
        return self._same.get(source, source)

    def mapped(self) -> dict[str, str]:
        """Return TensorFlow 1 variable -> path of the Keras variable."""
        layers = (call.layer for call in self.calls.values())
        return {
            variable: f"{layer.name}/{role}"
            for layer in layers
            for role, variable in layer.variables.items()
        }

    def _input(self, tensor: tf.Tensor) -> None:
        if tensor.name in self.graph.switches:
            raise NotCovered(tensor.op, "one number for all rows, which no layer takes")
        if tensor.shape.rank in (None, 0):
            raise NotCovered(tensor.op, "it has no shape with rows; expected such as [None, 784]")
        shape = tuple(tensor.shape.as_list()[1:])
        self.inputs[tensor.name] = Input(tensor.name, tensor.dtype.name, shape)

    def _match(self, tensor: tf.Tensor) -> Match | None:
        """Return the layer that gave `tensor`; None where it is a placeholder in another form."""
        for pattern in self.patterns:
            try:
                if (match := pattern(self.graph, tensor)) is not None:
                    return match
            except (IndexError, TypeError, ValueError) as error:  # shapes, or inputs, that are odd
                if isinstance(error, StateError):
                    raise
        if made := self.graph.variables(tensor):
            near = f"near the variable {made[0].name}"
            raise NotCovered(tensor.op, f"no layer is known for it, {near}")
        forms.of(self.graph, tensor)
        return None

    def _layer(self, match: Match) -> Layer:
        """Return the layer of a match: where its variables were met before, the one that has them.

        Raises NotCovered where that is another layer.
        """
        variables = {role: op.name for role, op in match.variables.items()}
        if not variables:
            return Layer(match.kind, None, match.options)
        for one in self._layers:
            if set(one.variables.values()) & set(variables.values()):
                if one.variables == variables and one.options == match.options:
                    return one
                (first, *_) = match.variables.values()
                raise NotCovered(first, f"{one.name} has it, too, and is another layer")
        (first, *_) = variables.values()
        layer = Layer(match.kind, self._name(match.kind, first), match.options, variables)
        self._layers.append(layer)
        return layer

    def _name(self, kind: str, variable: str) -> str:
        """Return a name of the variable's scope that is valid and was not given yet."""
        if kind == REST:
            return kind
        scope, _, last = variable.rpartition("/")
        last = re.sub(r"_\d+$", "", last)
        whole = (scope if last in GENERIC else variable).removeprefix(self.within)
        if CELL.search(whole):
            chosen = (part for part in whole.split("/") if not OF_CELL.fullmatch(part))
            scope = whole = "/".join(chosen)
        wanted = re.sub(r"\W+", "_", whole).strip("_") if scope or kind in NAMED else kind
        taken = {layer.name for layer in self._layers} | self._fed
        return next(name for name in _numbered(wanted or kind) if name not in taken)


def _tensors(match: Match) -> Iterator[tf.Tensor]:
    """Yield the tensors that a match is made of."""
    for part in match.inputs:
        if isinstance(part, Match):
            yield from _tensors(part)
        else:
            yield part


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(1))


def scope_of(variables: Sequence[str]) -> str:
    """Return the scope that all variables, of several layers, are in, with its slash; or ""."""
    parts = {tuple(name.split("/")[:-1]) for name in variables}
    levels = itertools.takewhile(lambda level: len({*level}) == 1, zip(*parts, strict=False))
    common = "".join(f"{level[0]}/" for level in levels)
    return common if len(parts) > 1 else ""
