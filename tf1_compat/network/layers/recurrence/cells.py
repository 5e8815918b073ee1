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
        given = second.inputs if second else ()
        reset = next(filter(None, (_reset(graph, one, h) for one in given)), None)
        if first is None or second is None or reset is None:
            continue
        options = {"units": second.size, "activation": activation, "reset_after": False}
        options |= {"use_bias": first.bias is not None, "gates": "ur"[:: 1 - 2 * gated.place]}
        if gated.of == 2 and reset == gated._replace(place=1 - gated.place):
            return Cell("gru", options, {"gates:": first, "candidate:": second})
        other = product(graph, reset.whole)
        if gated.of == reset.of == 1 and other:
            return Cell("gru", options, {"update:": first, "reset:": other, "candidate:": second})
    return None


def _is_rest(graph: Trained, tensor: tf.Tensor, update: tf.Tensor) -> bool:
    """Whether a tensor is 1 - update."""
    if tensor.op.type != "Sub" or graph.source(tensor.op.inputs[1]).name != update.name:
        return False
    return not graph.rows(tensor.op.inputs[0]) and graph.short(tensor.op.inputs[0]) == 1


def _reset(graph: Trained, tensor: tf.Tensor, h: tf.Tensor) -> Gate | None:
    """Return the gate that h is multiplied by."""
    parts = [graph.source(one) for one in tensor.op.inputs] if tensor.op.type == "Mul" else []
    found = (
        sigmoid(graph, reset)
        for reset, state in itertools.permutations(parts, 2)
        if state.name == h.name
    )
    return next(filter(None, found), None)


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
    known = {letter: one for letter, one in gates.items() if one}
    wholes = {one.whole.name: one.whole for one in known.values()}
    products = [found for one in wholes.values() if (found := product(graph, one))]
    added = {letter: one.added for letter, one in known.items()}
    if len(known) < 4 or len(products) < len(wholes) or any(added[letter] for letter in "ico"):
        return None
    places, first = {one.place: letter for letter, one in known.items()}, products[0]
    options = {"activation": activation, "use_bias": first.bias is not None}
    options |= {"unit_forget_bias": bool(added["f"]), "forget_bias": added["f"]}
    if len(places) == 4 and len(wholes) == 1:
        options |= {"units": first.size // 4, "gates": "".join(places[place] for place in range(4))}
        return Cell("lstm", options, {"": first})
    if {one.of for one in known.values()} == {1} and len(wholes) == 4 and not added["f"]:
        by_gate = {f"{letter}:": found for letter, found in zip(known, products, strict=True)}
        return Cell("lstm", options | {"units": first.size, "gates": "icfo"}, by_gate)
    return None
