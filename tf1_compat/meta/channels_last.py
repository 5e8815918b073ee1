"""Ops that are channels first (NCHW), for a GPU, made into ones that the CPU has kernels for.

Each gets its images transposed, works channels last, and its answer is transposed back. What lies
between these ops, weights and names stay. What an op takes and gives stands in
`tensorflow/core/ops/nn_ops.cc`.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import tensorflow as tf

LAST = {"NCHW": "NHWC", "NCDHW": "NDHWC"}
"""Channels first -> last."""
KEPT = ("BiasAdd", "BiasAddGrad")
"""Ops that the CPU has for both."""
IMAGES = {
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2dNative"), (0,)),
    **dict.fromkeys(("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"), (0,)),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), (0,)),
    **dict.fromkeys(("SpaceToDepth", "DepthToSpace"), (0,)),
    **dict.fromkeys(("Conv2DBackpropFilter", "DepthwiseConv2dNativeBackpropFilter"), (0, 2)),
    **dict.fromkeys(("Conv2DBackpropInput", "DepthwiseConv2dNativeBackpropInput"), (2,)),
    **{"Conv3DBackpropFilterV2": (0, 2), "Conv3DBackpropInputV2": (2,)},
    **dict.fromkeys(("MaxPoolGrad", "MaxPool3DGrad"), (0, 1, 2)),
    **dict.fromkeys(("AvgPoolGrad", "AvgPool3DGrad"), (1,)),
    **dict.fromkeys(("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"), (0, 1)),
}
"""Op -> which of its inputs are images."""
OF_SHAPE = ("BackpropInput", "BackpropInputV2", "AvgPoolGrad", "AvgPool3DGrad")
"""How ops end whose first input is an image's shape."""
TO_FILTER = ("BackpropFilter", "BackpropFilterV2")
"""How ops end whose output is a filter, and no image."""
INT32 = tf.int32.as_datatype_enum
PER_DIMENSION = ("strides", "ksize", "dilations", "explicit_paddings")


def permute(definition: tf.compat.v1.GraphDef) -> None:
    """Let every op of `definition` that is channels first work channels last.

    Raises ValueError for one that is not in IMAGES, or that is in a function.
    """
    for function in definition.library.function:
        for node in _channels_first(function.node_def):
            raise _refusal(node)
    turned = {node.name: _turn(node) for node in _channels_first(definition.node)}
    definition.node.extend(itertools.chain.from_iterable(turned.values()))
    for node in definition.node:
        for place, name in enumerate(node.input):
            op, _, output = name.partition(":")
            if op in turned and output not in ("", "0"):  # statistics, which are no images
                node.input[place] = f"{turned[op][0].name}:{output}"


def of_graph(graph: tf.Graph) -> tf.Graph:
    """Return `graph`, or a copy of it where it has ops that are channels first; see `permute`."""
    if not any(_channels_first(graph.as_graph_def().node)):
        return graph
    with graph.as_default():
        meta = tf.compat.v1.train.export_meta_graph()
    permute(meta.graph_def)
    with tf.Graph().as_default() as copy:
        tf.compat.v1.train.import_meta_graph(meta)
    return copy


def _channels_first(nodes: Iterable[Any]) -> Iterator[Any]:
    return (node for node in nodes if _format(node).startswith("NC") and node.op not in KEPT)


def _format(node: Any) -> str:
    return node.attr["data_format"].s.decode() if "data_format" in node.attr else ""


def _refusal(node: Any) -> ValueError:
    return ValueError(
        f"{node.name} ({node.op}) is {_format(node)}, channels first, for which TensorFlow has no "
        "kernel on the CPU; build this part of the graph with data_format NHWC: its weights are "
        "the same"
    )


def _turn(node: Any) -> list[Any]:
    """Return the op that does the work of `node`, and its inputs; `node` turns its answer back."""
    if node.op not in IMAGES or _format(node) not in LAST:
        raise _refusal(node)
    rank = len(_format(node))
    order = [0, *range(2, rank), 1]
    op = type(node)()
    op.CopyFrom(node)
    op.name = f"{node.name}/channels_last"
    op.attr["data_format"].s = LAST[_format(node)].encode()
    op.attr.pop("_output_shapes", None)
    for name in PER_DIMENSION:
        if name in op.attr:
            op.attr[name].list.i[:] = _reordered(op.attr[name].list.i, order)
    new = [op]
    for place in IMAGES[op.op]:
        new += _put_before(op, place, "Transpose", {"T": op.attr["T"].type}, order)
    if op.op.endswith(OF_SHAPE):
        numbers = op.attr["Tshape"].type if "Tshape" in op.attr else INT32
        new += _put_before(op, 0, "Gather", {"Tparams": numbers, "Tindices": INT32}, order)
    kind = "Identity" if op.op.endswith(TO_FILTER) else "Transpose"
    back = [0, rank - 1, *range(1, rank - 1)]
    return new + _make(node, kind, {"T": op.attr["T"].type}, op.name, back)


def _reordered(numbers: Sequence[int], order: Sequence[int]) -> list[int]:
    """Return the numbers of each dimension, one or (explicit paddings) two, in another order."""
    each = len(numbers) // len(order)
    return [number for axis in order for number in numbers[axis * each : (axis + 1) * each]]


def _put_before(
    op: Any, place: int, kind: str, types: dict[str, int], order: Sequence[int]
) -> list[Any]:
    """Return an op that reorders what `op` has at `place`, with its constant; put it there."""
    before = type(op)(name=f"{op.name}/{place}", device=op.device)
    made = _make(before, kind, types, op.input[place], order)
    op.input[place] = before.name
    return [before, *made]


def _make(
    node: Any, kind: str, types: dict[str, int], source: str, order: Sequence[int]
) -> list[Any]:
    """Make `node` an op that takes `source`; return the constant that it takes besides, if any."""
    node.op = kind
    node.ClearField("input")
    node.ClearField("attr")
    for name, number in types.items():
        node.attr[name].type = number
    node.input.append(source)
    if kind == "Identity":
        return []
    # After what it is for: a constant is to be in the same loop.
    after = f"^{source.partition(':')[0]}"
    constant = type(node)(name=f"{node.name}/order", op="Const", device=node.device, input=[after])
    constant.attr["dtype"].type = INT32
    constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(order, tf.int32))
    node.input.append(constant.name)
    return [constant]
