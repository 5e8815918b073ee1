"""What it takes to read, set and differentiate the variables of any TensorFlow 1 graph."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tf1_compat.reading import updates
from tf1_compat.reading.updates import Update


@dataclass(frozen=True)
class Inspection:
    """The names that a GraphProgram needs; they hold in the graph and in its float64 twin."""

    endpoints: Mapping[str, str]
    """x, y, cost, train_op, logits where there are any -> tensor; of train_op, operation."""
    initializer: str
    shapes: Mapping[str, tuple[int, ...]]
    """Trained variable -> shape, in the order of creation."""
    reads: Mapping[str, str]
    """Any variable -> tensor of its value."""
    feeds: Mapping[str, str]
    """Any variable -> placeholder of a new value."""
    assigns: Mapping[str, str]
    """Any variable -> op that takes it."""
    gradients: Mapping[str, str]
    """Trained variable -> tensor of the cost's gradient."""
    updates: tuple[Update, ...]


def inspect(graph: tf.Graph, endpoints: Mapping[str, Any]) -> Inspection:
    """Add to `graph` what it takes to read, set and differentiate its variables.

    No op that was there changes, so the graph computes what it computed. `endpoints` are tensors,
    but for `train_op`, an operation; `logits` may be None.
    """
    with graph.as_default(), tf.name_scope("inspection"), contextlib.ExitStack() as after:
        made_by_1 = any(op.type == "Enter" for op in graph.get_operations())
        if made_by_1 and tf.compat.v1.control_flow_v2_enabled():  # which cannot differentiate it
            tf.compat.v1.disable_control_flow_v2()
            after.callback(tf.compat.v1.enable_control_flow_v2)
        trained = {v.op.name: v for v in tf.compat.v1.trainable_variables()}
        every = {v.op.name: v for v in tf.compat.v1.global_variables()}
        reads = {name: tf.identity(v).name for name, v in every.items()}
        feeds = {
            name: tf.compat.v1.placeholder(v.dtype.base_dtype, v.shape) for name, v in every.items()
        }
        assigns = {name: tf.compat.v1.assign(v, feeds[name]).op for name, v in every.items()}
        cost, zero = endpoints["cost"], tf.UnconnectedGradients.ZERO
        gradients = tf.gradients(cost, list(trained.values()), unconnected_gradients=zero)
        initializer = tf.group(
            tf.compat.v1.global_variables_initializer(), tf.compat.v1.local_variables_initializer()
        )
        return Inspection(
            endpoints={name: end.name for name, end in endpoints.items() if end is not None},
            initializer=initializer.name,
            shapes={name: tuple(v.shape.as_list()) for name, v in trained.items()},
            reads=reads,
            feeds={name: placeholder.name for name, placeholder in feeds.items()},
            assigns={name: op.name for name, op in assigns.items()},
            gradients={
                name: tf.convert_to_tensor(gradient).name
                for name, gradient in zip(trained, gradients, strict=True)
            },
            updates=tuple(updates.read(endpoints["train_op"])),
        )
