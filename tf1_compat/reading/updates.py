"""The optimizer of a TensorFlow 1 graph, read back from the graph's own Apply ops.

`optimizer.minimize(cost)` leaves one op per variable, such as ApplyAdam, whose inputs are the
variable, its slots, the hyperparameters and the gradient, in the order of
`tensorflow/core/ops/training_ops.cc`. Reference variables have ApplyX, resource variables
ResourceApplyX with the same inputs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import tensorflow as tf

from tf1_compat.state import POWERS

SLOT_INPUTS = ("m", "v", "accum", "mg", "ms", "mom")

INPUTS = {
    "GradientDescent": ("learning_rate", "gradient"),
    "Momentum": ("accum", "learning_rate", "gradient", "momentum"),
    "Adam": (
        *("m", "v", "beta1_power", "beta2_power"),
        *("learning_rate", "beta_1", "beta_2", "epsilon", "gradient"),
    ),
    "RMSProp": ("ms", "mom", "learning_rate", "rho", "momentum", "epsilon", "gradient"),
    "CenteredRMSProp": (
        *("mg", "ms", "mom", "learning_rate", "rho", "momentum", "epsilon", "gradient"),
    ),
    "Adagrad": ("accum", "learning_rate", "gradient"),
}
"""Update rule -> what its op takes after the variable."""


@dataclass(frozen=True)
class Update:
    """How one variable is updated; tensors and ops are named, for a graph may have twins."""

    rule: str
    """The Apply op without "Apply": Adam, Momentum, ..."""
    variable: str
    gradient: str
    """Tensor: the gradient as it is applied, after any clipping."""
    slots: Mapping[str, str]
    """m -> the op of the variable that holds it, such as "W1/Adam"."""
    hyperparameters: Mapping[str, str]
    """learning_rate -> tensor; evaluate it to know its value."""
    nesterov: bool
    powers: Mapping[str, str]
    """beta1_power -> the op of the variable that holds it; Adam only."""


def read(train_op: tf.Operation) -> list[Update]:
    """Return the updates that running `train_op` makes, in the order of the graph."""
    found = [op for op in ancestors([train_op]) if _rule(op) in INPUTS]
    return [_read_one(op) for op in sorted(found, key=lambda op: op._id)]


def _rule(op: tf.Operation) -> str:
    return op.type.removeprefix("Resource").removeprefix("Apply")


def _read_one(op: tf.Operation) -> Update:
    rule = _rule(op)
    variable, *rest = op.inputs
    named = dict(zip(INPUTS[rule], rest, strict=True))
    gradient = named.pop("gradient").name
    slots = {name: named.pop(name).op.name for name in SLOT_INPUTS if name in named}
    powers = {name: _variable(named.pop(name).op).name for name in POWERS if name in named}
    return Update(
        rule=rule,
        variable=variable.op.name,
        gradient=gradient,
        slots=slots,
        hyperparameters={name: tensor.name for name, tensor in named.items()},  # what is left
        nesterov="use_nesterov" in op.node_def.attr and op.get_attr("use_nesterov"),
        powers=powers,
    )


def _variable(op: tf.Operation) -> tf.Operation:
    """Return the variable that `op` reads, by way of Identity, Cast or ReadVariableOp."""
    while op.inputs:
        op = op.inputs[0].op
    return op


def ancestors(ops: list[tf.Operation], *, control: bool = True) -> Iterator[tf.Operation]:
    """Yield `ops` and what has to run before them; without `control`, what they are made of."""
    waiting, seen = list(ops), set()
    while waiting:
        op = waiting.pop()
        if op.name in seen:
            continue
        seen.add(op.name)
        yield op
        waiting += [tensor.op for tensor in op.inputs]
        waiting += list(op.control_inputs) if control else []
