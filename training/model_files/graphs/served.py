"""A graph that only answers, taken for one that trains: by the loss in it, or the article's.

What trains it is not in it: it is taken for Adam.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import tensorflow as tf

from tf1_compat.network import costs, ends
from tf1_compat.network.forward import Inference, defaults, read_forward
from tf1_compat.network.graph import Trained
from tf1_compat.network.values import Loss, Network, NotCovered, Optimizer
from tf1_compat.reading.dropout import PLACEHOLDERS
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import ancestors
from tf1_compat.state import StateError

AFTER = {"Softmax", "Sigmoid", "ArgMax", "TopKV2", "Identity", "Cast"}
"""What is made of the outputs that a loss takes, to be looked at."""
ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
Penalties = Mapping[str, Mapping[str, float]]
Feeds = Mapping[str, tuple[Any, Any]]


def read(graph: tf.Graph, feeds: Feeds) -> tuple[Network, dict[str, str]]:
    """Return the network, and TensorFlow 1 variable -> path of the Keras variable.

    `feeds` are what placeholders of one number are fed. Raises NotCovered for what is not
    understood, and StateError unless there is one output.
    """
    found: dict[str, tuple[Loss, Penalties]] = {}
    for end in _ends(graph):
        for loss, penalties in _losses(graph, end, feeds):
            found.setdefault(loss.outputs, (loss, penalties))
    if len(found) != 1:
        named = f" ({', '.join(found)})" if found else ""
        raise StateError(f"{len(found)} outputs are in the graph{named}; expected one.")
    ((output, (loss, penalties)),) = found.items()
    forward, mapped, _ = read_forward(graph, Inference(logits=output, feeds=feeds))
    network = Network(
        **{one.name: getattr(forward, one.name) for one in fields(forward)}
        | {"penalties": penalties},
        losses=(loss,),
        optimizers=(Optimizer("Adam", 0.001, ADAM, {}, tuple(mapped), by_rows=False),),
        updates=(),
        step=None,
        cost="",
        train_op="",
        held=(),
        averages=None,
        aside=(),
        outside={},
    )
    return network, mapped


def _losses(graph: tf.Graph, end: tf.Tensor, feeds: Feeds) -> Iterator[tuple[Loss, Penalties]]:
    """Yield the loss that a number is, or the usual one of an output; nothing for other numbers."""
    behind: list[Any] = list(ancestors([end.op], control=False))
    here = {op.name for op in behind}
    known = defaults(behind) | {name: at for name, at in feeds.items() if name in here}
    trained = Trained(graph, end, ends.switches(behind, known))
    if end.shape.rank != 0:
        outputs = trained.source(end).name
        yield Loss("softmax_cross_entropy", {}, False, 1.0, outputs, ""), {}
        return
    try:
        losses, _, penalties = costs.read(trained)
    except NotCovered:  # an accuracy, as a rule
        return
    yield from ((loss, penalties) for loss in losses)


def _ends(graph: tf.Graph) -> Iterator[tf.Tensor]:
    """Yield what is made of a placeholder and variables, and taken by nothing but AFTER."""
    for op in graph.get_operations():
        if "Assign" in op.type or any(taker for out in op.outputs for taker in out.consumers()):
            continue
        while op.type in AFTER:
            op = op.inputs[0].op
        kinds = {one.type for one in ancestors([op], control=False)}
        if kinds & {*PLACEHOLDERS} and kinds & VARIABLES:
            yield from (out for out in op.outputs[:1] if out.dtype.is_floating)
