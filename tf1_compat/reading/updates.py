"""The optimizer of a TensorFlow 1 graph, read back from the graph's own Apply ops.

`optimizer.minimize(cost)` leaves one op per variable, such as ApplyAdam, whose inputs are the
variable, its slots, the hyperparameters and the gradient, in the order of
`tensorflow/core/ops/training_ops.cc`. Reference variables have ApplyX, resource variables
ResourceApplyX with the same inputs; SparseApplyX and ResourceSparseApplyX, for rows of an
embedding, take the rows' indices after the gradient. Adam and GradientDescent have none for rows.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import tensorflow as tf

from tf1_compat.state import POWERS

SLOT_INPUTS = ("m", "v", "accum", "accum_update", "linear", "mg", "ms", "mom")

_L1_L2 = ("l1_regularization_strength", "l2_regularization_strength")
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
    "Adadelta": ("accum", "accum_update", "learning_rate", "rho", "epsilon", "gradient"),
    "Ftrl": ("accum", "linear", "gradient", "learning_rate", *_L1_L2, "learning_rate_power"),
    "FtrlV2": (
        *("accum", "linear", "gradient", "learning_rate", *_L1_L2),
        *("l2_shrinkage_regularization_strength", "learning_rate_power"),
    ),
    "ProximalAdagrad": ("accum", "learning_rate", *_L1_L2, "gradient"),
    "ProximalGradientDescent": ("learning_rate", *_L1_L2, "gradient"),
}
"""Apply op -> what it takes after the variable."""
RULES = {"CenteredRMSProp": "RMSProp", "FtrlV2": "Ftrl"}
"""Apply op -> the optimizer that makes it, where that has another name."""
APPLY = re.compile(r"(?:Resource)?(Sparse)?Apply(\w+)")


@dataclass(frozen=True)
class Update:
    """How one variable is updated; tensors and ops are named, for a graph may have twins."""

    rule: str
    """TensorFlow 1's optimizer, by the name of its op: Adam, Momentum, ..."""
    variable: str
    gradient: str
    """Tensor: the gradient as it is applied, after any clipping."""
    indices: str | None
    """Tensor: the variable's rows that the gradient is of, each once; None: all."""
    slots: Mapping[str, str]
    """m -> the op of the variable that holds it, such as "W1/Adam"."""
    hyperparameters: Mapping[str, str]
    """learning_rate -> tensor; evaluate it to know its value."""
    fixed: Mapping[str, float | bool]
    """Hyperparameters that the op has without a tensor: nesterov, centered, no shrinkage."""
    powers: Mapping[str, str]
    """beta1_power -> the op of the variable that holds it; Adam only."""


def read(train_op: tf.Operation, fed: Collection[str] = ()) -> list[Update]:
    """Return the updates that running `train_op` makes, in the order of the graph.

    `fed` as in `ancestors`.
    """
    found = [(op, APPLY.fullmatch(op.type)) for op in ancestors([train_op], fed=fed)]
    known = [(op, *match.groups()) for op, match in found if match and match[2] in INPUTS]
    return [_read_one(*one) for one in sorted(known, key=lambda one: one[0]._id)]


def by_optimizer(updates: Iterable[Update]) -> list[list[Update]]:
    """Return the updates of each optimizer: of one rule, with the same numbers and powers."""
    found: dict[str, list[Update]] = {}
    for one in updates:
        found.setdefault(str((one.rule, one.hyperparameters, one.powers)), []).append(one)
    return list(found.values())


def _read_one(op: tf.Operation, sparse: str | None, kind: str) -> Update:
    names = list(INPUTS[kind])
    if sparse:
        names.insert(names.index("gradient") + 1, "indices")
    variable, *rest = op.inputs
    named = dict(zip(names, rest, strict=True))
    gradient, indices = named.pop("gradient").name, named.pop("indices", None)
    slots = {name: named.pop(name).op.name for name in SLOT_INPUTS if name in named}
    powers = {name: variable_of(named.pop(name).op).name for name in POWERS if name in named}
    return Update(
        rule=RULES.get(kind, kind),
        variable=variable.op.name,
        gradient=gradient,
        indices=None if indices is None else indices.name,
        slots=slots,
        hyperparameters={name: tensor.name for name, tensor in named.items()},  # what is left
        fixed=_fixed(op, kind),
        powers=powers,
    )


def _fixed(op: tf.Operation, kind: str) -> dict[str, float | bool]:
    if kind == "Momentum":
        return {"nesterov": op.get_attr("use_nesterov")}
    if kind in ("RMSProp", "CenteredRMSProp"):
        return {"centered": kind == "CenteredRMSProp"}
    return {"l2_shrinkage_regularization_strength": 0.0} if kind == "Ftrl" else {}


def variable_of(op: tf.Operation) -> tf.Operation:
    """Return the variable that `op` reads, by way of Identity, Cast, Enter or ReadVariableOp."""
    while op.inputs:
        op = op.inputs[0].op
    return op


def ancestors(
    ops: list[tf.Operation], *, control: bool = True, fed: Collection[str] = ()
) -> Iterator[tf.Operation]:
    """Yield `ops` and what has to run before them; without `control`, what they are made of.

    What tensors are made of that are `fed`, by name, does not run.
    """
    waiting, seen = list(ops), set()
    while waiting:
        op = waiting.pop()
        if op.name in seen:
            continue
        seen.add(op.name)
        yield op
        waiting += [tensor.op for tensor in op.inputs if tensor.name not in fed]
        before = op.control_inputs if control else ()
        waiting += [one for one in before if not any(out.name in fed for out in one.outputs)]
