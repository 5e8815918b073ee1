"""The cells of TensorFlow 1 by the ops of one step, however their sums and products are ordered.

    LSTM  i, j, f, o = split([x, h] @ kernel + bias, 4)
          c = c * sigmoid(f + forget_bias) + sigmoid(i) * tanh(j);  h = tanh(c) * sigmoid(o)
    GRU   r, u = split(sigmoid([x, h] @ gates + bias), 2);  h = u * h + (1 - u) * c
          c = tanh([x, r * h] @ candidate + bias)
    RNN   h = tanh([x, h] @ kernel + bias)

Formulas: `tensorflow/python/ops/rnn_cell_impl.py`.
"""

import itertools
from typing import Any, NamedTuple

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.activations import ACTIVATIONS
from tf1_compat.network.layers.recurrence.products import (
    Gate,
    Pair,
    Product,
    gate,
    product,
    sigmoid,
    sums,
)

KINDS = ("lstm", "gru", "simple_rnn")


class Cell(NamedTuple):
    """A step of a cell."""

    kind: str
    options: dict[str, Any]
    products: dict[str, Product]
    """By prefix of its variables; the first is of inputs and state."""
    memory: Pair | None = None
    """An LSTM's c before and after."""

    @property
    def inputs(self) -> Pair:
        """Inputs and state, in some order."""
        return next(iter(self.products.values())).inputs

    @property
    def kernels(self) -> list[str]:
        """The names of its kernels."""
        return [kernel.name for one in self.products.values() for kernel in one.kernels]

    def variables(self, state: int) -> dict[str, tf.Operation]:
        """Return its variables, where the state has this place in its inputs."""
        found, x = dict[str, tf.Operation](), self.inputs[1 - state].name
        for prefix, one in self.products.items():
            places = [place for place in (0, 1) if one.inputs[1 - place].name == x]
            found |= one.variables(places[0], prefix)
        return found


def read(graph: Trained, tensor: tf.Tensor) -> Cell | None:
    """Return the cell whose output, at some step, `tensor` may be."""
    return next(filter(None, (pattern(graph, tensor) for pattern in (_lstm, _gru, _rnn))), None)


def _rnn(graph: Trained, tensor: tf.Tensor) -> Cell | None:
    found = product(graph, tensor.op.inputs[0]) if tensor.op.type in ACTIVATIONS else None
    if found is None:
        return None
    options = {"units": found.size, "activation": ACTIVATIONS[tensor.op.type]}
    return Cell("simple_rnn", options | {"use_bias": found.bias is not None}, {"": found})


def _gru(graph: Trained, tensor: tf.Tensor) -> Cell | None:
    for (update, h), (rest, candidate) in sums(graph, tensor):
        gated, activation = sigmoid(graph, update), ACTIVATIONS.get(candidate.op.type)
        if gated is None or activation is None or not _is_rest(graph, rest, update):
            continue
        first = product(graph, gated.whole)
        second = product(graph, candidate.op.inputs[0])
        if first and second and any(_is_reset(graph, one, h, gated) for one in second.inputs):
            options = {"units": second.size, "activation": activation, "reset_after": False}
            options |= {"use_bias": first.bias is not None, "gates": "ur"[:: 1 - 2 * gated.place]}
            return Cell("gru", options, {"gates:": first, "candidate:": second})
    return None


def _is_rest(graph: Trained, tensor: tf.Tensor, update: tf.Tensor) -> bool:
    """Whether a tensor is 1 - update."""
    if tensor.op.type != "Sub" or graph.source(tensor.op.inputs[1]).name != update.name:
        return False
    return not graph.rows(tensor.op.inputs[0]) and graph.short(tensor.op.inputs[0]) == 1


def _is_reset(graph: Trained, tensor: tf.Tensor, h: tf.Tensor, update: Gate) -> bool:
    """Whether a tensor is h times the other gate than `update`."""
    parts = [graph.source(one) for one in tensor.op.inputs] if tensor.op.type == "Mul" else []
    other = update._replace(place=1 - update.place)
    return any(
        state.name == h.name and sigmoid(graph, reset) == other
        for reset, state in itertools.permutations(parts, 2)
    )


def _lstm(graph: Trained, tensor: tf.Tensor) -> Cell | None:
    if tensor.op.type != "Mul":
        return None
    for squashed, out in itertools.permutations([graph.source(one) for one in tensor.op.inputs]):
        activation = ACTIVATIONS.get(squashed.op.type)
        if activation is None or out.op.type != "Sigmoid":
            continue
        after = graph.source(squashed.op.inputs[0])
        for (forget, before), (new, candidate) in sums(graph, after):
            if candidate.op.type != squashed.op.type:
                continue
            parts = {"i": new, "f": forget, "o": out}
            gates = {letter: sigmoid(graph, one) for letter, one in parts.items()}
            gates["c"] = gate(graph, candidate.op.inputs[0])
            if found := _of_gates(graph, gates, activation):
                return found._replace(memory=(before, after))
    return None


def _of_gates(graph: Trained, gates: dict[str, Gate | None], activation: str) -> Cell | None:
    """Return an LSTM of its gates i, f, c and o."""
    order = {one.place: letter for letter, one in gates.items() if one and one.of == 4}
    wholes = {one.whole.name: one.whole for one in gates.values() if one}
    if len(order) != 4 or len(wholes) != 1:
        return None
    added = {letter: one.added for letter, one in gates.items() if one}
    found = product(graph, *wholes.values())
    if found is None or any(added[letter] for letter in "ico"):
        return None
    options = {"units": found.size // 4, "activation": activation}
    options |= {"use_bias": found.bias is not None, "unit_forget_bias": bool(added["f"])}
    options |= {"gates": "".join(order[place] for place in range(4)), "forget_bias": added["f"]}
    return Cell("lstm", options, {"": found})
