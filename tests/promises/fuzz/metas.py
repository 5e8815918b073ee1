"""MetaGraphDefs of any fields, as a `.meta` file has them.

Without bytes: a convolution that is channels first, on a variable, as a Saver writes it.
"""

import functools
from typing import Any

import tensorflow as tf

from tests.promises.fuzz.draw import NUMBERS, Draw

tf1 = tf.compat.v1
OPS = (
    *("Const", "VariableV2", "Placeholder", "Reshape", "Fill", "Range", "Conv2D", "MaxPoolGrad"),
    *("FusedBatchNormV3", "PyFunc", "SaveV2", "WriteFile", "Switch", "Enter", "NoOp", "", "Odd"),
)
FORMATS = (b"NCHW", b"NHWC", b"NCDHW", b"NC", b"NCHW_VECT_C", b"\xff")
NAMES = ("x", "w", "^w", "conv", "conv:1", "conv:-1", "missing", "", "a b", "x:99999999999", "save")


def make(content: bytes) -> bytes:
    """Return the file that `content` chooses."""
    draw, meta = Draw(content), tf1.MetaGraphDef.FromString(_sound())
    for _ in range(draw.below(6)):
        nodes = meta.graph_def.node
        _change(draw, meta, draw.pick(nodes) if nodes else nodes.add())
    return meta.SerializeToString()


@functools.cache
def _sound() -> bytes:
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 2, 3, 3], "x")
        w = tf1.Variable(tf.fill([1, 1, 2, 1], 0.5), name="w", use_resource=False)
        tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME", "NCHW", name="conv")
        saver = tf1.train.Saver().saver_def
        return tf1.train.export_meta_graph(graph=graph, saver_def=saver).SerializeToString()


def _change(draw: Draw, meta: Any, node: Any) -> None:
    """Change one field of a node, or what is said of the graph."""
    what = draw.below(11)
    if what == 0:
        node.op = draw.pick(OPS)
    elif what == 1:
        node.name = draw.pick(NAMES)
    elif what == 2:
        node.input.append(draw.pick(NAMES))
    elif what == 3 and node.input:
        node.input[draw.below(len(node.input))] = draw.pick(NAMES)
    elif what == 4 and node.attr:
        del node.attr[draw.pick(sorted(node.attr))]
    elif what == 5:
        node.attr["data_format"].s = draw.pick(FORMATS)
    elif what == 6:
        name = draw.pick(("strides", "dilations", "ksize", "explicit_paddings"))
        node.attr[name].list.i.extend([draw.pick(NUMBERS)] * draw.below(9))
    elif what == 7:
        node.attr["shape"].shape.dim.add().size = draw.pick(NUMBERS)
    elif what == 8:
        tensor = node.attr["value"].tensor
        tensor.dtype = draw.pick((1, 3, 7, 9, 20, 21, 0, 101, 255))
        tensor.tensor_shape.dim.add().size = draw.pick(NUMBERS)
    elif what == 9:
        node.attr[draw.pick(("dtype", "T"))].type = draw.pick((1, 2, 3, 7, 20, 0, 101))
    else:
        key = draw.pick(("variables", "trainable_variables", "savers", "cond_context", "train_op"))
        collection = meta.collection_def[key]
        if draw.below(2):
            collection.node_list.value.append(draw.pick(NAMES))
        else:
            collection.bytes_list.value.append(bytes([draw.below(256)] * draw.below(9)))
