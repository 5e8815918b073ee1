"""Which ops of a graph are the rest: those that no pattern knows, and all that is between them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import FED, Trained
from tf1_compat.network.rest import ops
from tf1_compat.network.values import REST, NotCovered
from tf1_compat.reading.structure import VARIABLES


class Region:
    """Ops behind the `ends` of a network that are one layer; none at first."""

    def __init__(self, graph: Trained, ends: Sequence[tf.Tensor]) -> None:
        self._graph, self._ends = graph, [graph.source(end) for end in ends]
        self._names: set[str] = set()
        self._match: Match | None = None

    def grow(self, named: tf.Operation, at: tf.Operation) -> bool:
        """Take in the op that was `named`, or else that which was looked `at`; whether it did.

        Where both are in already, what else reads the variables of the region is taken in.
        """
        every = {op.name for op in self._graph.behind(*self._ends) if op.type not in FED}
        new = [op for op in (named, at) if op.name in every - self._names and self._of_rows(op)][:1]
        new = new or [*self._readers()]
        self._names |= {op.name for op in new}
        self._names |= self._between()
        self._match = None
        # No layer behind it is to look into it for what it could be one with, such as a relu.
        self._graph.uses.update(one.name for one in self._outputs())
        return bool(new)

    def _of_rows(self, op: tf.Operation) -> bool:
        return any(self._graph.rows(one) for one in op.inputs)

    def found(self, graph: Trained, tensor: tf.Tensor) -> Match | None:
        """Return the layer of the region, or the part of what it gives, that `tensor` is."""
        if tensor.op.name not in self._names:
            return None
        self._match = self._match or self._layer()
        outputs = self._match.options["outputs"]
        if len(outputs) == 1:
            return self._match
        return Match("part", [self._match], {"index": str(outputs.index(tensor.name))})

    def _layer(self) -> Match:
        """Return the layer: its ops, each behind those that it is made of, and variables."""
        inputs: list[tf.Tensor] = []
        variables: list[tf.Operation] = []
        made: dict[str, ops.Raw] = {}
        outputs = [*self._outputs()]
        waiting = [(one, False) for one in outputs[::-1]]
        while waiting:
            tensor, ready = waiting.pop()
            op = tensor.op
            if op.type in VARIABLES:
                variables += [] if op in variables else [op]
            elif self._outside(tensor):
                inputs += [] if tensor in inputs else [tensor]
            elif ready:
                made.setdefault(op.name, ops.read(self._graph, op))
            elif op.type != "Const" and op.name not in made:
                ops.refuse(op)
                taken = [(self._taken(one), False) for one in op.inputs]
                waiting += [(tensor, True), *taken[::-1]]
        names = [[one.name for one in tensors] for tensors in (inputs, outputs)]
        shapes = {op.name: op.get_attr("shape") for op in variables}
        options = {
            **{"inputs": names[0], "outputs": names[1], "ops": [*made.values()]},
            "shapes": {name: [one.size for one in shape.dim] for name, shape in shapes.items()},
        }
        return Match(REST, inputs, options, dict(_roles(variables)), f"{names[1][0]}/{REST}")

    def _outside(self, tensor: tf.Tensor) -> bool:
        """Whether other layers give a tensor, or it is fed."""
        return tensor.op.name not in self._names and self._graph.rows(tensor)

    def _taken(self, tensor: tf.Tensor) -> tf.Tensor:
        """Return what an op of the region takes; raises NotCovered where inference has another."""
        found = self._graph.source(tensor)
        if ops.branched(tensor) and not self._outside(found):
            raise NotCovered(tensor.op, "a branch that is within what no layer is known for")
        return found

    def _outputs(self) -> Iterator[tf.Tensor]:
        """Yield what the region gives: what other ops take, and ends."""
        found = {id(end): end for end in self._ends}
        for op in self._graph.behind(*self._ends):
            if op.name not in self._names:
                found |= {id(one): one for one in map(self._graph.source, op.inputs)}
        yield from (one for one in found.values() if one.op.name in self._names)

    def _readers(self) -> Iterator[tf.Operation]:
        """Yield the ops outside that read a variable of the region, or what is made of it alone."""
        owned = {op.name for op in self._layer().variables.values()}
        for op in self._graph.behind(*self._ends):
            if op.name not in self._names and op.type not in FED and self._of_rows(op):
                alone = [one for one in op.inputs if not self._graph.rows(one)]
                if owned & {one.name for each in alone for one in self._graph.variables(each)}:
                    yield op

    def _between(self) -> set[str]:
        """Return the ops on the ways from one op of the region to another."""
        every = {op.name: op for op in self._graph.behind(*self._ends)}
        takers: dict[str, list[str]] = defaultdict(list)
        for op in every.values():
            for tensor in op.inputs:
                takers[self._graph.source(tensor).op.name].append(op.name)
        begun = [out for name in self._names for out in every[name].outputs]
        return {op.name for op in self._graph.behind(*begun)} & _reached(self._names, takers)


def _reached(names: Collection[str], takers: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the ops that take what others of these names give, or what is made of it."""
    waiting, found = [*names], set[str]()
    while waiting:
        more = {*takers.get(waiting.pop(), ())} - found
        found |= more
        waiting += more
    return found


def _roles(variables: Sequence[tf.Operation]) -> Iterator[tuple[str, tf.Operation]]:
    """Yield the variables by the last parts of their names, or by the whole where those are one."""
    last = Counter(op.name.rpartition("/")[2] for op in variables)
    for op in variables:
        short = op.name.rpartition("/")[2]
        yield (short if last[short] == 1 else op.name.replace("/", "_")), op
