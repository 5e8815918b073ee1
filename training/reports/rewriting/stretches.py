"""The ops of a graph that a line of source stands for, and the variables that they read."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import tensorflow as tf

from tf1_compat.network import Forward, Loss, Network, NotCovered
from tf1_compat.network.graph import FED, Trained
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import ancestors

UPDATES = ("Apply", "Scatter", "AssignAdd")
"""What ops that train, or count, have in their types."""


class Op(NamedTuple):
    """An op, and what it reads or changes."""

    name: str
    kind: str
    """Its type, such as MatMul."""
    variables: tuple[str, ...] = ()


class Stretches:
    """What became what of a network."""

    def __init__(self, graph: tf.Graph, network: Forward) -> None:
        self._graph, self._network = graph, network
        cost, losses = network.outputs[0], tuple[Loss, ...]()
        if isinstance(network, Network):
            cost, losses = network.cost, network.losses
        self._trained = Trained(graph, graph.get_tensor_by_name(cost), network.switches)
        self._owned = {call.output: call.layer.variables.values() for call in network.calls}
        of_cost = [end for one in losses for end in (one.outputs, one.labels)]
        self._begins = {cost: of_cost, **{one.output: [*one.inputs] for one in network.calls}}

    def of(self, name: str) -> list[Op]:
        """Return the ops of a line that is of the tensor, or of the train op, called `name`."""
        if ":" not in name:
            return self._updates(name)
        if _within(name):
            return []
        ops = self._between({*self._outside(name)}, self._graph.get_tensor_by_name(name))
        made = [Op(op.name, op.type, self._read(op)) for op in sorted(ops, key=lambda op: op._id)]
        read = {one for op in made for one in op.variables}
        averages = [one for one in self._owned.get(name, ()) if one not in read]
        if made and averages:
            made[-1] = made[-1]._replace(variables=(*made[-1].variables, *averages))
        return made

    def _outside(self, name: str) -> Iterator[str]:
        """Yield the tensors of the graph that a call takes, and those that calls within it take."""
        for one in self._begins.get(name, ()):
            yield from self._outside(one) if _within(one) else [one]

    def _between(self, begins: Collection[str], end: tf.Tensor) -> Iterator[tf.Operation]:
        """Yield the ops that numbers go through, but for what they come from."""
        waiting, seen = [end], set()
        while waiting:
            tensor = self._source(waiting.pop())
            if tensor is None or tensor.name in begins or tensor.op.name in seen:
                continue
            seen.add(tensor.op.name)
            if tensor.op.type not in ("Const", *VARIABLES):
                yield tensor.op
                waiting += [] if tensor.op.type in FED else tensor.op.inputs

    def _source(self, tensor: tf.Tensor) -> tf.Tensor | None:
        try:
            return self._trained.source(tensor)
        except NotCovered:  # within a loop, which stands for itself
            return None

    def _read(self, op: tf.Operation) -> tuple[str, ...]:
        sources = [one for one in map(self._source, op.inputs) if one is not None]
        return tuple(one.op.name for one in sources if one.op.type in VARIABLES)

    def _updates(self, train_op: str) -> list[Op]:
        """Return the ops that change variables as Keras' optimizer does."""
        assert isinstance(self._network, Network)
        kept = {*(one.variable for one in self._network.updates), self._network.step}
        behind = ancestors([self._graph.get_operation_by_name(train_op)])
        found = [
            Op(op.name, op.type, (op.inputs[0].op.name,))
            for op in sorted(behind, key=lambda op: op._id)
            if any(kind in op.type for kind in UPDATES)
        ]
        return [op for op in found if kept & {*op.variables}]


def _within(name: str) -> bool:
    """Whether a name is none of the graph's: of what is given between two layers of one op."""
    return "/" in name.rpartition(":")[2]
