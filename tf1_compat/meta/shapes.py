"""Shapes as TensorFlow 1 knew them, where an import finds fewer, such as of what leaves a loop."""

from pathlib import Path

import tensorflow as tf


def say(path: Path, graph: tf.Graph) -> None:
    """Give tensors of `graph`, which was loaded from a `.meta` file, the shapes written there.

    Those that contradict what TensorFlow 2 infers are left.
    """
    definition = tf.compat.v1.MetaGraphDef.FromString(path.read_bytes()).graph_def
    known = {op.name: op for op in graph.get_operations()}
    for node in definition.node:
        shapes = node.attr["_output_shapes"].list.shape if "_output_shapes" in node.attr else ()
        if node.name not in known or len(shapes) != len(known[node.name].outputs):
            continue
        for output, shape in zip(known[node.name].outputs, shapes, strict=True):
            if output.shape.is_compatible_with(found := tf.TensorShape(shape)):
                output.set_shape(found)
