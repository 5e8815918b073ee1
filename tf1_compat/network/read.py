"""A graph read whole, or refused: nothing is left out of what is given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from tf1_compat.network import beginnings, costs, ends, forms, layers, optimizers, rows
from tf1_compat.network.covering import Covering, scope_of
from tf1_compat.network.graph import Trained
from tf1_compat.network.values import AVERAGES, Network, NotCovered
from tf1_compat.reading import updates
from tf1_compat.reading.dropout import PLACEHOLDERS
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import Update
from tf1_compat.state import StateError


@dataclass(frozen=True)
class Given:
    """What a user says of a graph that it does not say itself."""

    cost: str | None = None
    train_op: str | None = None
    feeds: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Placeholder of one number -> what it is fed in training, in inference."""


def read(graph: tf.Graph, given: Given) -> tuple[Network, dict[str, str]]:
    """Return the network, and TensorFlow 1 variable -> path of the Keras variable, all of them.

    Raises NotCovered for what is not understood, and StateError where something is to be chosen.
    """
    train_op = ends.train_op(graph, given.train_op)
    cost = ends.cost(graph, train_op, given.cost)
    behind = list(updates.ancestors([train_op, cost.op]))
    trained = Trained(graph, cost, _switches(behind, given.feeds))
    losses, outputs, penalties = costs.read(trained)
    moves = [op for op in behind if "Assign" in op.type or "Scatter" in op.type]
    applied = updates.read(train_op)
    applied += rows.read(trained, moves, applied)
    scope = scope_of([one.variable for one in applied])
    covering = Covering(trained, layers.patterns(trained, moves), scope)
    for one in outputs:
        covering.cover(one)
    optimizer, step = optimizers.read(trained, train_op, applied)
    mapped = covering.mapped()
    _all_trained(graph, train_op, applied, mapped, penalties)
    step = _explain(moves, applied, mapped, step)
    network = Network(
        inputs=tuple(covering.inputs.values()),
        calls=tuple(covering.calls.values()),
        losses=losses,
        penalties=penalties,
        beginnings=beginnings.read(trained, mapped),
        optimizer=optimizer,
        updates=tuple(applied),
        step=step,
        switches=trained.switches,
        cost=cost.name,
        train_op=train_op.name,
        formed=forms.read(trained, [*covering.inputs, *(one.labels for one in losses)]),
    )
    return network, mapped


def _switches(
    behind: Sequence[tf.Operation], feeds: Mapping[str, tuple[Any, Any]]
) -> dict[str, tuple[Any, Any]]:
    """Return what placeholders of one number are fed; raises StateError where nobody says it."""
    found = {}
    for op in behind:
        if op.type not in PLACEHOLDERS or op.outputs[0].shape.rank:
            continue
        if op.name in feeds:
            found[op.outputs[0].name] = feeds[op.name]
        elif op.outputs[0].dtype == tf.bool:
            found[op.outputs[0].name] = (True, False)
        else:
            raise StateError(
                f"the placeholder {op.name} is one number, and nothing says which. Add what it is "
                f"fed in training and in inference, such as --feed {op.name}=0.5/1.0."
            )
    if unknown := sorted({f"{name}:0" for name in feeds} - {*found}):
        raise StateError(
            f"--feed {unknown[0].removesuffix(':0')}: no placeholder of one number is called so; "
            f"there is {', '.join(name.removesuffix(':0') for name in found) or 'none'}."
        )
    return found


def _all_trained(
    graph: tf.Graph,
    train_op: tf.Operation,
    applied: Sequence[Update],
    mapped: Mapping[str, str],
    penalties: Mapping[str, Any],
) -> None:
    """Raise NotCovered unless what is trained is what the layers have, but for averages."""
    trained = {one.variable for one in applied}
    for name in sorted((trained | {*penalties}) - {*mapped}):
        raise NotCovered(graph.get_operation_by_name(name), "it is trained, and in no layer")
    for name in mapped:
        if name not in trained and mapped[name].rpartition("/")[2] not in AVERAGES:
            raise NotCovered(
                graph.get_operation_by_name(name),
                f"it is in a layer, and {train_op.name} does not train it by an op that is known",
            )


def _explain(
    moves: Sequence[tf.Operation],
    applied: Sequence[Update],
    mapped: Mapping[str, str],
    step: str | None,
) -> str | None:
    """Return the variable that counts updates; raises NotCovered for what else is changed."""
    kept = {name for one in applied for name in (*one.powers.values(), *one.slots.values())}
    for op in moves:
        variable = op.inputs[0].op
        if variable.name in mapped or variable.name in kept:
            continue
        whole = variable.type in VARIABLES and tf.as_dtype(variable.get_attr("dtype")).is_integer
        if not (whole and op.type.startswith("AssignAdd") and step in (None, variable.name)):
            raise NotCovered(op, f"the train op changes {variable.name} by it; no layer does so")
        step = variable.name
    return step
