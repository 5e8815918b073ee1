"""In which order an LSTM of a TensorFlow 1 graph keeps its gates, and what its forget bias is.

    z = matmul([x, h], kernel) + bias;  i, j, f, o = split(z, 4)
    c = c * sigmoid(f + forget_bias) + sigmoid(i) * tanh(j);  h = tanh(c) * sigmoid(o)

Each gate is told by what it is multiplied by, also in a loop. A cell that is written in another way
is not read.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow.python.ops import while_v2

from tf1_compat.float64 import as_written
from tf1_compat.reading.updates import variable_of

ADDS = {"Add", "AddV2", "BiasAdd"}
LOOPS = {"While", "StatelessWhile"}
BESIDE = {"TensorListPushBack", "Shape"}
"""What the body of a loop notes for its gradient."""


class _Gate(NamedTuple):
    """What one output of the split goes through."""

    activation: tf.Operation
    added: float
    """What is added to it before."""


def read(ops: Iterable[tf.Operation]) -> dict[str, Mapping[str, Any]]:
    """Return for each LSTM among `ops` its kernel and its bias -> gates, forget_bias.

    Gates are i (input), c (candidate), f (forget) and o (output), such as "icfo".
    """
    known = {op.name: op for op in ops if op.type not in BESIDE}
    found: dict[str, Mapping[str, Any]] = {}
    for op in known.values():
        if op.type in LOOPS:
            found |= _in_loop(op)
        if op.type not in ("Split", "SplitV") or len(op.outputs) != 4:
            continue
        gates = [gate for output in op.outputs if (gate := _gate(output, known))]
        order = _order(gates, known) if len(gates) == 4 else ""
        variables = _variables(op.inputs[1 if op.type == "Split" else 0].op)
        added = {letter: gate.added for letter, gate in zip(order, gates, strict=False)}
        if sorted(order) == ["c", "f", "i", "o"] and not any(added[gate] for gate in "ico"):
            options = {"gates": order, "forget_bias": added["f"]}
            found |= dict.fromkeys(variables, options)
    return found


def _in_loop(loop: tf.Operation) -> dict[str, Mapping[str, Any]]:
    """Return the same for a loop whose body is a function, by the variables given to it."""
    body = while_v2._get_graph(loop, "body", "_body_graph")
    given = {inside.op.name: one.op for inside, one in zip(body.inputs, loop.inputs, strict=True)}
    found = read(body.get_operations())
    return {variable_of(given[name]).name: found[name] for name in found if name in given}


def _takers(tensor: tf.Tensor, known: Mapping[str, tf.Operation]) -> list[tf.Operation]:
    """Return the ops among `known` that take a tensor."""
    return [op for op in tensor.consumers() if op.name in known]


def _gate(output: tf.Tensor, known: Mapping[str, tf.Operation]) -> _Gate | None:
    """Return the one op that an output goes through, after a number was added; None: otherwise."""
    takers, added = _takers(output, known), 0.0
    if len(takers) == 1 and takers[0].type in ADDS:
        number = next((one.op for one in takers[0].inputs if one.op.type == "Const"), None)
        value = tf.make_ndarray(number.get_attr("value")) if number else None
        if value is None or value.size != 1:
            return None
        added = as_written(value.flat[0])
        takers = _takers(takers[0].outputs[0], known)
    return _Gate(takers[0], added) if len(takers) == 1 else None


def _order(gates: list[_Gate], known: Mapping[str, tf.Operation]) -> str:
    """Return a letter for each gate, by what is multiplied by what."""
    candidate = next((one.activation for one in gates if one.activation.type != "Sigmoid"), None)
    letters = ""
    for gate in gates:
        if candidate is None or gate.activation is candidate:
            letters += "c"
            continue
        products = _takers(gate.activation.outputs[0], known)
        others = [one.op for op in products if op.type == "Mul" for one in op.inputs]
        others = [op for op in others if op is not gate.activation]
        if candidate in others:
            letters += "i"
        else:
            letters += "o" if any(op.type == candidate.type for op in others) else "f"
    return letters


def _variables(op: tf.Operation) -> list[str]:
    """Return the kernel and the bias of matmul(..., kernel) + bias."""
    parts = [tensor.op for tensor in op.inputs] if op.type in ADDS else [op]
    kernels = [part.inputs[1].op if part.type == "MatMul" else part for part in parts]
    return [variable_of(part).name for part in kernels]
