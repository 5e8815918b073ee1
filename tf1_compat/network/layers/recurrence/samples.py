"""What rows may be drawn like where their dtype and shape do not say it: lengths, open sizes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import tensorflow as tf

from tf1_compat.network.graph import Trained
from tf1_compat.network.values import Call, Drawn, Input, Loss

STEPS = 8
"""Of sequences whose number of steps is open."""
LABELS = {
    **dict.fromkeys(("softmax_cross_entropy", "categorical_cross_entropy"), "one_hot"),
    **dict.fromkeys(("sparse_softmax_cross_entropy", "sparse_categorical_cross_entropy"), "whole"),
    **dict.fromkeys(("sigmoid_cross_entropy", "binary_cross_entropy", "hinge"), "whole"),
    **{"categorical_log_loss": "one_hot", "binary_log_loss": "whole"},
}
"""Kind of loss -> how its labels are drawn; others normally."""


def read(
    graph: Trained, inputs: Mapping[str, Input], calls: Collection[Call], losses: Sequence[Loss]
) -> tuple[Drawn, ...]:
    """Return how inputs and then labels are drawn; empty where any numbers do."""
    within = [call for call in calls if call.layer.kind == "within"]
    lengths = {call.inputs[0]: call.layer.options["steps"] or STEPS for call in within}
    tables = {
        call.inputs[0]: call.layer.options["input_dim"]
        for call in calls
        if call.layer.kind == "embedding"
    }
    labels = [one.labels for one in losses]
    tensors = {name: graph.graph.get_tensor_by_name(name) for name in (*inputs, *labels)}
    if not lengths and all(one.shape[1:].is_fully_defined() for one in tensors.values()):
        return ()
    found = [_drawn(tensors[name], tables.get(name, 2)) for name in inputs]
    found = [
        replace(one, first=1, below=lengths[one.tensor] + 1) if one.tensor in lengths else one
        for one in found
    ]
    return (*found, *(_labels(graph, one, _drawn(tensors[one.labels], 2)) for one in losses))


def _labels(graph: Trained, loss: Loss, drawn: Drawn) -> Drawn:
    kind = LABELS.get(loss.kind, "normal")
    if not loss.kind.startswith("sparse"):
        return replace(drawn, kind=kind)
    outputs = graph.graph.get_tensor_by_name(loss.outputs)
    return replace(drawn, kind=kind, below=outputs.shape[-1] or 2)


def _drawn(tensor: tf.Tensor, below: int) -> Drawn:
    shape = tuple(size or STEPS for size in tensor.shape.as_list()[1:])
    return Drawn(tensor.name, "whole" if tensor.dtype.is_integer else "normal", shape, below=below)
