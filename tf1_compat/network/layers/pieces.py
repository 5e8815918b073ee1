"""How a layer was computed, to the bit: what an exact piece in its place has to do alike."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.products import BIASES, SUMS
from tf1_compat.network.layers.recurrence.cells import KINDS
from tf1_compat.network.values import Call, Layer
from tf1_compat.reading import dropout
from tf1_compat.reading.averages import MOVES


def computed(
    graph: Trained, calls: Iterable[Call], moves: Sequence[tf.Operation]
) -> tuple[Call, ...]:
    """Return the calls, each layer with its `ops`; `moves` are ops that change variables."""
    made: dict[int, Layer] = {}
    found: list[Call] = []
    for call in calls:
        name, _, number = call.output.partition(":")
        first, *_ = number.split("/")  # what is behind it is no tensor of the graph
        tensor = graph.graph.get_tensor_by_name(f"{name}:{first}")
        ops = {**_bias(graph, call, tensor), **_averages(graph, call, tensor, moves)}
        ops |= _dropped(graph, call, tensor) | _steps(graph, call, tensor)
        layer = made.setdefault(id(call.layer), replace(call.layer, ops=ops))
        found.append(replace(call, layer=layer))
    return tuple(found)


def _bias(graph: Trained, call: Call, tensor: tf.Tensor) -> dict[str, Any]:
    """Return whether a bias is added by `+`, whose gradient gives the product's its shape."""
    for op in graph.behind(tensor) if "bias" in call.layer.variables else ():
        variables = [graph.variable(one) for one in op.inputs] if op.type in BIASES else []
        for variable, product in zip(variables, op.inputs[::-1], strict=False):
            if variable is not None and variable.name == call.layer.variables["bias"]:
                return {"bias_by_plus": op.type in SUMS, "shape_asked": _asked(product)}
    return {}


def _asked(product: tf.Tensor) -> bool:
    shapes = [op.outputs[0] for op in product.consumers() if op.type == "Shape"]
    return any(op.type == "Reshape" for shape in shapes for op in shape.consumers())


def _averages(
    graph: Trained, call: Call, tensor: tf.Tensor, moves: Sequence[tf.Operation]
) -> dict[str, Any]:
    """Return whether one op normalizes, behind a switch, and how 1 - momentum was rounded."""
    average = call.layer.variables.get("moving_mean")
    for op in moves if average else ():
        if op.type in MOVES and graph.source(op.inputs[0]).op.name == average:
            factors = [graph.source(one) for one in graph.source(op.inputs[1]).op.inputs]
            decays = [one.op.type for one in factors if not graph.variables(one)]
            fused = tensor.op.type.startswith("FusedBatchNorm")
            switched = any(one.type == "Merge" for one in tensor.consumers())
            return {"fused": fused, "rounded_momentum": decays == ["Sub"], "switched": switched}
    return {}


def _steps(graph: Trained, call: Call, tensor: tf.Tensor) -> dict[str, Any]:
    """Return whether a recurrent layer's steps are ops of their own, and in no loop."""
    if call.layer.kind not in (*KINDS, "bidirectional"):
        return {}
    return {"unrolled": all(op.type != "TensorArrayReadV3" for op in graph.behind(tensor))}


def _dropped(graph: Trained, call: Call, tensor: tf.Tensor) -> dict[str, Any]:
    """Return the seeds of a dropout that has any, and whether its rate is of a number fed."""
    if call.layer.kind != "dropout":
        return {}
    inputs = [graph.source(one) for one in tensor.op.inputs]
    inputs += [graph.source(one.op.inputs[0]) for one in inputs if one.op.type == "Cast"]
    names = {one.name for one in inputs}
    for one in dropout.find(list(graph.behind(graph.cost))):
        if one.kept in names and any(one.seeds):
            fed = [graph.graph.get_tensor_by_name(name).dtype for name in one.switches]
            rounded = any(dtype.is_floating for dtype in fed)
            return {"seeds": one.seeds, "rounded_rate": rounded}
    return {}
