"""Numbers that are compared, and chosen by it: conditions, masks, classes, actions."""

import tensorflow as tf

from tf1_compat.network.algebra import EACH, constant
from tf1_compat.network.covering import Match
from tf1_compat.network.graph import Trained

COMPARISONS = {
    **{"Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less"},
    **{"LessEqual": "less_equal", "Equal": "equal", "NotEqual": "not_equal"},
}
FUNCTIONS = {
    **{"LogicalAnd": "logical_and", "LogicalOr": "logical_or", "LogicalNot": "logical_not"},
    **{"Select": "where", "SelectV2": "where", "DivNoNan": "divide_no_nan"},
}
ALIKE = {0.0: "zeros_like", 1.0: "ones_like"}


def within_lengths(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """tf.sequence_mask: [N] lengths -> [N, steps], true where a step is within its row's."""
    if tensor.op.type != "Less" or tensor.shape.rank != 2:
        return None
    steps, lengths = (graph.source(one) for one in tensor.op.inputs)
    if lengths.op.type == "Cast":
        lengths = graph.source(lengths.op.inputs[0])
    if (steps.op.type, lengths.op.type) != ("Range", "ExpandDims"):
        return None
    first, below, by = (constant(graph, one) for one in steps.op.inputs)
    if (first, by) != (0, 1) or below is None or lengths.shape[1] != 1:
        return None
    return Match("within", lengths.op.inputs[:1], {"steps": int(below)})


def compared(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Rows with a number, or with other rows."""
    op = tensor.op
    if op.type not in COMPARISONS:
        return None
    first, second = op.inputs
    if graph.rows(first) and (number := constant(graph, second)) is not None:
        return Match(f"{COMPARISONS[op.type]}_than", [first], {"x2": number})
    if not all(map(graph.rows, op.inputs)) or first.shape.rank != second.shape.rank:
        return None
    return Match(COMPARISONS[op.type], [*op.inputs])


def combined(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Conditions, and what they choose: tensors of one rank."""
    op = tensor.op
    if op.type not in FUNCTIONS or not all(map(graph.rows, op.inputs)):
        return None
    if len({one.shape.rank for one in op.inputs}) > 1:
        return None
    return Match(FUNCTIONS[op.type], [*op.inputs])


def alike(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """One number everywhere, in the shape of rows."""
    op = tensor.op
    shape = graph.source(op.inputs[0]).op if op.type == "Fill" else op
    if op.type not in (*EACH, "Fill") or (op.type == "Fill" and shape.type != "Shape"):
        return None
    number = constant(graph, tensor)
    if number is None or not graph.rows(shape.inputs[0]):
        return None
    kind = ALIKE.get(number, "full_like")
    return Match(kind, shape.inputs[:1], {} if number in ALIKE else {"fill_value": number})


def cast(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """Numbers in another dtype."""
    if tensor.op.type != "Cast":
        return None
    return Match("cast", tensor.op.inputs[:1], {"dtype": tensor.dtype.name})


def one_hot(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, ...] classes -> [N, ..., number of classes]."""
    op = tensor.op
    if op.type != "OneHot" or not graph.rows(op.inputs[0]) or op.get_attr("axis") != -1:
        return None
    if [constant(graph, one) for one in op.inputs[2:4]] != [1.0, 0.0]:
        return None
    return Match("one_hot", op.inputs[:1], {"num_classes": int(graph.number(op.inputs[1]))})


def chosen(graph: Trained, tensor: tf.Tensor) -> Match | None:
    """[N, n], and whole numbers [N] -> [N], the number at that place of each row."""
    if tensor.op.type != "GatherNd" or tensor.op.inputs[0].shape.rank != 2:
        return None
    rows, places = tensor.op.inputs[0], graph.source(tensor.op.inputs[1]).op
    if places.type != "Pack" or places.get_attr("axis") not in (1, -1) or len(places.inputs) != 2:
        return None
    counted = graph.source(places.inputs[0]).op
    if counted.type != "Range":
        return None
    first, _, by = counted.inputs
    if (constant(graph, first), constant(graph, by)) != (0, 1):
        return None
    mask = Match("one_hot", [places.inputs[1]], {"num_classes": rows.shape[1]})
    return Match("total", [Match("multiply", [rows, mask])], {"axis": 1, "keepdims": False})
