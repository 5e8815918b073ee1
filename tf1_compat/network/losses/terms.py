"""What a loss compares, number by number, before anything is added up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import tensorflow as tf

from tf1_compat.network import forms
from tf1_compat.network.graph import Trained

UNCHANGED = ("Cast", "StopGradient")
RANKED = ("Reshape", "ExpandDims", "Squeeze")


@dataclass(frozen=True)
class Terms:
    """Tensors of one shape, and the loss of each of their numbers, or of each row."""

    kind: str
    """A row of `keras_models/writing/losses.py`."""
    outputs: tf.Tensor
    labels: tf.Tensor
    last: Literal["row", "all", "mean", "sum"] = "mean"
    """What Keras' loss does along the last axis; row: the loss has none; all: as along rows."""
    options: Mapping[str, Any] = field(default_factory=dict)
    scale: float = 1.0
    """What Keras' loss is multiplied by."""
    added_up: bool = False
    """The losses of all numbers are added up already."""
    by_hand: bool = False
    """It is labels times log_softmax(outputs), and not TensorFlow's op of both."""
    one_hot: bool = False
    """Labels are classes that the graph makes one-hot."""


Pattern = Callable[[Trained, tf.Tensor], Terms | None]


def outputs_first(graph: Trained, one: tf.Tensor, other: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the tensor that variables make, and the other, which are labels."""
    return (one, other) if graph.variables(one) else (other, one)


def unranked(graph: Trained, tensor: tf.Tensor) -> tf.Tensor:
    """Return what axes of one number were given to, or taken from, whatever its dtype was."""
    tensor = graph.source(tensor)
    while tensor.op.type in (*UNCHANGED, *RANKED):
        before = graph.source(tensor.op.inputs[0])
        if tensor.op.type in RANKED and _sizes(before) != _sizes(tensor):
            break
        tensor = before
    return tensor


def _sizes(tensor: tf.Tensor) -> list[int | None]:
    return [] if tensor.shape.rank is None else [one for one in tensor.shape.as_list() if one != 1]


def fed(graph: Trained, labels: tf.Tensor) -> tf.Tensor:
    """Return what is fed as labels: a placeholder, which Keras casts, too, or one in another form.

    Raises NotCovered where they are made of anything else.
    """
    labels = graph.source(labels)
    placeholder, changed = forms.of(graph, labels)
    return labels if any(one.kind != "cast" for one in changed) else placeholder
