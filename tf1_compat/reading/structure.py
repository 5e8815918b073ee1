"""What a TensorFlow 1 graph holds that a few updates may not show: dropout, clips, decays.

Read from the ops alone; nothing is run.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.reading import dropout
from tf1_compat.reading.draws import RANDOM
from tf1_compat.reading.dropout import Dropout
from tf1_compat.reading.inspection import Inspection
from tf1_compat.reading.updates import Update, ancestors

CLIPS = {"L2Loss", "Minimum", "Maximum", "ClipByValue", "IsFinite", "Select", "SelectV2"}
"""What clipping adds between a gradient and the op that applies it."""
LOOKUPS = {"Gather", "GatherV2", "ResourceGather"}
SLOT = re.compile(
    r"(/(AdamW?|LazyAdam|Momentum|RMSProp|(Proximal)?Adagrad|Adadelta|Ftrl)|(^|/)beta[12]_power)"
    r"(_\d+)?$"
)
"""What optimizers call what they keep, also where their rule cannot be read off the graph."""
VARIABLES = {"VariableV2", "Variable", "VarHandleOp"}
LARGEST_STEP = 10**7


@dataclass(frozen=True)
class Structure:
    """What was found."""

    dropouts: tuple[Dropout, ...]
    """Those behind the cost, but for those in a loop or branch."""
    draws: tuple[str, ...]
    """Every other op behind the cost that draws random numbers."""
    clipped: bool
    """Gradients are changed on their way to the optimizer."""
    moving: tuple[str, ...]
    """Variables that an update moves and no gradient does, such as moving averages, as made."""
    held: tuple[str, ...]
    """Variables behind the cost that nothing moves, such as those of frozen layers."""
    numbers: tuple[float, ...]
    """Constants behind the cost, as they were written."""
    switch: str | None
    """The bool that people call is_training, true where nothing is fed; None without one."""
    step: str | None
    """The variable that counts the updates, where the learning rate depends on it."""
    boundaries: tuple[int, ...]
    """Whole numbers that the learning rate is made of: decay steps, boundaries."""
    rows: int | None
    """Rows of the smallest table that integers of x are looked up in; None where none are."""


def read(ends: Mapping[str, Any], inspection: Inspection) -> Structure:
    """Return the structure of a graph with these endpoints, as `inspect` was given them."""
    cost, train_op, x = ends["cost"], ends["train_op"], ends["x"]
    updates, gradients, graph = inspection.updates, inspection.gradients, cost.graph
    behind_cost = list(ancestors([cost.op]))
    behind_update = list(ancestors([train_op]))
    trained = {v.op.name for v in graph.get_collection(tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES)}
    rate = next((u.hyperparameters.get("learning_rate") for u in updates), None)
    behind_rate = list(ancestors([graph.get_tensor_by_name(rate).op])) if rate else []
    steps = [
        op.name
        for op in behind_rate
        if op.type in VARIABLES and tf.as_dtype(op.get_attr("dtype")).is_integer
    ]
    moved = {name for name in _moved(behind_update) if not SLOT.search(name)}
    moving = moved - trained - _slots(updates)
    hidden = in_control_flow(cost.op)
    dropouts = dropout.find([op for op in behind_cost if op.name not in hidden])
    return Structure(
        dropouts=dropouts,
        draws=tuple(_draws(behind_cost, dropouts)),
        clipped=any(_clipped(graph, update, gradients) for update in updates),
        moving=tuple(name for name in _floats(behind_update) if name in moving),
        held=tuple(name for name in _floats(behind_cost) if name not in trained | moving),
        numbers=tuple(sorted(_numbers(behind_cost))),
        switch=next((op.outputs[0].name for op in behind_cost if _is_switch(op)), None),
        step=steps[0] if steps else None,
        boundaries=tuple(sorted(set(_whole_numbers(behind_rate)))),
        rows=min(_tables(behind_cost, x), default=None),
    )


def in_control_flow(last: tf.Operation) -> set[str]:
    """Return the names of the ops behind `last` that run in a loop or a branch: not to be fetched.

    By the ops alone, for a graph that was imported has no contexts of control flow.
    """
    ops = list(ancestors([last]))
    loops = _until(ops, ("Enter", "RefEnter"), ("Exit", "RefExit"))
    branches = _until(ops, ("Switch", "RefSwitch"), ("Exit", "RefExit", "Merge", "RefMerge"))
    return loops | branches


def _until(ops: list[tf.Operation], first: tuple[str, ...], last: tuple[str, ...]) -> set[str]:
    """Return the names of the ops `first` and of what runs after them, up to the ops `last`."""
    known, found = {op.name for op in ops}, set()
    waiting = [op for op in ops if op.type in first]
    while waiting:
        op = waiting.pop()
        if op.name in known and op.name not in found and op.type not in last:
            found.add(op.name)
            waiting += [taker for tensor in op.outputs for taker in tensor.consumers()]
            waiting += op._control_outputs  # a constant of a branch takes no tensor of it
    return found


def _draws(ops: list[tf.Operation], dropouts: tuple[Dropout, ...]) -> Iterator[str]:
    """Yield the names of the ops that draw random numbers for anything but `dropouts`."""
    known = {one.drawn.rpartition(":")[0] for one in dropouts}
    return (op.name for op in ops if op.type in RANDOM and op.name not in known)


def _clipped(graph: tf.Graph, update: Update, gradients: Mapping[str, str]) -> bool:
    """Whether more ops that clip are behind the gradient that is applied than behind the cost's."""
    if update.variable not in gradients:
        return False
    applied, raw = (
        Counter(
            op.type
            for op in ancestors([graph.get_tensor_by_name(name).op], control=False)
            if not any(output.dtype.is_integer for output in op.outputs)  # counts and shapes
        )
        for name in (update.gradient, gradients[update.variable])
    )
    return any(applied[kind] > raw[kind] for kind in CLIPS)


def _moved(ops: list[tf.Operation]) -> set[str]:
    """Return the float variables that some Assign op among `ops` writes."""
    found = set()
    for op in ops:
        if "Assign" in op.type and op.inputs:
            target = op.inputs[0].op
            if target.type in VARIABLES and tf.as_dtype(target.get_attr("dtype")).is_floating:
                found.add(target.name)
    return found


def _slots(updates: tuple[Update, ...]) -> set[str]:
    """Return the variables that the optimizer keeps for itself."""
    found: set[str] = set()
    for update in updates:
        found |= {*update.slots.values(), *update.powers.values()}
    return found


def _floats(ops: list[tf.Operation]) -> list[str]:
    """Return the float variables among `ops`, in the order in which they were made."""
    made = [op for op in ops if op.type in VARIABLES]
    made = [op for op in made if tf.as_dtype(op.get_attr("dtype")).is_floating]
    return [op.name for op in sorted(made, key=lambda op: op._id)]


def _is_switch(op: tf.Operation) -> bool:
    if op.type != "PlaceholderWithDefault" or op.outputs[0].dtype != tf.bool:
        return False
    given = op.inputs[0].op
    return given.type == "Const" and bool(tf.make_ndarray(given.get_attr("value")))


def _numbers(ops: list[tf.Operation]) -> set[float]:
    """Return every single float constant among `ops`, to the seven digits that float32 holds."""
    found = []
    for op in ops:  # attributes: a slope, an epsilon
        found += [op.get_attr(one.name) for one in op.op_def.attr if one.type == "float"]
        if op.type == "Const" and tf.as_dtype(op.get_attr("dtype")).is_floating:
            value = tf.make_ndarray(op.get_attr("value"))
            if value.size == 1 and np.isfinite(value).all():
                found.append(float(value.flat[0]))
    return {float(f"{number:.7g}") for number in found}


def _whole_numbers(ops: list[tf.Operation]) -> Iterator[int]:
    for op in ops:
        if op.type == "Const":
            values = tf.make_ndarray(op.get_attr("value")).ravel()
            if values.dtype.kind in "fiu" and values.size <= 64:
                for value in values:
                    if np.isfinite(value) and 1 < value <= LARGEST_STEP and value == int(value):
                        yield int(value)


def _tables(ops: list[tf.Operation], x: tf.Tensor) -> Iterator[int]:
    """Yield the rows of each variable that numbers from `x` are looked up in."""
    for op in ops:
        if op.type not in LOOKUPS:
            continue
        indices = {one.name for one in ancestors([op.inputs[1].op])}
        tables = [one for one in ancestors([op.inputs[0].op]) if one.type in VARIABLES]
        if x.op.name in indices and len(tables) == 1:
            shape = tf.TensorShape(tables[0].get_attr("shape")).as_list()
            if shape and shape[0]:
                yield shape[0]
