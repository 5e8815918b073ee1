"""What a TensorFlow 1 graph holds that a few updates may not show: dropout, clips, decays.

Read from the ops alone; nothing is run.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.reading import averages, constants, draws, dropout, gates
from tf1_compat.reading.control_flow import in_control_flow, in_loop, source
from tf1_compat.reading.draws import RANDOM, Draw
from tf1_compat.reading.dropout import Dropout
from tf1_compat.reading.inspection import Inspection, fed
from tf1_compat.reading.updates import Update, ancestors

CLIPS = {"L2Loss", "Minimum", "Maximum", "ClipByValue", "IsFinite", "Select"}
"""What clipping adds between a gradient and the op that applies it."""
LOOKUPS = {"Gather", "GatherV2", "ResourceGather"}
SLOT = re.compile(
    r"(/(AdamW?|LazyAdam|Momentum|RMSProp|(Proximal)?Adagrad|Adadelta|Ftrl)|(^|/)beta[12]_power)"
    r"(_\d+)?$"
)
"""What optimizers call what they keep, also where their rule cannot be read off the graph."""
VARIABLES = {"VariableV2", "Variable", "VarHandleOp"}


@dataclass(frozen=True)
class Structure:
    """What was found."""

    dropouts: tuple[Dropout, ...]
    """Those behind the cost, but for those in a loop."""
    noise: tuple[Draw, ...]
    """Other random numbers behind the cost, but for those in a loop or branch."""
    draws: tuple[str, ...]
    """Every other op behind the cost that draws random numbers."""
    clipped: bool
    """Gradients are changed on their way to the optimizer."""
    moving: tuple[str, ...]
    """Variables that an update moves and no gradient does, such as moving averages, as made."""
    shadows: Mapping[str, str]
    """Of `moving`: average of a weight -> the trained variable."""
    held: tuple[str, ...]
    """Variables behind the cost that nothing moves, such as those of frozen layers."""
    numbers: tuple[float, ...]
    """Constants behind the cost, as they were written."""
    inference: Mapping[str, Any] | None
    """What is fed where nobody trains: the further feeds' values, or the bool that people call
    is_training, by tensor; None where the graph is the same then."""
    step: str | None
    """The variable that counts the updates, where the learning rate depends on it."""
    boundaries: tuple[int, ...]
    """Whole numbers that the learning rate is made of: decay steps, boundaries."""
    rows: Mapping[str, int]
    """Tensor of x whose integers are looked up -> rows of the smallest table that they are for."""
    gates: Mapping[str, Mapping[str, Any]]
    """Kernel or bias of an LSTM -> the order of its gates, its forget bias."""


def read(ends: Mapping[str, Any], inspection: Inspection) -> Structure:
    """Return the structure of a graph with these endpoints, as `inspect` was given them."""
    cost, train_op, known = ends["cost"], ends["train_op"], fed(ends)
    updates, gradients, graph = inspection.updates, inspection.gradients, cost.graph
    behind_cost = list(ancestors([cost.op], fed=known))
    behind_update = list(ancestors([train_op], fed=known))
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
    looping, hidden = in_loop([cost.op]), in_control_flow([cost.op])
    dropouts = dropout.find([op for op in behind_cost if op.name not in looping])
    masking = {one.drawn.rpartition(":")[0] for one in dropouts}
    noise = draws.given(behind_cost, masking | hidden)
    drawing = masking | {one.drawn.rpartition(":")[0] for one in noise}
    return Structure(
        dropouts=dropouts,
        noise=noise,
        draws=tuple(op.name for op in behind_cost if op.type in RANDOM and op.name not in drawing),
        clipped=any(_clipped(graph, update, gradients) for update in updates),
        moving=tuple(name for name in _floats(behind_update) if name in moving),
        shadows=averages.shadows(behind_update, inspection.shapes),
        held=tuple(name for name in _floats(behind_cost) if name not in trained | moving),
        numbers=tuple(sorted(constants.floats(behind_cost))),
        inference=_inference(behind_cost, ends.get("feeds") or {}),
        step=steps[0] if steps else None,
        boundaries=tuple(sorted(set(constants.whole(behind_rate)))),
        rows=_rows(behind_cost, tf.nest.flatten(ends["x"])),
        gates=gates.read(behind_cost),
    )


def _clipped(graph: tf.Graph, update: Update, gradients: Mapping[str, str]) -> bool:
    """Whether more ops that clip are behind the gradient that is applied than behind the cost's."""
    if update.variable not in gradients:
        return False
    applied, raw = (
        Counter(
            op.type.removesuffix("V2")  # TensorFlow 1's Select is a SelectV2 of 2's
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
            target = source(op.inputs[0])
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


def _inference(
    ops: list[tf.Operation], feeds: Mapping[str, tuple[Any, Any]]
) -> dict[str, Any] | None:
    """Return what is fed where nobody trains; None where that is what training is fed."""
    switch = next((op.outputs[0].name for op in ops if _is_switch(op)), None)
    off = {switch: False} if switch and switch not in feeds else {}
    if not off and all(np.array_equal(*both) for both in feeds.values()):
        return None
    return {name: at_inference for name, (_, at_inference) in feeds.items()} | off


def _is_switch(op: tf.Operation) -> bool:
    if op.type != "PlaceholderWithDefault" or op.outputs[0].dtype != tf.bool:
        return False
    given = op.inputs[0].op
    return given.type == "Const" and bool(tf.make_ndarray(given.get_attr("value")))


def _rows(ops: list[tf.Operation], inputs: list[tf.Tensor]) -> dict[str, int]:
    """Return the rows of the smallest variable that numbers of each input are looked up in."""
    found: dict[str, int] = {}
    for op in ops:
        if op.type not in LOOKUPS:
            continue
        tables = [one for one in ancestors([op.inputs[0].op]) if one.type in VARIABLES]
        shape = tf.TensorShape(tables[0].get_attr("shape")).as_list() if len(tables) == 1 else []
        if not (shape and shape[0]):
            continue
        made_of = ancestors([op.inputs[1].op], fed={one.name for one in inputs})
        taken = {tensor.name for one in made_of for tensor in one.inputs} | {op.inputs[1].name}
        for one in inputs:
            if one.name in taken and one.dtype.is_integer:
                found[one.name] = min(found.get(one.name, shape[0]), shape[0])
    return found
