"""The optimizer of a graph, with its numbers and what clips gradients on their way to it."""

from collections.abc import Sequence

import tensorflow as tf

from tf1_compat.network import clipping, rates
from tf1_compat.network.graph import Trained
from tf1_compat.network.values import NotCovered, Optimizer
from tf1_compat.reading.updates import Update

BEGINNINGS = {
    "Adagrad": {"accum": "initial_accumulator_value"},
    "ProximalAdagrad": {"accum": "initial_accumulator_value"},
    "Ftrl": {"accum": "initial_accumulator_value"},
    "RMSProp": {"ms": "initial_ms"},
}
"""Rule -> slot -> the option that it begins with."""


def read(
    graph: Trained, train_op: tf.Operation, updates: Sequence[Update]
) -> tuple[Optimizer, str | None]:
    """Return the optimizer, and the variable that its rate counts steps by; raises NotCovered."""
    if not updates:
        raise NotCovered(train_op, "it applies no gradients by an optimizer that is known")
    kinds = {(one.rule, *sorted(one.hyperparameters.items())) for one in updates}
    if len(kinds) > 1:
        raise NotCovered(train_op, "it trains with several optimizers; expected one")
    first = updates[0]
    tensors = {
        name: graph.graph.get_tensor_by_name(tensor)
        for name, tensor in first.hyperparameters.items()
    }
    rate, step = rates.read(graph, tensors.pop("learning_rate"))
    options = {name: graph.short(tensor) for name, tensor in tensors.items()}
    for slot, option in BEGINNINGS.get(first.rule, {}).items():
        options[option] = _beginning(graph, first.slots[slot])
    clips = [clipping.read(graph, one) for one in updates]
    if any(clip != clips[0] for clip in clips):
        raise NotCovered(train_op, "it clips some gradients, and others not; expected one clip")
    if any(one.indices for one in updates) and {"norm", "global_norm"} & {*clips[0]}:
        raise NotCovered(train_op, "it clips rows of an embedding by a norm, which Keras does not")
    return Optimizer(first.rule, rate, {**options, **first.fixed}, clips[0]), step


def _beginning(graph: Trained, slot: str) -> float:
    """Return the number that a slot begins with."""
    variable = graph.graph.get_operation_by_name(slot)
    for op in variable.outputs[0].consumers():
        if op.type in ("Assign", "AssignVariableOp"):
            value = graph.source(op.inputs[1])
            while value.op.type == "Fill":
                value = graph.source(value.op.inputs[1])
            number = graph.number(value)
            return float(str(number.flat[0])) if number.ndim else graph.short(value)
    raise NotCovered(variable, "nothing says what this slot begins with")
