"""Placeholders that tf1_graph() says nothing of: further inputs, or numbers to be given."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import UserError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def taken_in(
    ends: Mapping[str, Any], used: "Sequence[tf.Operation]", make: "Callable[[], keras.Model]"
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the endpoints with such placeholders in x, where Keras has just as many inputs more.

    And their names. Those among `used`, the ops that run; by the names of Keras' inputs, where
    those are the placeholders', else in the order in which they were made.
    """
    import tensorflow as tf

    further = _unfed(used)
    if not further or not all(tensor.shape.rank for tensor in further):
        return ends, ()
    inputs = {one.name: one for one in getattr(make(), "inputs", None) or ()}
    every = [*tf.nest.flatten(ends["x"]), *further]
    named = {tensor.op.name: tensor for tensor in every}
    in_order = [named[name] for name in inputs] if inputs.keys() == named.keys() else every
    if len(inputs) != len(every) or not all(map(_fits, in_order, inputs.values())):
        return ends, ()
    return {**ends, "x": in_order}, tuple(tensor.op.name for tensor in further)


def _unfed(used: "Sequence[tf.Operation]") -> list["tf.Tensor"]:
    made = (op for op in used if op.type == "Placeholder")
    return [op.outputs[0] for op in sorted(made, key=lambda op: op._id)]


def _fits(tensor: "tf.Tensor", keras_tensor: Any) -> bool:
    """Whether what is fed to a placeholder can be what Keras takes there."""
    whole = keras_tensor.dtype.startswith(("int", "uint"))
    return tensor.dtype.is_integer == whole and tensor.shape.is_compatible_with(keras_tensor.shape)


def refuse(used: "Sequence[tf.Operation]", path: Path) -> None:
    """Raise UserError where there is one among the ops that run, and say how it is fed."""
    unfed = _unfed(used)
    if unfed:
        names = ", ".join(tensor.op.name for tensor in unfed)
        hints = "\n".join(dict.fromkeys(map(_hint, unfed)))
        raise UserError(
            f"{path}: the placeholder {names} is not fed; only x, y and what feeds names are.\n"
            f"{hints}"
        )


def _hint(tensor: "tf.Tensor") -> str:
    """Say how a placeholder of this dtype and shape is fed."""
    import tensorflow as tf

    name = tensor.op.name
    if tensor.dtype == tf.bool:
        return f'For a switch such as is_training return "feeds": {{{name}: (True, False)}}.'
    of_rows = (
        f'return "x": [..., {name}], a list or dict, and give keras_model() as many inputs; or, if '
        "it is a label, do so with y."
    )
    if tensor.shape.rank:
        return f"{name} has a row for each row of x, it seems: {of_rows}"
    if not tensor.dtype.is_floating:
        return f'Return its value: "feeds": {{{name}: 0}}.'
    number = (
        f'For a keep_prob return "feeds": {{{name}: (0.5, 1.0)}}, in training and in inference; '
        f"for a learning rate {{{name}: 0.01}}."
    )
    return number if tensor.shape.rank == 0 else f"{number} For an input {of_rows}"
