"""A user's PAIR.py: a TensorFlow 1 graph and the Keras model that is meant to be the same.

    def tf1_graph():        # builds in the default graph, any tf.compat.v1 code
        return {"x": X, "y": Y, "cost": cost, "train_op": train_op, "logits": logits}
    def keras_model():      # a compiled keras.Model
        return model
    weight_map = {"W1": "hidden/kernel"}   # optional: TF1 variable -> Keras variable path

`load` runs that file. Whatever is wrong with it is a UserError.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from training.errors import UserError
from training.machine import paths
from training.model_files import variable_map
from training.model_files.users_code import blamed

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from tf1_compat.reading.inspection import Inspection
    from tf1_compat.reading.structure import Structure

REQUIRED = ("x", "y", "cost", "train_op")
PROBABILITIES = ("Softmax", "Sigmoid")
CLIPS = ("Minimum", "Maximum", "ClipByValue", "Identity")
"""What probabilities go through before their logarithm is taken."""


@dataclass(frozen=True)
class Placeholder:
    """A placeholder to feed; `shape` has None where any size will do."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Pair:
    """A validated PAIR.py."""

    path: Path
    graph: "tf.Graph"
    inspection: "Inspection"
    x: Placeholder
    y: Placeholder
    probabilities: bool
    """The endpoint `logits` is the output of a softmax or sigmoid."""
    op_types: frozenset[str]
    """Types of the ops that the cost is made of."""
    structure: "Structure"
    """What a few updates may not show."""
    sample: "keras.Model"
    """A model to look at, not to train."""
    keras_model: "Callable[[], keras.Model]"
    """Gives a new compiled model at every call."""
    weight_map: Mapping[str, str] | None


def load(path: Path, seed: int) -> Pair:
    """Run `path` and return what it defines; `seed` is the graph's unless the file sets another.

    Raises UserError for a missing file or function, an exception in the user's code, missing or
    unusable endpoints, a placeholder that nobody feeds, and a model that is not compiled.
    """
    return validate(path, vars(_run_file(path)), seed)


def validate(path: Path, names: Mapping[str, Any], seed: int) -> Pair:
    """Return the pair that `names` define; `path` is where errors say that they come from."""
    build, make = (_function(names, path, name) for name in ("tf1_graph", "keras_model"))
    import tensorflow as tf

    from tf1_compat.reading import structure
    from tf1_compat.reading.inspection import inspect

    graph = tf.Graph()
    with graph.as_default(), tf.device("/CPU:0"), blamed(path, "tf1_graph()"):
        tf.compat.v1.set_random_seed(seed)
        returned = build()
    ends = _endpoints(returned, graph, path)
    used = _ops_behind(ends, path)
    with tf.device("/CPU:0"):
        inspection = inspect(graph, ends)
    if not inspection.shapes:
        raise UserError(f"{path}: tf1_graph() makes no trainable variable; expected at least one.")

    def keras_model() -> Any:
        with blamed(path, "keras_model()"):
            return _checked_model(make(), path)

    logits = ends["logits"]
    return Pair(
        path=path,
        graph=graph,
        inspection=inspection,
        x=_placeholder(ends["x"]),
        y=_placeholder(ends["y"]),
        probabilities=logits is not None and _unclipped(logits.op).type in PROBABILITIES,
        op_types=frozenset(op.type for op in used),
        structure=structure.read(ends, inspection),
        sample=keras_model(),
        keras_model=keras_model,
        weight_map=variable_map.of_pair(names.get("weight_map"), path),
    )


def _run_file(path: Path) -> ModuleType:
    paths.check(path, "a Python file with tf1_graph() and keras_model()")
    spec = importlib.util.spec_from_file_location(f"pair_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: not a Python file; expected a name that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))  # so that it can import its neighbours
    try:
        with blamed(path, "the file"):
            spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def _function(names: Mapping[str, Any], path: Path, name: str) -> Callable[[], Any]:
    found = names.get(name)
    if not callable(found):
        raise UserError(
            f"{path}: no function {name}(); expected `def {name}():` without arguments."
        )
    return found


def _endpoints(returned: Any, graph: "tf.Graph", path: Path) -> dict[str, Any]:
    import tensorflow as tf

    if not isinstance(returned, Mapping):
        raise UserError(
            f"{path}: tf1_graph() returned {type(returned).__name__}; expected a dict with "
            f"{', '.join(REQUIRED)} and, if you can, logits."
        )
    ends: dict[str, Any] = {name: returned.get(name) for name in (*REQUIRED, "logits")}
    if missing := [name for name in REQUIRED if ends[name] is None]:
        raise UserError(
            f"{path}: tf1_graph() returned no {missing[0]}; expected {', '.join(REQUIRED)} and, "
            "if you can, logits."
        )
    with graph.as_default():
        if isinstance(ends["train_op"], list | tuple):
            ends["train_op"] = tf.group(*ends["train_op"])
        if isinstance(ends["train_op"], tf.Tensor):
            ends["train_op"] = ends["train_op"].op
    for name, end in ends.items():
        kind = tf.Operation if name == "train_op" else tf.Tensor
        if end is not None and (not isinstance(end, kind) or end.graph is not graph):
            raise UserError(
                f"{path}: tf1_graph()'s {name} is a {type(end).__name__}; expected a "
                f"{kind.__name__} of the default graph."
            )
    for name in ("x", "y"):
        if not ends[name].op.type.startswith("Placeholder"):
            raise UserError(
                f"{path}: tf1_graph()'s {name} is a {ends[name].op.type}; expected a placeholder."
            )
    cost = ends["cost"]
    if cost.dtype != tf.float32 or cost.shape.rank not in (0, None):
        raise UserError(
            f"{path}: tf1_graph()'s cost is {cost.dtype.name} {cost.shape}; expected one float32 "
            "number."
        )
    return ends


def _ops_behind(ends: Mapping[str, Any], path: Path) -> list["tf.Operation"]:
    """Return the ops that run when everything is asked for; x and y alone are fed to them."""
    from tf1_compat.reading.updates import ancestors

    wanted = [ends["cost"].op, ends["train_op"]]
    if ends["logits"] is not None:
        wanted.append(ends["logits"].op)
    used = list(ancestors(wanted))
    fed = {ends["x"].op.name, ends["y"].op.name}
    starved = sorted(op.name for op in used if op.type == "Placeholder" and op.name not in fed)
    if starved:
        raise UserError(
            f"{path}: nobody feeds the placeholder {', '.join(starved)}; only x and y are fed.\n"
            "Give it a default: tf.compat.v1.placeholder_with_default(1.0, [])."
        )
    return used


def _unclipped(op: "tf.Operation") -> "tf.Operation":
    """Return the op that made what `op` clips."""
    while op.type in CLIPS:
        op = op.inputs[0].op
    return op


def _placeholder(tensor: "tf.Tensor") -> Placeholder:
    if tensor.shape.rank is None:
        raise UserError(
            f"the placeholder {tensor.op.name} has no shape; expected one such as [None, 784]."
        )
    return Placeholder(tensor.op.name, tensor.dtype.name, tuple(tensor.shape.as_list()))


def _checked_model(model: Any, path: Path) -> Any:
    import keras

    if not isinstance(model, keras.Model):
        raise UserError(
            f"{path}: keras_model() returned {type(model).__name__}; expected a compiled "
            "keras.Model."
        )
    if not getattr(model, "compiled", False) or model.optimizer is None or model.loss is None:
        raise UserError(
            f"{path}: keras_model() returned a model without optimizer or loss.\n"
            "Call model.compile(optimizer=..., loss=...) in it."
        )
    return model
