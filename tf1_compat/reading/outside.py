"""What changes the variables of a train op beside it: clips, copies, updates run by themselves."""

from collections.abc import Collection, Iterator

import tensorflow as tf

from tf1_compat.reading.updates import APPLY, ancestors, variable_of

SCATTERS = ("ScatterAdd", "ScatterSub", "ScatterUpdate", "ScatterNdUpdate", "ResourceScatter")


def moves(op: tf.Operation) -> bool:
    """Whether an op sets, or adds to, a variable or rows of it; an optimizer's updates do not."""
    return "Assign" in op.type or op.type.startswith(SCATTERS)


def restores(op: tf.Operation) -> bool:
    """Whether an op sets a variable to what a Saver has read."""
    return any(one.type.startswith("Restore") for one in ancestors([op], control=False))


def changes(
    graph: tf.Graph,
    variables: Collection[str],
    ran: Collection[tf.Operation],
    initializers: Collection[tf.Operation],
) -> Iterator[tuple[str, str]]:
    """Yield each op that changes one of `variables`, and which.

    Those that are `ran` with the train op are not among them, nor those that a Session begins with.
    """
    known = {op.name for op in (*ran, *initializers)}
    for op in graph.get_operations():
        if op.name in known or not (moves(op) or APPLY.fullmatch(op.type)):
            continue
        if (variable := variable_of(op).name) in variables and not restores(op):
            yield op.name, variable
