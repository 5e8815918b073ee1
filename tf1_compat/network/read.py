"""A graph read whole, or refused: nothing is left out of what is given back."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import tensorflow as tf

from tf1_compat.network import beginnings, costs, ends, forms, layers, optimizers, rest, rows
from tf1_compat.network.covering import scope_of
from tf1_compat.network.graph import GIVING, HANDS_ON, Trained
from tf1_compat.network.layers import pieces
from tf1_compat.network.layers.recurrence import penalties as of_cells
from tf1_compat.network.layers.recurrence import samples, tidying
from tf1_compat.network.losses import own, totals
from tf1_compat.network.values import AVERAGES, Call, Layer, Network, NotCovered
from tf1_compat.reading import outside, updates
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import Update


@dataclass(frozen=True)
class Given:
    """What a user says of a graph that it does not say itself."""

    cost: str | None = None
    train_op: str | None = None
    feeds: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Placeholder of one number -> what it is fed in training, in inference."""
    exact: bool = False
    """Say of each layer how it was computed, to the bit."""
    partial: bool = False
    """Take all that no layer is known for as one of raw ops."""


def read(graph: tf.Graph, given: Given) -> tuple[Network, dict[str, str]]:
    """Return the network, and TensorFlow 1 variable -> path of the Keras variable, all of them.

    Raises NotCovered for what is not understood, and StateError where something is to be chosen.
    """
    train_op = ends.train_op(graph, given.train_op)
    cost = ends.cost(graph, train_op, given.cost)
    giving = [op for op in graph.get_operations() if op.type in GIVING]
    fed = {out.name for op in giving for out in op.outputs}
    behind = list(updates.ancestors([train_op, cost.op], fed=fed))
    trained = Trained(graph, cost, ends.switches(behind, given.feeds))
    ends.refuse_noise(trained.behind(cost))
    losses, outputs, penalties = costs.read(trained)
    moves = [*filter(outside.moves, behind)]
    applied = updates.read(train_op)
    applied += rows.read(trained, moves)
    scope = scope_of([one.variable for one in applied])
    patterns = layers.patterns(trained, moves, exact=given.exact)
    if any(one.kind in own.KINDS for one in losses):
        patterns = (*own.PATTERNS, *patterns)
    covering = rest.covered(trained, patterns, scope, outputs, partial=given.partial)
    losses = own.labelled(losses, covering.inputs)
    of_rows = [*covering.inputs, *(one.labels for one in losses)]
    formed = forms.read(trained, of_rows)
    fed = {formed[name].placeholder if name in formed else name for name in of_rows}
    initializers = [v.initializer for v in _variables(graph) if v.initializer is not None]
    running = [train_op, cost.op, *initializers]
    ends.refuse_files(graph, updates.ancestors(running, fed=fed | {*trained.switches}))
    tidied = tidying.tidied(trained, covering.calls, [one.outputs for one in losses])
    of_cells.check(trained, tidied.values(), penalties)
    found, step = optimizers.read(trained, train_op, applied)
    mapped = covering.mapped()
    changed = {trained.source(op.inputs[0]).op.name for op in moves}
    calls = _frozen(graph, tidied.values(), changed | {one.variable for one in applied})
    if given.exact:
        calls = pieces.computed(trained, calls, moves)
    _all_trained(graph, applied, mapped, penalties)
    averages, shadows = optimizers.averages(trained, moves, applied)
    step = step or (averages.counts if averages else None)
    others = [op for op in moves if trained.source(op.inputs[0]).op.name not in shadows]
    step = _explain(trained, others, applied, mapped, step)
    network = Network(
        inputs=tuple(covering.inputs.values()),
        calls=calls,
        outputs=tuple(one.outputs for one in losses),
        losses=losses,
        total=totals.read(trained, losses) if given.exact else None,
        penalties=penalties,
        beginnings=beginnings.read(trained, mapped),
        optimizers=found,
        updates=tuple(applied),
        step=step,
        switches=trained.switches,
        cost=cost.name,
        train_op=train_op.name,
        formed=formed,
        drawn=samples.read(trained, covering.inputs, calls, losses),
        gated=len(found) > 1 or _race(moves, shadows) or _late(trained, behind, applied),
        held=tuple(sorted({*mapped} - {*_trainable(graph)})),
        averages=averages,
        aside=tuple(sorted(shadows - {*(averages.shadows if averages else ())})),
        outside=dict(outside.changes(graph, mapped, behind, initializers)),
    )
    return network, mapped


def _variables(graph: tf.Graph) -> list[Any]:
    keys = tf.compat.v1.GraphKeys.GLOBAL_VARIABLES, tf.compat.v1.GraphKeys.LOCAL_VARIABLES
    return [variable for key in keys for variable in graph.get_collection(key)]


def _trainable(graph: tf.Graph) -> Iterator[str]:
    key = tf.compat.v1.GraphKeys.TRAINABLE_VARIABLES
    return (variable.op.name for variable in graph.get_collection(key))


def _frozen(graph: tf.Graph, calls: Iterable[Call], changed: Collection[str]) -> tuple[Call, ...]:
    """Return the calls, layers that no update changes marked as such; raises NotCovered.

    Where one is trained in part, or moves averages and is not trained otherwise.
    """
    made: dict[int, Layer] = {}
    kept: list[Call] = []
    for call in calls:
        layer, moving = call.layer, {*call.layer.variables.values()} & {*changed}
        if layer.variables and not moving:
            frozen = replace(layer, options={**layer.options, "trainable": False})
            layer = made.setdefault(id(layer), frozen)
        for name in sorted({*layer.variables.values()} - moving if moving else ()):
            raise NotCovered(
                graph.get_operation_by_name(name),
                f"nothing trains it; but {', '.join(sorted(moving))} of its layer is changed",
            )
        kept.append(replace(call, layer=layer))
    return tuple(kept)


def _all_trained(
    graph: tf.Graph,
    applied: Sequence[Update],
    mapped: Mapping[str, str],
    penalties: Mapping[str, Any],
) -> None:
    """Raise NotCovered for what is trained, or penalized, and in no layer."""
    trained = {one.variable for one in applied}
    for name in sorted((trained | {*penalties}) - {*mapped}):
        raise NotCovered(graph.get_operation_by_name(name), "it is trained, and in no layer")


def _race(moves: Sequence[tf.Operation], shadows: Collection[str]) -> bool:
    """Whether an average may be moved before the weights that it is of."""
    averaging = [op for op in moves if updates.variable_of(op).name in shadows]
    return any(
        not any(updates.APPLY.fullmatch(before.type) for before in updates.ancestors([op]))
        for op in averaging
    )


def _late(graph: Trained, behind: Sequence[tf.Operation], applied: Sequence[Update]) -> bool:
    """Whether a gradient may be taken of a variable that is updated already.

    As where `apply_gradients` is given what `tf.gradients` returned.
    """
    gradients = [graph.graph.get_tensor_by_name(one.gradient).op for one in applied]
    computing = {*updates.ancestors(gradients)}
    for op in behind:
        if updates.APPLY.fullmatch(op.type):
            before, variable = {*updates.ancestors([op])}, updates.variable_of(op)
            if before >= computing:
                return False
            late = (one for one in computing - before if one.type not in HANDS_ON)
            if any(graph.variable(read) is variable for one in late for read in one.inputs):
                return True
    return False


def _explain(
    graph: Trained,
    moves: Sequence[tf.Operation],
    applied: Sequence[Update],
    mapped: Mapping[str, str],
    step: str | None,
) -> str | None:
    """Return the variable that counts updates; raises NotCovered for what else is changed."""
    trained = {one.variable for one in applied}
    kept = {name for one in applied for name in (*one.powers.values(), *one.slots.values())}
    for op in moves:
        variable = graph.variable(op.inputs[0]) or op.inputs[0].op
        moving = mapped.get(variable.name, "").endswith(AVERAGES)
        if moving or variable.name in trained or variable.name in kept:
            continue
        whole = variable.type in VARIABLES and tf.as_dtype(variable.get_attr("dtype")).is_integer
        if not (whole and op.type.startswith("AssignAdd") and step in (None, variable.name)):
            raise NotCovered(op, f"the train op changes {variable.name} by it; no layer does so")
        step = variable.name
    return step
