"""A model's outputs held against those of the graph that it was made of, from the same weights."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from training.errors import UserError
from training.model_files.graphs import drawn
from training.model_files.graphs.understood import Understood
from training.parity.bits import same
from training.parity.distance import shown
from training.parity.tolerances import TOLERANCES

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from tf1_compat.network import Network
    from tf1_compat.state import State

ROWS = 8
MOST = 2**23
"""Numbers that layers may give for a row: a network for large pictures has as many."""
LARGEST = TOLERANCES["answers"].relative


def compared(understood: Understood, model: "keras.Model", state: "State") -> str:
    """Return a sentence that says how far the outputs are apart for a few rows.

    It says that they were not compared where the graph draws random numbers, or where layers give
    MOST or any number of numbers. Raises UserError where they are too far apart.
    """
    import keras

    from keras_models.writing.names import of_inputs

    read, graph = understood.network, _function(understood)
    odd = any(None in one.shape or one.dtype == "string" for one in read.inputs)
    if odd or numbers_of_a_row(model) > MOST:
        return "Its outputs were not compared with the graph's, which may be of any size."
    fed = drawn.inputs(read, graph, np.random.default_rng(0), ROWS)
    wanted, again = _of_graph(graph, read, state, fed)
    if not same(wanted, again):
        return "Its outputs were not compared with the graph's, which are random."
    training = not read.switches  # a graph without any is as it trains
    named = {name: fed[tensor] for tensor, name in of_inputs(read).items()}
    first = next(iter(fed.values()))
    given: Any = named if len(named) > 1 else first
    with keras.StatelessScope():  # moving averages stay
        found = np.asarray(model(given, training=training))
    far = float(np.abs(found - wanted).max() / (np.abs(wanted).max() or 1))
    if not far <= LARGEST:
        raise UserError(
            f"{understood.file}: the model that was made of it answers otherwise than the graph, "
            f"by {far:.1e} of the largest output. --pair PAIR.py gives your own Keras model."
        )
    return (
        f"Its outputs are the graph's, within {shown(far)} of the largest, for {len(first)} rows."
    )


def numbers_of_a_row(model: "keras.Model") -> float:
    """Return how many numbers all layers give for a row; infinity where that is not known."""
    calls = (node for layer in model.layers for node in layer._inbound_nodes)
    shapes = (tensor.shape[1:] for call in calls for tensor in call.outputs)
    return sum(math.inf if None in shape else math.prod(shape) for shape in shapes)


def _function(understood: Understood) -> "tf.Graph":
    """Return the part of the graph that gives the output, whose random ops are random each time."""
    import tensorflow as tf

    from tf1_compat import meta
    from tf1_compat.network.arithmetic import function_of

    read, definition = understood.network, meta.read_any(understood.file).definition
    for node in definition.graph_def.node:
        for name in {"seed", "seed2"} & {*node.attr}:
            node.attr[name].i = 0
    with tf.Graph().as_default() as whole:
        meta.import_definition(definition, understood.file)
        output = whole.get_tensor_by_name(read.outputs[0])
        return function_of(output, {one.tensor for one in read.inputs} | {*read.switches})


def _of_graph(
    graph: "tf.Graph", read: "Network", state: "State", fed: dict[str, Any]
) -> list[np.ndarray]:
    """Return what the graph gives for what is `fed`, and once more."""
    from tf1_compat import network
    from tf1_compat.reading.structure import VARIABLES

    there = {op.name: op.type for op in graph.get_operations()}
    values = {name: one for name, one in state.weights.items() if there.get(name) in VARIABLES}
    switches = {name: at for name, at in read.switches.items() if name.partition(":")[0] in there}
    answering = replace(read, switches=switches)
    return [network.answer(graph, answering, values, fed) for _ in range(2)]
