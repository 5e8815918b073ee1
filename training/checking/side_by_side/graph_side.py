"""The TensorFlow 1 side: the ops that the outputs are made of, in the order they were made."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tf1_compat.reading.constants import SHAPES
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import ancestors
from training.model_files.pair import Pair

INTO_LOOPS = {"Enter", "RefEnter"}
"""Ops that only hand numbers into a loop."""

Shape = tuple[int | None, ...] | None
"""None: not known; a size of None: any."""


@dataclass(frozen=True)
class Op:
    """An op, or a whole loop or branch, that numbers of x or y go through."""

    name: str
    kind: str
    """Its type, such as MatMul."""
    shape: Shape
    """Of its first output."""
    variables: tuple[str, ...] = ()
    """What it reads besides, directly or through ops that x and y do not go through."""
    line: int | None = None
    """Line of PAIR.py that made it, where one did."""
    departs: bool = False
    """It is the first op after the last tensor that both sides have."""


class GraphSide:
    """What is behind the outputs of a pair's graph; ops without numbers of x or y are left out."""

    def __init__(self, pair: Pair) -> None:
        self._path, inputs = pair.path.resolve(), keras.tree.flatten([pair.x, pair.y])
        self.x = [fed.tensor for fed in keras.tree.flatten(pair.x)]
        last = [pair.graph.get_tensor_by_name(name).op for name in pair.inspection.last]
        behind = ancestors(last, control=False)
        self._behind = sorted(behind, key=lambda op: op._id)
        self._fed = self._reached(op_of(fed.tensor) for fed in inputs)
        self._shown = {op.name: _outermost(op) for op in self._behind if op.name in self._fed}
        self.ops = self._listed()
        self._places = {op.name: place for place, op in enumerate(self.ops)}

    def _reached(self, names: Iterable[str]) -> set[str]:
        """Return the ops that numbers of the ops `names` go through, these included."""
        behind = {op.name: op for op in self._behind}
        waiting, found = [name for name in names if name in behind], set()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                takers = (op for out in behind[name].outputs for op in out.consumers())
                waiting += [op.name for op in takers if op.name in behind and op.type not in SHAPES]
        return found

    def _listed(self) -> tuple[Op, ...]:
        """Return the ops; those of a loop or a branch as one, where its last one stands."""
        made: dict[str, Op] = {}
        for op in self._behind:
            if op.name not in self._shown or op.type in INTO_LOOPS:
                continue
            name, kind = self._shown[op.name]
            before = made.pop(name, None)
            variables = dict.fromkeys((*(before.variables if before else ()), *self._reads(op)))
            line = before.line if before else self._line(op)
            made[name] = Op(name, kind, _shape(op), tuple(variables), line)
        return tuple(made.values())

    def _reads(self, op: tf.Operation) -> list[str]:
        """Return the variables that the op takes besides what x and y go through."""
        waiting, found = [op], {}
        while waiting:
            for one in (tensor.op for tensor in waiting.pop().inputs):
                if one.name not in self._fed and one.name not in found and one.type not in SHAPES:
                    found[one.name] = one
                    waiting.append(one)
        read = [one for one in found.values() if one.type in VARIABLES]
        return [one.name for one in sorted(read, key=lambda one: one._id)]

    def _line(self, op: tf.Operation) -> int | None:
        """Return the innermost line of the file that made the op."""
        lines = [frame.lineno for frame in op.traceback if self._is_own(frame)]
        return lines[-1] if lines else None

    def _is_own(self, frame: Any) -> bool:
        return Path(frame.filename).name == self._path.name and (
            Path(frame.filename).resolve() == self._path
        )

    def place(self, tensor: str) -> int | None:
        """Return which of `ops` makes a tensor, by its name; None where it is not shown."""
        shown = self._shown.get(op_of(tensor))
        return self._places.get(shown[0]) if shown else None

    def after(self, *tensors: str) -> list[str]:
        """Return the names of the ops that numbers of the tensors go through, in order."""
        names = {op_of(tensor) for tensor in tensors}
        reached = self._reached(names) - names
        return [op.name for op in self._behind if op.name in reached]


def _outermost(op: tf.Operation) -> tuple[str, str]:
    """Return name and kind of the loop or branch that an op stands in, or its own."""
    name, kind = op.name, op.type
    context = op._get_control_flow_context()
    while context is not None:
        name, kind = context.name, type(context).__name__.removesuffix("Context")
        context = context.outer_context
    return name, kind


def op_of(tensor: str) -> str:
    """Return the name of the op that makes a tensor, by the tensor's name."""
    return tensor.partition(":")[0]


def _shape(op: tf.Operation) -> Shape:
    if not op.outputs or op.outputs[0].shape.rank is None:
        return None
    return tuple(op.outputs[0].shape.as_list())
