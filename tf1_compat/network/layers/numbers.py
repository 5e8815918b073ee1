"""Functions of each number, and of many along an axis, that have no variables."""

import numpy as np
import tensorflow as tf

from tf1_compat.network.algebra import array, constant, once
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.values import NotCovered

REDUCTIONS = {
    **{"Mean": "mean", "Sum": "total", "Max": "largest", "Min": "smallest", "Prod": "product"}
}
BY_NUMBERS = ("Mul", "RealDiv", "Add", "AddV2", "Sub")
FEW = 16
"""Numbers that are written one by one."""
LONG = 8
"""Characters of a number that nobody wrote so."""
FUNCTIONS = {
    **{"Exp": "exp", "Log": "log", "Log1p": "log1p", "Sqrt": "sqrt", "Rsqrt": "rsqrt"},
    **{"Square": "square", "Abs": "absolute", "Sign": "sign", "Sin": "sin", "Cos": "cos"},
    **{"Erf": "erf", "Expm1": "expm1", "Reciprocal": "reciprocal", "Tan": "tan"},
}


def reduced(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """The mean, sum, largest or smallest number along axes, but for that of rows."""
    op = tensor.op
    if op.type not in REDUCTIONS or op.inputs[0].shape.rank is None:
        return None
    rank = op.inputs[0].shape.rank
    given = np.ravel(graph.number(op.inputs[1])).tolist()
    if any(axis % rank == 0 for axis in given):
        raise NotCovered(op, "it is of all rows of a batch, which no layer looks at together")
    axis = given[0] if len(given) == 1 else tuple(given)
    options = {"axis": axis, "keepdims": op.get_attr("keep_dims")}
    return Match(REDUCTIONS[op.type], op.inputs[:1], options)


def function(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """A function of each number."""
    if tensor.op.type not in FUNCTIONS or not graph.rows(tensor):
        return None
    return Match(FUNCTIONS[tensor.op.type], tensor.op.inputs[:1])


def powered(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Each number to the power of one that is the same for all."""
    if tensor.op.type != "Pow" or not graph.rows(tensor.op.inputs[0]):
        return None
    power = constant(graph, tensor.op.inputs[1])
    return None if power is None else Match("power", tensor.op.inputs[:1], {"x2": power})


def rescaled(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """x * scale + offset, of numbers that are the same for all rows."""
    if (found := once(graph, tensor)) is None or not graph.rows(found.tensor):
        return None
    while graph.uses[found.tensor.name] == 1 and (before := once(graph, found.tensor)):
        found = before._replace(
            scale=before.scale * found.scale, shift=before.shift * found.scale + found.shift
        )
    if found.scale == -1 and found.shift:
        return Match("complement", [found.tensor], {"x1": found.shift})
    if found.scale == 1:
        return Match("shift", [found.tensor], {"x2": found.shift})
    if tensor.shape.rank == 0:
        product = Match("times", [found.tensor], {"x2": found.scale})
        return Match("shift", [product], {"x2": found.shift}) if found.shift else product
    options = {"scale": _as_written(found.scale), "offset": found.shift}
    return Match("rescaling", [found.tensor], options)


def with_numbers(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Rows and a few numbers, one for each of the last axis, as weights of classes are."""
    op = tensor.op
    if op.type not in BY_NUMBERS:
        return None
    for x, other in (op.inputs, [*op.inputs][::-1]):
        if graph.rows(x) and (numbers := array(graph, other)) is not None:
            turned = op.type in ("Sub", "RealDiv") and x is not op.inputs[0]
            if turned or not numbers.size == numbers.shape[-1] <= FEW:
                return None
            few = [shortest(one) for one in numbers.flat]
            if op.type in ("Mul", "RealDiv"):
                few = [1 / one for one in few] if op.type == "RealDiv" else few
                return Match("rescaling", [x], {"scale": few})
            few = [-one for one in few] if op.type == "Sub" else few
            return Match("rescaling", [x], {"scale": 1.0, "offset": few})
    return None


def quotient(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """x by a number that is not the reciprocal of a short one, such as a root."""
    if tensor.op.type not in ("RealDiv", "DivNoNan") or not graph.rows(tensor.op.inputs[0]):
        return None
    number = constant(graph, tensor.op.inputs[1])
    if not number or (tensor.op.type == "RealDiv" and number == int(number)):
        return None
    return Match("over", tensor.op.inputs[:1], {"x2": number})


def _as_written(scale: float) -> float:
    """Return a number, or what it is the rounded reciprocal of, such as 255."""
    whole = round(1 / scale) if scale else 0
    if len(repr(scale)) > LONG and abs(whole) > 1 and shortest(1 / whole) == shortest(scale):
        return 1 / whole
    return scale


def bounded(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Each number kept within bounds."""
    op = tensor.op
    if op.type == "ClipByValue":
        lowest, highest = (constant(graph, one) for one in op.inputs[1:3])
        if lowest is None or highest is None:
            return None
        return Match("clip", op.inputs[:1], {"x_min": lowest, "x_max": highest})
    if op.type not in ("Maximum", "Minimum"):
        return None
    for this, other in (op.inputs, [*op.inputs][::-1]):
        if (bound := constant(graph, other)) is not None:
            kind = "at_least" if op.type == "Maximum" else "at_most"
            return Match(kind, [this], {"x2": bound})
    return None


def normalized(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """tf.nn.l2_normalize: x / sqrt(max(sum x^2, epsilon)) along an axis."""
    if tensor.op.type != "Mul":
        return None
    for this, other in (tensor.op.inputs, [*tensor.op.inputs][::-1]):
        root = graph.source(other).op
        floor = graph.source(root.inputs[0]).op if root.type == "Rsqrt" else root
        if floor.type != "Maximum" or (epsilon := constant(graph, floor.inputs[1])) is None:
            continue
        total = graph.source(floor.inputs[0]).op
        square = graph.source(total.inputs[0]).op
        if (total.type, square.type) != ("Sum", "Square"):
            continue
        (axis,) = np.ravel(graph.number(total.inputs[1])).tolist()
        if graph.source(square.inputs[0]) is graph.source(this) and axis % this.shape.rank:
            options = {"axis": axis, "epsilon": float(f"{epsilon**0.5:.7g}")}
            return Match("normalize", [this], options)
    return None
