"""Where a graph begins to train: its train op and its cost, chosen or found; what it is fed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf1_compat.network.values import NotCovered
from tf1_compat.reading import dropout
from tf1_compat.reading.draws import RANDOM
from tf1_compat.reading.dropout import PLACEHOLDERS
from tf1_compat.reading.updates import APPLY, ancestors
from tf1_compat.state import StateError

FILES = re.compile(
    r"(?!ReadVariable)Read\w*|Restore\w*|\w*(Reader|File|Dataset|Iterator)\w*|LoadAndRemapMatrix"
    r"|GenerateVocabRemapping|ImmutableConst|RecordInput|(De|En)codeProto\w*|PrintV2|RemoteCall"
)
"""Ops that read files, go on reading them, or may write one."""


def refuse_files(graph: tf.Graph, ops: Iterable[tf.Operation]) -> None:
    """Raise NotCovered for an op among those that will run that is one of FILES, or calls one."""
    functions = {one.signature.name: one for one in graph.as_graph_def().library.function}

    def reads(kind: str, node: Any) -> bool:
        called = [value.func.name for value in node.attr.values() if value.func.name in functions]
        within = (inner for name in called for inner in functions.pop(name).node_def)
        return FILES.fullmatch(kind) is not None or any(reads(one.op, one) for one in within)

    for op in ops:
        if reads(op.type, op.node_def):
            raise NotCovered(op, "it reads or writes files, which is never done here")


def refuse_noise(ops: Iterable[tf.Operation]) -> None:
    """Raise NotCovered for an op that draws at random, but for dropout."""
    every = list(ops)
    dropped = {one.drawn for one in dropout.find(every)}
    for op in every:
        if op.type in RANDOM and op.outputs[0].name not in dropped:
            raise NotCovered(
                op, "it gives other numbers each time, and is no dropout; no layer does so"
            )


def train_op(graph: tf.Graph, chosen: str | None) -> tf.Operation:
    """Return the op called `chosen`, or the one that runs all of the collection train_op.

    That may be a group of it and others, such as what moves averages.
    """
    if chosen:
        return _op(_named(graph, chosen, "--train-op"))
    outermost = running_all(graph)
    if len(outermost) == 1:
        return outermost[0]
    found = collected(graph)
    names = [op.name for op in found or applied(graph)[:5]]
    raise StateError(
        f"{len(found)} train ops are in the graph; expected one. --train-op NAME chooses it: "
        f"{', '.join(names) or 'no op that trains is in it'}. --logits NAME writes the network "
        "up to a tensor, without training."
    )


def running_all(graph: tf.Graph) -> list[tf.Operation]:
    """Return what runs all of the collection train_op, the outermost where groups are nested."""
    found = collected(graph)
    outermost = [op for op in (*found, *_groups(found)) if {*found} <= {*ancestors([op])}]
    return [op for op in outermost if not {*_groups([op])} & {*outermost}]


def applied(graph: tf.Graph) -> list[tf.Operation]:
    """Return the ops that apply gradients."""
    return [op for op in graph.get_operations() if APPLY.fullmatch(op.type)]


def collected(graph: tf.Graph) -> list[tf.Operation]:
    """Return the ops of the collection train_op."""
    return list(dict.fromkeys(_op(one) for one in graph.get_collection("train_op")))


def _groups(ops: Sequence[tf.Operation]) -> list[tf.Operation]:
    """Return what `tf.group`, called after all of these ops or some, has made of them."""
    waiting = [*ops]
    for op in waiting:  # which grows
        after = (one for one in op._control_outputs if one.type == "NoOp")
        waiting += [one for one in after if one not in waiting]
    return waiting[len(ops) :]


def cost(graph: tf.Graph, train: tf.Operation, chosen: str | None) -> tf.Tensor:
    """Return the tensor called `chosen`, or the one that `train` has gradients of.

    By the names that `tf.gradients` gives, which the proof does not rely on.
    """
    if chosen:
        found = tensor(graph, chosen, "--cost")
        if found.shape.rank not in (0, None):
            raise StateError(f"--cost {chosen}: it is no number; expected the cost of a batch.")
        return found
    of = []
    for op in ancestors([train]):
        if re.fullmatch(r"(.*/)?grad_ys_\d+", op.name):
            scope = op.name.rpartition("/")[0]
            for taker in _takers(op):
                if named := re.match(rf"{re.escape(scope)}/(.+?)_grad/", taker.name):
                    of.append(graph.get_operation_by_name(named[1]).outputs[0])
    costs = _outermost(list({one.name: one for one in of}.values()))
    if len(costs) == 1:
        return costs[0]
    names = f" ({', '.join(one.name for one in costs)})" if costs else ""
    several = [op.name for op in collected(graph) if op in {*ancestors([train])}]
    one_of = f"--train-op with one of {', '.join(several)}" if len(several) > 1 else "--cost NAME"
    raise NotCovered(
        train, f"gradients of {len(costs)} costs{names}; expected one, or {one_of} to choose it"
    )


def _outermost(costs: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Return the tensors that no other of them is made of.

    Gradients of a sum begin with the same ones as those of its terms.
    """
    made = {one.name: {*ancestors([one.op])} for one in costs}
    return [
        one
        for one in costs
        if not any(one.op in made[other.name] for other in costs if other is not one)
    ]


def switches(
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


def _takers(op: tf.Operation) -> list[tf.Operation]:
    """Return what takes the ones that a gradient begins with."""
    takers = [taker for tensor in op.outputs for taker in tensor.consumers()]
    takers += op._control_outputs
    filled = (one for taker in takers if taker.type == "Fill" for one in _takers(taker))
    return [*takers, *filled]


def _op(one: tf.Tensor | tf.Operation) -> tf.Operation:
    return one.op if isinstance(one, tf.Tensor) else one


def tensor(graph: tf.Graph, name: str, option: str) -> tf.Tensor:
    """Return the tensor, or the first of the op, of this name; StateError where there is none."""
    found = _named(graph, name, option)
    if isinstance(found, tf.Tensor):
        return found
    if not found.outputs:
        raise StateError(f"{option} {name}: it gives no tensor; expected one that does.")
    return found.outputs[0]


def _named(graph: tf.Graph, name: str, option: str) -> tf.Tensor | tf.Operation:
    try:
        return graph.as_graph_element(name)
    except (KeyError, ValueError) as error:
        raise StateError(f"{option} {name}: no such op or tensor is in the graph.") from error
