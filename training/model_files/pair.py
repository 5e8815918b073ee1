"""A user's PAIR.py: a TensorFlow 1 graph and the Keras model that is meant to be the same.

    def tf1_graph():        # builds in the default graph, any tf.compat.v1 code
        return {"x": X, "y": Y, "cost": cost, "train_op": train_op, "logits": logits}
    def keras_model():      # a compiled keras.Model
        return model
    weight_map = {"W1": "hidden/kernel"}   # optional: TF1 variable -> Keras path, or recipe
    def sample_batch(rng, rows):   # optional: x and y, where random numbers will not do
        return x, y

What `tf1_graph` returns is in `endpoints.py`. `load` runs that file; whatever is wrong with it is a
UserError.
"""

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import UserError
from training.machine import paths
from training.model_files import endpoints, legacy_layers, unfed, variable_map
from training.model_files.endpoints import Tree
from training.model_files.users_code import blamed

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_models.pairing import WeightMap
    from tf1_compat.reading.inspection import Inspection
    from tf1_compat.reading.structure import Structure


@dataclass(frozen=True)
class Pair:
    """A validated PAIR.py."""

    path: Path
    graph: "tf.Graph"
    inspection: "Inspection"
    x: Tree
    """The Fed that the graph takes for x: one, or a list or dict of them; so for y."""
    y: Tree
    taken_in: tuple[str, ...]
    """Placeholders that tf1_graph() said nothing of, and Keras has inputs for."""
    fixed: Mapping[str, Any]
    """What further placeholders are fed in training, by tensor."""
    probabilities: tuple[bool, ...]
    """Of each of the graph's outputs: whether it is that of a softmax or sigmoid."""
    op_types: frozenset[str]
    """Types of the ops that the cost is made of."""
    structure: "Structure"
    """What a few updates may not show."""
    sample: "keras.Model"
    """A model to look at, not to train."""
    keras_model: "Callable[[], keras.Model]"
    """Gives a new compiled model at every call."""
    weight_map: "WeightMap | None"
    sample_batch: Callable[[Any, int], Any] | None
    """(random generator, rows) -> x and y of a batch; None: drawn for the placeholders."""


def load(path: Path, seed: int) -> Pair:
    """Run `path` and return what it defines; `seed` is the graph's unless the file sets another.

    Raises UserError for a missing file or function, an exception in the user's code, missing or
    unusable endpoints, a placeholder that nobody feeds, and a model that is not compiled.
    """
    with legacy_layers.found():
        return validate(path, run_file(path), seed)


def validate(path: Path, names: Mapping[str, Any], seed: int) -> Pair:
    """Return the pair that `names` define; `path` is where errors say that they come from."""
    build, make = (_function(names, path, name) for name in ("tf1_graph", "keras_model"))
    import tensorflow as tf

    from tf1_compat.reading import structure
    from tf1_compat.reading.control_flow import as_tensorflow_1, open_up
    from tf1_compat.reading.inspection import behind, inspect

    graph = tf.Graph()
    with graph.as_default(), tf.device("/CPU:0"), as_tensorflow_1(), blamed(path, "tf1_graph()"):
        tf.compat.v1.set_random_seed(seed)
        returned = build()
    open_up(graph)
    graph, ends = _for_the_cpu(graph, endpoints.checked(returned, graph, path), path)
    counted = _names_counted()

    def keras_model() -> Any:
        _count_names_from(counted)
        with blamed(path, "keras_model()"):
            return _checked_model(make(), path)

    used = behind(ends)
    ends, taken_in = unfed.taken_in(ends, used, keras_model)
    if taken_in:
        used = behind(ends)
    unfed.refuse(used, path)
    with tf.device("/CPU:0"):
        inspection = inspect(graph, ends)
    if not inspection.shapes:
        raise UserError(f"{path}: tf1_graph() makes no trainable variable; expected at least one.")

    sample = keras_model()
    return Pair(
        path=path,
        graph=graph,
        inspection=inspection,
        x=endpoints.to_feed(ends["x"], getattr(sample, "inputs", None) or (), path),
        y=endpoints.to_feed(ends["y"], getattr(sample, "outputs", None) or (), path),
        taken_in=taken_in,
        fixed={name: in_training for name, (in_training, _) in ends["feeds"].items()},
        probabilities=endpoints.probabilities(ends["logits"]),
        op_types=frozenset(op.type for op in used),
        structure=structure.read(ends, inspection),
        sample=sample,
        keras_model=keras_model,
        weight_map=variable_map.of_pair(names.get("weight_map"), path),
        sample_batch=(
            _function(names, path, "sample_batch", "(rng, rows)")
            if "sample_batch" in names
            else None
        ),
    )


def run_file(path: Path) -> dict[str, Any]:
    """Run a Python file that a user may have written; return its names. Raises UserError."""
    paths.check(path, "a Python file with tf1_graph() and keras_model()")
    spec = importlib.util.spec_from_file_location(f"pair_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: not a Python file; expected a name that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))  # so that it can import its neighbours
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no __pycache__ beside it
    try:
        with blamed(path, "the file"):
            spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = kept
        sys.path.pop(0)
    return vars(module)


def _function(
    names: Mapping[str, Any], path: Path, name: str, takes: str = "()"
) -> Callable[..., Any]:
    found = names.get(name)
    if not callable(found):
        raise UserError(f"{path}: no function {name}{takes}; expected `def {name}{takes}:`.")
    return found


def _for_the_cpu(
    graph: "tf.Graph", ends: Mapping[str, Any], path: Path
) -> tuple["tf.Graph", Mapping[str, Any]]:
    """Return graph and endpoints, or where ops of it are channels first those of a copy."""
    import tensorflow as tf

    from tf1_compat.meta import channels_last

    try:
        turned = channels_last.of_graph(graph)
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from error
    if turned is graph:
        return graph, ends

    def there(end: Any) -> Any:
        return None if end is None else turned.as_graph_element(end.name)

    found = {name: tf.nest.map_structure(there, ends[name]) for name in ends if name != "feeds"}
    return turned, found | {"feeds": ends["feeds"]}


def _names_counted() -> dict[str, int]:
    """Return how many layers of each name there are, which Keras numbers them by."""
    from keras.src.backend.common import global_state

    return dict(global_state.get_global_attribute("object_name_uids", {}))


def _count_names_from(counted: Mapping[str, int]) -> None:
    """Let Keras number layers as if there were only these: each model has the same names."""
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("object_name_uids", defaultdict(int, counted))


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
