"""The optimizer of a graph, with its numbers and what clips gradients on their way to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import tensorflow as tf

from tf1_compat.network import clipping, rates
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.values import Averages, NotCovered, Optimizer
from tf1_compat.reading import averages as reading
from tf1_compat.reading.outside import restores
from tf1_compat.reading.updates import APPLY, Update, ancestors

BEGINNINGS = {
    "Adagrad": {"accum": "initial_accumulator_value"},
    "ProximalAdagrad": {"accum": "initial_accumulator_value"},
    "Ftrl": {"accum": "initial_accumulator_value"},
    "RMSProp": {"ms": "initial_ms"},
}
"""Rule -> slot -> the option that it begins with."""


def read(
    graph: Trained, train_op: tf.Operation, updates: Sequence[Update]
) -> tuple[tuple[Optimizer, ...], str | None]:
    """Return the optimizers, and the variable that rates count steps by; raises NotCovered."""
    if not updates:
        raise NotCovered(train_op, "it applies no gradients by an optimizer that is known")
    kinds: dict[Any, list[Update]] = defaultdict(list)
    for update in updates:
        kinds[update.rule, *sorted(update.hyperparameters.items())].append(update)
    found: list[Optimizer] = []
    steps: set[str] = set()
    for its in kinds.values():
        one, step = _read_one(graph, train_op, its)
        steps |= {step} if step else set()
        same = (other for other in found if replace(one, variables=other.variables) == other)
        if other := next(same, None):
            found.remove(other)
            one = replace(one, variables=other.variables + one.variables)
        found.append(one)
    if len(steps) > 1:
        raise NotCovered(
            train_op, f"its rates count steps by {', '.join(sorted(steps))}; expected one"
        )
    if len(found) > 1:
        _fit_together(graph, train_op, found, updates)
    return tuple(sorted(found, key=lambda one: -len(one.variables))), next(iter(steps), None)


def _fit_together(
    graph: Trained, train_op: tf.Operation, several: Sequence[Optimizer], updates: Sequence[Update]
) -> None:
    """Raise NotCovered for what several optimizers of one Keras model cannot be."""
    gradients = [graph.graph.get_tensor_by_name(one.gradient).op for one in updates]
    if late := next((op for op in ancestors(gradients) if APPLY.fullmatch(op.type)), None):
        raise NotCovered(
            late, "other gradients are taken after this update, Keras takes all before"
        )
    if any("global_norm" in one.clips for one in several):
        raise NotCovered(train_op, "several optimizers share the norm that they clip by")
    betas = {
        (one.options["beta_1"], one.options["beta_2"]) for one in several if one.rule == "Adam"
    }
    if len(betas) > 1:
        raise NotCovered(train_op, "two of its optimizers are Adam, with other betas each")


def _read_one(
    graph: Trained, train_op: tf.Operation, updates: Sequence[Update]
) -> tuple[Optimizer, str | None]:
    """Return the optimizer that makes these updates, and what its rate counts steps by."""
    first = updates[0]
    tensors = {
        name: graph.graph.get_tensor_by_name(tensor)
        for name, tensor in first.hyperparameters.items()
    }
    of_rate = tensors.pop("learning_rate")
    rate, step = rates.read(graph, of_rate)
    options = {name: graph.short(tensor) for name, tensor in tensors.items()}
    for slot, option in BEGINNINGS.get(first.rule, {}).items():
        options[option] = _beginning(graph, first.slots[slot])
    clips = [clipping.read(graph, one) for one in updates]
    if any(clip != clips[0] for clip in clips):
        raise NotCovered(train_op, "it clips some gradients, and others not; expected one clip")
    by_rows = any(one.indices for one in updates)
    if by_rows and "norm" in clips[0]:
        raise NotCovered(
            train_op, "it clips rows of an embedding by their norm, which Keras does not"
        )
    variables = tuple(one.variable for one in updates)
    options |= first.fixed
    kept = rates.held(graph, of_rate)
    return Optimizer(first.rule, rate, options, clips[0], variables, by_rows, kept), step


def averages(
    graph: Trained, moves: Sequence[tf.Operation], updates: Sequence[Update]
) -> tuple[Averages | None, set[str]]:
    """Return the averages of all that is trained, if there are, and every average of a weight."""
    trained = {one.variable: one for one in updates}
    shadows = reading.shadows(moves, trained)
    moved = [op for op in moves if graph.source(op.inputs[0]).op.name in shadows]
    decays = {_decay(graph, op) for op in moved}
    if {*shadows.values()} != {*trained} or len(shadows) != len(trained) or len(decays) != 1:
        return None, {*shadows}
    (found,) = decays
    return found and Averages(*found, shadows), {*shadows}


def _decay(graph: Trained, op: tf.Operation) -> tuple[float, str | None] | None:
    """Return the decay by which an average moves, and what counts updates for it, if anything.

    By (1 - decay) of the difference; with num_updates, decay is min(decay, (1 + n) / (10 + n)).
    """
    factors = [graph.source(one) for one in graph.source(op.inputs[1]).op.inputs]
    (share,) = [one for one in factors if not graph.variables(one) or not one.shape.rank]
    try:
        counts = graph.variables(share)
        if not counts:
            return shortest(1 - graph.short(share)), None
        least = graph.source(share.op.inputs[1]).op
        quotient = graph.source(least.inputs[1]).op
        if (share.op.type, least.type, quotient.type) != ("Sub", "Minimum", "RealDiv"):
            return None
        begun = [graph.short(graph.source(one).op.inputs[0]) for one in quotient.inputs]
        one = graph.short(share.op.inputs[0])
        return (
            (graph.short(least.inputs[0]), counts[0].name) if [one, *begun] == [1, 1, 10] else None
        )
    except (NotCovered, IndexError):
        return None


def _beginning(graph: Trained, slot: str) -> float:
    """Return the number that a slot begins with."""
    variable = graph.graph.get_operation_by_name(slot)
    for op in variable.outputs[0].consumers():
        if op.type in ("Assign", "AssignVariableOp") and not restores(op):
            value = graph.source(op.inputs[1])
            while value.op.type == "Fill":
                value = graph.source(value.op.inputs[1])
            number = graph.number(value)
            return float(str(number.flat[0])) if number.ndim else graph.short(value)
    raise NotCovered(variable, "nothing says what this slot begins with")
