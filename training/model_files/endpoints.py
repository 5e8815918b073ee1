"""What tf1_graph() returns: the tensors and the op through which a graph is fed, read and trained.

x, y      a tensor, or a list or dict of tensors, as Keras' `fit` takes them; any tensor can be
          fed, a placeholder as well as what an iterator or a queue gives
cost      one float32 number
train_op  an op, a tensor, or a list of ops
logits    optional: the outputs, a tensor, or a list or dict of tensors
feeds     optional: {further placeholder: value}, or (value in training, value in inference)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import UserError

if TYPE_CHECKING:
    import tensorflow as tf

Tree = Any
"""One of something, or a list or dict of them."""

REQUIRED = ("x", "y", "cost", "train_op")
TREES = ("x", "y", "logits")
PROBABILITIES = ("Softmax", "Sigmoid")
CLIPS = ("Minimum", "Maximum", "ClipByValue", "Identity")
"""What probabilities go through before their logarithm is taken."""


@dataclass(frozen=True)
class Fed:
    """A tensor to feed, a placeholder as a rule; `shape` has None where any size will do."""

    name: str
    tensor: str
    dtype: str
    shape: tuple[int | None, ...]


def checked(returned: Any, graph: "tf.Graph", path: Path) -> dict[str, Any]:
    """Return the endpoints as `inspect` takes them; raises UserError for what cannot be one."""
    import tensorflow as tf

    if not isinstance(returned, Mapping):
        raise UserError(
            f"{path}: tf1_graph() returned {type(returned).__name__}; expected a dict with "
            f"{', '.join(REQUIRED)} and, if you can, logits."
        )
    ends = {name: _listed(returned.get(name)) for name in (*REQUIRED, "logits")}
    if missing := [name for name in REQUIRED if ends[name] is None]:
        raise UserError(
            f"{path}: tf1_graph() returned no {missing[0]}; expected {', '.join(REQUIRED)} and, "
            "if you can, logits."
        )
    with graph.as_default():
        if isinstance(ends["train_op"], list):
            ends["train_op"] = tf.group(*ends["train_op"])
        if isinstance(ends["train_op"], tf.Tensor):
            ends["train_op"] = ends["train_op"].op
    for name, end in ends.items():
        kind = tf.Operation if name == "train_op" else tf.Tensor
        for one in tf.nest.flatten(end) if name in TREES else [end]:
            if one is not None and (not isinstance(one, kind) or one.graph is not graph):
                raise UserError(
                    f"{path}: tf1_graph()'s {name} is a {type(one).__name__}; expected a "
                    f"{kind.__name__} of the default graph"
                    f"{', or a list or dict of them' if name in TREES else ''}."
                )
    for tensor in tf.nest.flatten([ends["x"], ends["y"]]):
        if made_of := _variable_behind(tensor):
            raise UserError(
                f"{path}: tf1_graph()'s {tensor.op.name}, which is to be fed, depends on the "
                f"variable {made_of}; expected a placeholder, or a tensor without one."
            )
    cost = ends["cost"]
    if cost.dtype != tf.float32 or cost.shape.rank not in (0, None):
        raise UserError(
            f"{path}: tf1_graph()'s cost is {cost.dtype.name} {cost.shape}; expected one float32 "
            "number."
        )
    return ends | {"feeds": _feeds(returned.get("feeds"), graph, path)}


def _variable_behind(tensor: "tf.Tensor") -> str | None:
    from tf1_compat.reading.structure import VARIABLES
    from tf1_compat.reading.updates import ancestors

    behind = ancestors([tensor.op], control=False)
    return next((op.name for op in behind if op.type in VARIABLES), None)


def _listed(end: Any) -> Any:
    """Return it with lists for tuples, which Keras takes for something else."""
    if isinstance(end, Mapping):
        return {name: _listed(one) for name, one in end.items()}
    return [_listed(one) for one in end] if isinstance(end, list | tuple) else end


def _feeds(given: Any, graph: "tf.Graph", path: Path) -> dict[str, tuple[Any, Any]]:
    """Return what is fed besides, tensor name -> (in training, in inference)."""
    import numpy as np
    import tensorflow as tf

    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UserError(
            f"{path}: tf1_graph()'s feeds is a {type(given).__name__}; expected a dict, such as "
            "{is_training: (True, False)}, or {keep_prob: 1.0} for both."
        )
    found = {}
    for key, value in given.items():
        name = key.name if isinstance(key, tf.Tensor) else key
        try:
            tensor = graph.get_tensor_by_name(name if ":" in name else f"{name}:0")
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{path}: tf1_graph()'s feeds names {name!r}, which is not in the graph; expected "
                "a placeholder or its name."
            ) from error
        both = value if isinstance(value, tuple) else (value, value)
        try:
            in_training, at_inference = both
            for one in both:
                array = np.asarray(one).astype(tensor.dtype.as_numpy_dtype, casting="same_kind")
                tensor.shape.assert_is_compatible_with(array.shape)
        except (TypeError, ValueError) as error:
            raise UserError(
                f"{path}: tf1_graph()'s feeds has {value!r} for {name}; expected "
                f"{tensor.dtype.name} {tensor.shape}, or two of them: (in training, in inference)."
            ) from error
        found[tensor.name] = (in_training, at_inference)
    return found


def to_feed(tree: Tree, of_keras: Sequence[Any], path: Path) -> Tree:
    """Return the Fed of each tensor; one without a shape has that of Keras' tensor in its place.

    Raises UserError where Keras' are others in number, or not known.
    """
    import tensorflow as tf

    flat = tf.nest.flatten(tree)
    beside = of_keras if len(of_keras) == len(flat) else [None] * len(flat)

    def one(tensor: "tf.Tensor", keras_tensor: Any) -> Fed:
        name = tensor.op.name if len(tensor.op.outputs) == 1 else tensor.name
        if tensor.shape.rank is not None:
            shape = tuple(tensor.shape.as_list())
        elif keras_tensor is not None:
            shape = tuple(keras_tensor.shape)
        else:
            raise UserError(
                f"{path}: {name}, which is fed, has no shape; expected one such as [None, 784]."
            )
        return Fed(name, tensor.name, tensor.dtype.name, shape)

    return tf.nest.pack_sequence_as(tree, [*map(one, flat, beside)])


def probabilities(logits: Tree | None) -> tuple[bool, ...]:
    """Return of each output whether it comes from a softmax or sigmoid."""
    from tf1_compat.reading.inspection import named

    return tuple(_unclipped(end.op).type in PROBABILITIES for end in named(logits).values())


def _unclipped(op: "tf.Operation") -> "tf.Operation":
    """Return the op that made what `op` clips."""
    while op.type in CLIPS:
        op = op.inputs[0].op
    return op
