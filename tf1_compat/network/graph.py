"""A graph as it trains: switches resolved, what only hands on left out, constants worked out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.network import arithmetic
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.constants import SHAPES
from tf1_compat.reading.dropout import PLACEHOLDERS
from tf1_compat.reading.structure import VARIABLES

GIVING = {
    *("IteratorGetNext", "IteratorGetNextSync", "QueueDequeue", "QueueDequeueV2"),
    *("QueueDequeueMany", "QueueDequeueManyV2", "QueueDequeueUpTo", "QueueDequeueUpToV2"),
}
"""What iterators and queues give their outputs by, which are fed in their place."""
FED = PLACEHOLDERS | GIVING
HANDS_ON = {
    *("Identity", "ReadVariableOp", "Switch", "RefSwitch", "Snapshot", "PreventGradient"),
    *("Enter", "RefEnter"),
}


class Trained:
    """A graph whose switches stand as in training.

    `switches`: placeholder's tensor -> its values in training and in inference.
    """

    def __init__(
        self, graph: tf.Graph, cost: tf.Tensor, switches: Mapping[str, tuple[Any, Any]]
    ) -> None:
        self.graph, self.cost, self.switches = graph, cost, switches
        self._branches: dict[str, tf.Tensor] = {}
        self._added: dict[str, str] = {}
        self.uses = Counter(
            self.source(tensor).name
            for op in self.behind(cost)
            if op.type not in SHAPES
            for tensor in op.inputs
        )
        """Tensor -> how many ops behind the cost take its numbers."""

    def op_of(self, output: str) -> tf.Operation:
        """Return the op that a call's output is of, or is within."""
        return self.graph.get_operation_by_name(output.partition(":")[0])

    def source(self, tensor: tf.Tensor) -> tf.Tensor:
        """Return the tensor that `tensor` is handed on from, in training.

        The state of a loop is what its Merge gives.
        """
        while True:
            if tensor.op.type == "Merge":
                if any(one.op.type == "NextIteration" for one in tensor.op.inputs):
                    return tensor
                if tensor.op.name not in self._branches:
                    self._branches[tensor.op.name] = self._taken(tensor.op)
                tensor = self._branches[tensor.op.name]
            elif tensor.op.type in HANDS_ON:
                tensor = tensor.op.inputs[0]
            else:
                return tensor

    def add(self, tensor: tf.Tensor, beside: tf.Tensor) -> tf.Tensor:
        """Note a tensor that was added to the graph, to be called as one that was there before."""
        self._added[tensor.name] = f"{self.named(beside.name)}/steps"
        return tensor

    def named(self, tensor: str) -> str:
        """Return what a tensor is called outside, where the graph is as it was."""
        return self._added.get(tensor, tensor)

    def variable(self, tensor: tf.Tensor) -> tf.Operation | None:
        """Return the variable whose value `tensor` is, or None."""
        op = self.source(tensor).op
        return op if op.type in VARIABLES else None

    def behind(self, *tensors: tf.Tensor) -> Iterator[tf.Operation]:
        """Yield the ops whose data the tensors are made of in training, each once."""
        waiting, seen = list(tensors), set()
        while waiting:
            op = self.source(waiting.pop()).op
            if op.name not in seen:
                seen.add(op.name)
                yield op
                waiting += () if op.type in FED else op.inputs

    def variables(self, tensor: tf.Tensor) -> list[tf.Operation]:
        """Return the variables that a tensor is made of."""
        return [op for op in self.behind(tensor) if op.type in VARIABLES]

    def rows(self, tensor: tf.Tensor) -> bool:
        """Whether a tensor is made of what is fed for each row."""
        fed = (op for op in self.behind(tensor) if op.type in FED)
        return any(op.outputs[0].name not in self.switches for op in fed)

    def number(self, tensor: tf.Tensor, fed: Mapping[str, Any] = MappingProxyType({})) -> Any:
        """Return the value of arithmetic of constants, of switches and of what is `fed` besides.

        Raises NotCovered where it is made of anything else.
        """
        if not fed and (op := self.source(tensor).op).type == "Const":  # else a branch may be fed
            return tf.make_ndarray(op.get_attr("value"))
        feeds = {name: value for name, (value, _) in self.switches.items()}
        return arithmetic.evaluate(tensor, feeds | {**fed})

    def short(self, tensor: tf.Tensor) -> float:
        """Return one number as the shortest decimal that rounds to it."""
        number = self.number(tensor)
        if np.size(number) != 1:
            raise NotCovered(tensor.op, f"{np.size(number)} numbers; expected one")
        return shortest(np.reshape(number, ()))

    def _taken(self, merge: tf.Operation) -> tf.Tensor:
        """Return the input of a Merge that comes of the branch that training takes."""
        for tensor in merge.inputs:
            switch = self._switch_of(tensor)
            if switch is not None and bool(self.number(switch.op.inputs[1])) == bool(
                switch.value_index
            ):
                return tensor
        raise NotCovered(merge, "a branch that is not chosen by a switch between two modes")

    def _switch_of(self, tensor: tf.Tensor) -> tf.Tensor | None:
        """Return the output of the nearest Switch that a tensor of a branch waits for."""
        waiting, seen = [tensor], set()
        while waiting:
            one = waiting.pop(0)
            if one.op.type in ("Switch", "RefSwitch"):
                return one
            if one.op.name not in seen:
                seen.add(one.op.name)
                waiting += one.op.inputs
                waiting += [out for op in one.op.control_inputs for out in op.outputs[:1]]
        return None


def shortest(number: Any) -> float:
    """Return a float as people wrote it: the shortest decimal that rounds to the float32."""
    return float(str(np.float32(number)))
