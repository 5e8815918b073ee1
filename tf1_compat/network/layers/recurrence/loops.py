"""Cells in the body of a loop, as `tf.nn.dynamic_rnn` makes it, and what goes in and comes out."""

import tensorflow as tf

from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers import dropout
from tf1_compat.network.layers.activations import ACTIVATIONS
from tf1_compat.network.layers.recurrence import cells
from tf1_compat.network.layers.recurrence.steps import batch_first, following, swapped
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.control_flow import in_loop

SELECTS = ("Select", "SelectV2")
EXPECTED = (
    "expected what BasicLSTMCell, LSTMCell without peepholes and projection, GRUCell or "
    "BasicRNNCell gives, as outputs or as state"
)


def recurrent(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """A cell at each step of a loop; behind its inputs come the steps that are beyond a row."""
    cell = cells.read(graph, tensor)
    if cell is None:
        return None
    places = [place for place in (0, 1) if is_state(cell.inputs[place])]
    place = next((one for one in places if kept(graph, cell.inputs[one])[0] is tensor), None)
    if place is None:
        return None
    states = [cell.inputs[place], *(cell.memory or ())[:1]]
    ends = [kept(graph, one) for one in states if is_state(one)]
    beyond = ends[0][1]
    if len(ends) < len(states) or any(one is not beyond for _, one in ends):
        raise NotCovered(tensor.op, EXPECTED)
    if cell.memory and ends[1][0] is not cell.memory[1]:
        raise NotCovered(tensor.op, EXPECTED)
    first = [graph.source(one.op.inputs[0]) for one in states]
    first = [] if all(is_zero(graph, one) for one in first) else first
    inputs = [cell.inputs[1 - place], *([] if beyond is None else [beyond]), *first]
    options = {"return_sequences": True, "masked": beyond is not None}
    return Match(cell.kind, inputs, cell.options | options, cell.variables(place))


def dropped(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Dropout at each step, which is none where a switch leaves nothing out.

    Raises NotCovered for another: what is drawn in a loop can be fed to no proof.
    """
    found = dropout.dropped(graph, tensor)
    if found is None or found.kind != "dropout":
        return found
    if tensor.op.name not in in_loop([graph.cost.op]):
        return found
    raise NotCovered(
        tensor.op,
        f"dropout of {found.options['rate']} in a loop, which cannot be held against Keras'. Feed "
        "its keep_prob 1.0/1.0 for the network without it, and add keras.layers.Dropout by hand",
    )


def is_state(tensor: tf.Tensor) -> bool:
    """Whether a tensor is the state of a loop before a step."""
    return tensor.op.type == "Merge"


def kept(graph: Trained, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Return what a state is after a step, and where it stays as it was, if anywhere."""
    after = following(graph, state)
    if after.op.type in SELECTS:
        beyond, before, new = (graph.source(one) for one in after.op.inputs)
        if before is state:
            return new, beyond
    return after, None


def is_zero(graph: Trained, tensor: tf.Tensor) -> bool:
    """Whether a tensor is zeros for each row."""
    if tensor.op.type == "ZerosLike":
        return True
    if tensor.op.type == "Fill":
        tensor = graph.source(tensor.op.inputs[1])
    return tensor.op.type == "Const" and not tf.make_ndarray(tensor.op.get_attr("value")).any()


def unknown(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Raise NotCovered for the state of a loop in which no cell was found."""
    if is_state(tensor):
        raise NotCovered(tensor.op, f"the state of a cell that is no layer; {EXPECTED}")
    return None


def last_state(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """The state of a loop after its last step; of a row, after the row's last."""
    if tensor.op.type != "Exit":
        return None
    state = graph.source(tensor.op.inputs[0])
    after, beyond = kept(graph, state)
    mask = [] if beyond is None else [beyond]
    if (outputs := _squashed(graph, after)) is not None:
        return Match("last_memory", [outputs, *mask])
    if recurrent(graph, after) is None:
        raise NotCovered(tensor.op, f"a loop that is no layer; {EXPECTED}")
    return Match("last_step", [after, *mask])


def _squashed(graph: Trained, memory: tf.Tensor) -> tf.Tensor | None:
    """Return the outputs of the LSTM whose c this is, if it is one's."""
    squashed = [op for op in memory.consumers() if op.type in ACTIVATIONS]
    outputs = [
        out for op in squashed for taker in op.outputs[0].consumers() for out in taker.outputs
    ]
    for one in outputs:
        cell = cells.read(graph, one)
        if cell and cell.memory and cell.memory[1] is memory:
            return one
    return None


def step_read(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """What a loop reads at each step: the sequence that was scattered into its array."""
    if tensor.op.type != "TensorArrayReadV3":
        return None
    scatter = graph.source(tensor.op.inputs[2]).op
    sequence = scattered(graph, scatter)
    if sequence is None:
        raise NotCovered(scatter, "sequences that are fed with their steps before their rows")
    return Match("same", [sequence])


def scattered(graph: Trained, scatter: tf.Operation) -> tf.Tensor | None:
    """Return the sequence whose steps an op lays into an array, if it is known."""
    if scatter.type != "TensorArrayScatterV3":
        return None
    return batch_first(graph, scatter.inputs[2])


def outputs(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """What a loop wrote, with the rows first again."""
    before = swapped(graph, tensor)
    sequence = None if before is None else batch_first(graph, before)
    return None if sequence is None else Match("same", [sequence])


def reverse(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """A sequence from its last step to its first; of a row, from the row's last."""
    op = tensor.op
    if op.type == "ReverseV2":
        rank = tensor.shape.rank
        axes = [int(axis) % rank for axis in graph.number(op.inputs[1]).ravel()] if rank else []
        return Match("reverse", [op.inputs[0]], {"axis": 1}) if axes == [1] else None
    if op.type == "ReverseSequence" and (op.get_attr("seq_dim"), op.get_attr("batch_dim")) == (
        1,
        0,
    ):
        lengths = graph.source(op.inputs[1])
        return Match("reverse", [op.inputs[0], lengths])
    return None
