"""What it takes to read, set and differentiate the variables of any TensorFlow 1 graph."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tf1_compat.reading import updates
from tf1_compat.reading.control_flow import as_tensorflow_1
from tf1_compat.reading.updates import Update

Tree = Any
"""One of something, or a list or dict of them, as Keras' `fit` takes x and y."""


@dataclass(frozen=True)
class Inspection:
    """The names that a GraphProgram needs; they hold in the graph and in its float64 twin."""

    x: Tree
    """Tensors that are fed, by name, as those that `inspect` was given."""
    y: Tree
    cost: str
    train_op: str
    logits: Mapping[str, str]
    """Output, see `named` -> tensor; empty where there is none."""
    initializer: str
    shapes: Mapping[str, tuple[int, ...]]
    """Trained variable -> shape, in the order of creation."""
    aside: tuple[str, ...]
    """Trainable variables that neither cost, outputs nor train_op have anything to do with."""
    reads: Mapping[str, str]
    """Any variable -> tensor of its value."""
    feeds: Mapping[str, str]
    """Any variable -> placeholder of a new value."""
    assigns: Mapping[str, str]
    """Any variable -> op that takes it."""
    gradients: Mapping[str, str]
    """Trained variable -> tensor of the cost's gradient."""
    updates: tuple[Update, ...]

    @property
    def last(self) -> list[str]:
        """The tensors that the graph ends in: its outputs, or else the cost."""
        return list(self.logits.values()) or [self.cost]


def inspect(graph: tf.Graph, endpoints: Mapping[str, Any]) -> Inspection:
    """Add to `graph` what it takes to read, set and differentiate its variables.

    No op that was there changes, so the graph computes what it computed. `endpoints` are x, y and
    logits, each a tensor or a list or dict of tensors, logits or None; cost, a tensor; train_op, an
    operation; and `feeds`, if any, tensor name -> what it is fed besides.
    """
    with graph.as_default(), tf.name_scope("inspection"), contextlib.ExitStack() as after:
        made_by_1 = any(op.type == "Enter" for op in graph.get_operations())
        if made_by_1:
            after.enter_context(as_tensorflow_1())
        taking_part = {op.name for op in behind(endpoints)}
        trainable = {v.op.name: v for v in tf.compat.v1.trainable_variables()}
        trained = {name: v for name, v in trainable.items() if name in taking_part}
        every = {v.op.name: v for v in tf.compat.v1.global_variables()}
        reads = {name: tf.identity(v).name for name, v in every.items()}
        feeds = {
            name: tf.compat.v1.placeholder(v.dtype.base_dtype, v.shape) for name, v in every.items()
        }
        assigns = {name: tf.compat.v1.assign(v, feeds[name]).op for name, v in every.items()}
        cost, zero = endpoints["cost"], tf.UnconnectedGradients.ZERO
        gradients = tf.gradients(
            cost, list(trained.values()), unconnected_gradients=zero, gate_gradients=True
        )
        initializer = tf.group(
            tf.compat.v1.global_variables_initializer(), tf.compat.v1.local_variables_initializer()
        )
        return Inspection(
            x=tf.nest.map_structure(lambda tensor: tensor.name, endpoints["x"]),
            y=tf.nest.map_structure(lambda tensor: tensor.name, endpoints["y"]),
            cost=cost.name,
            train_op=endpoints["train_op"].name,
            logits={name: end.name for name, end in named(endpoints["logits"]).items()},
            initializer=initializer.name,
            shapes={name: tuple(v.shape.as_list()) for name, v in trained.items()},
            aside=tuple(name for name in trainable if name not in trained),
            reads=reads,
            feeds={name: placeholder.name for name, placeholder in feeds.items()},
            assigns={name: op.name for name, op in assigns.items()},
            gradients={
                name: tf.convert_to_tensor(gradient).name
                for name, gradient in zip(trained, gradients, strict=True)
            },
            updates=tuple(updates.read(endpoints["train_op"], fed(endpoints))),
        )


def fed(endpoints: Mapping[str, Any]) -> set[str]:
    """Return the names of the tensors that are fed."""
    inputs = tf.nest.flatten([endpoints["x"], endpoints["y"]])
    return {tensor.name for tensor in inputs} | set(endpoints.get("feeds") or ())


def behind(endpoints: Mapping[str, Any]) -> list[tf.Operation]:
    """Return the ops that run when cost, outputs and an update are asked for."""
    outputs = [end.op for end in named(endpoints["logits"]).values()]
    wanted = [endpoints["cost"].op, endpoints["train_op"], *outputs]
    return list(updates.ancestors(wanted, fed=fed(endpoints)))


def named(outputs: Tree | None) -> dict[str, Any]:
    """Return outputs by name: logits, or logits 1, logits 2 and so on, in the order of the tree.

    A dict's are in the order of its sorted keys. Empty for None.
    """
    if outputs is None:
        return {}
    flat = tf.nest.flatten(outputs)
    if len(flat) == 1:
        return {"logits": flat[0]}
    return {f"logits {number}": one for number, one in enumerate(flat, 1)}
