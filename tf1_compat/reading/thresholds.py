"""Thresholds in a graph: where an op does something else above a number than below it.

Such as relu at 0, a clip at its ends, a branch that is taken or not. What an op does on a side that
no number is on, no comparison of outputs can show.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.reading.constants import SHAPES
from tf1_compat.reading.control_flow import in_control_flow
from tf1_compat.reading.inspection import Inspection
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import ancestors

AT = {
    **{"Relu": (0.0,), "Relu6": (0.0, 6.0), "LeakyRelu": (0.0,)},
    **{"Elu": (0.0,), "Selu": (0.0,), "Abs": (0.0,)},
}
"""Op -> the numbers that its first input is held against."""
CLIPS = {"Minimum", "Maximum", "ClipByValue"}
COMPARISONS = {"Greater", "GreaterEqual", "Less", "LessEqual"}
CONDITIONS = {"Select": 0, "SelectV2": 0, "If": 0, "StatelessIf": 0, "Switch": 1}
"""Op -> which of its inputs is true or false."""
STARTS = {*VARIABLES, "Placeholder"}
"""Where a model's numbers come from; variables that a traced function captures are the latter."""
NUMBERLESS = {*SHAPES, "ZerosLike", "OnesLike"}
"""Whatever the numbers are, what these give of them is the same."""


@dataclass(frozen=True)
class Threshold:
    """One threshold of an op; a condition has none but true and false."""

    op: tf.Operation
    whose: str
    value: tf.Tensor
    limit: tf.Tensor | float
    guard: bool
    """It keeps a logarithm from zero, and is no part of the model."""

    @property
    def sides(self) -> tuple[str, str]:
        """Both sides in words."""
        op = f"{self.op.name} ({self.op.type}{self.whose})"
        if self.value.dtype == tf.bool:
            return f"{op} if false", f"{op} if true"
        limit = f"{self.limit:g}" if isinstance(self.limit, float) else "its other input"
        return f"{op} below {limit}", f"{op} above {limit}"

    @property
    def compared(self) -> list[tf.Tensor]:
        """What `reached` needs the numbers of."""
        return [self.value] if isinstance(self.limit, float) else [self.value, self.limit]

    def reached(self, value: np.ndarray, limit: np.ndarray | None = None) -> set[str]:
        """Return the sides that these numbers are on; what is at the limit is on both."""
        at = self.limit if limit is None else limit
        there = (value <= at).any(), (value >= at).any()
        return {side for side, reached in zip(self.sides, there, strict=True) if reached}


def of_graph(
    graph: tf.Graph, inspection: Inspection, fixed: Collection[str] = ()
) -> list[Threshold]:
    """Return those behind the outputs, if they are named, and the cost.

    What is `fixed`, by tensor, such as a training switch, is on one side for good.
    """
    last = [*inspection.logits.values(), inspection.cost]
    inputs = tf.nest.flatten([inspection.x, inspection.y])
    found = find([graph.get_tensor_by_name(name).op for name in last], fed=inputs)
    return [one for one in found if one.value.name not in fixed]


def find(last: list[tf.Operation], whose: str = "", fed: Collection[str] = ()) -> list[Threshold]:
    """Return the thresholds behind the ops `last` that data or variables are held against.

    Those within loops and branches are left out: nothing there can be fetched. Words say `whose`;
    `fed` as in `ancestors`.
    """
    behind = {op.name: op for op in ancestors(last, control=False, fed=fed)}
    hidden = in_control_flow(last)
    fetched = _depending(behind, fed) - hidden
    found: dict[Any, Threshold] = {}
    for op in sorted(behind.values(), key=lambda op: op._id):
        for value, limit in _held_against(op):
            known = value.op.name in fetched or value.name in fed
            if known and (op.name not in hidden or op.type == "Switch"):
                key = value.name, limit if isinstance(limit, float) else limit.name
                found.setdefault(key, Threshold(op, whose, value, limit, _guards(op, behind)))
    return list(found.values())


def reached(found: Sequence[Threshold], numbers: Sequence[Sequence[Any]]) -> set[str]:
    """Return the sides that numbers are on, given those that each threshold has `compared`."""
    pairs = zip(found, numbers, strict=True)
    return set().union(*(one.reached(*map(np.asarray, given)) for one, given in pairs))


def _held_against(op: tf.Operation) -> Iterator[tuple[tf.Tensor, tf.Tensor | float]]:
    """Yield what an op holds against which limits."""
    for limit in AT.get(op.type, ()):
        yield op.inputs[0], limit
    if op.type in CLIPS | COMPARISONS:
        value, *limits = op.inputs
        if len(limits) == 1 and tf.get_static_value(value) is not None:
            value, limits = limits[0], [value]
        for limit in limits:
            number = tf.get_static_value(limit)
            known = number is not None and np.size(number) == 1
            yield value, float(np.ravel(number)[0]) if known else limit
    if op.type in CONDITIONS:
        condition = op.inputs[CONDITIONS[op.type]]
        while condition.op.type == "Identity":
            condition = condition.op.inputs[0]
        if condition.op.type not in COMPARISONS:  # which says itself what it compares
            yield condition, 0.5


def _depending(behind: Mapping[str, tf.Operation], fed: Collection[str]) -> set[str]:
    """Return the names of the ops among `behind` whose numbers follow from STARTS, or are fed."""
    waiting, found = [op for op in behind.values() if op.type in STARTS or _takes(op, fed)], set()
    while waiting:
        op = waiting.pop()
        if op.name in behind and op.name not in found and op.type not in NUMBERLESS:
            found.add(op.name)
            waiting += [taker for tensor in op.outputs for taker in tensor.consumers()]
    return found


def _takes(op: tf.Operation, fed: Collection[str]) -> bool:
    return any(tensor.name in fed for tensor in op.inputs)


def _guards(op: tf.Operation, behind: Mapping[str, tf.Operation]) -> bool:
    """Whether an op clips what only a logarithm is taken of."""
    if op.type not in CLIPS:
        return False
    takers = [t for tensor in op.outputs for t in tensor.consumers() if t.name in behind]
    return bool(takers) and all(t.type == "Log" or _guards(t, behind) for t in takers)
