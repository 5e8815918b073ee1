"""`tf1keras migrate SOURCE --to TARGET`: a trained model from TensorFlow 1 to Keras, and back.

    tf1keras migrate folder/model.ckpt --to model.keras     # weights, Adam's m and v, the step
    tf1keras migrate model.keras --to folder/model.ckpt     # TensorFlow 1.15 restores and trains on
    tf1keras migrate frozen.pb --to model.keras             # weights; there is no optimizer state
    tf1keras migrate model.keras --to serving               # a TensorFlow 2 SavedModel

Prints what went where, tensor by tensor, and reads the new file back before it is put in place.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training import devices, environment, source
from training.config import MigrateConfig
from training.errors import UserError
from training.history import relative_distance
from training.source import Kind

if TYPE_CHECKING:
    import keras

    from tf1_compat.checkpoint import Layout
    from tf1_compat.state import State

LEAVE_OUT = "--weights-only takes the weights and leaves the rest out; --pair and --map say more."


@dataclass(frozen=True)
class Correspondence:
    """What the two sides are called: the article's, a --map's or a PAIR.py's."""

    weight_map: Mapping[str, str] | None
    layout: "Layout | None"
    """The graph's names in a checkpoint; None: read off the checkpoint's own names."""
    model: Any
    """() -> a new compiled Keras model."""
    shapes: "Mapping[str, tuple[int, ...]]" = field(default_factory=dict)
    """Of the variables, in the order of the graph; for a pair without a map."""


def run(config: MigrateConfig) -> int:
    """Run the command; return its exit status."""
    found, path = source.kind(config.source)
    target = _target(config.to.expanduser())
    if found == target or (found != "keras" and target == "checkpoint"):
        raise UserError(f"--to {config.to}: {path} is on that side already; nothing to migrate.")
    devices.choose("cpu")
    notes, console = Console(stderr=True), Console()
    notes.print(environment.banner(), highlight=False, markup=False, soft_wrap=True)
    names = _correspondence(config, found)
    with source.refusal(path, LEAVE_OUT):
        model, state = _load(found, path, names, config.weights_only)
        names = _by_shape(names, state)
        proof = _write(target, config.to.expanduser(), model, state, names)
        console.print(_table(state, model, names))
    if _bare(state):
        console.print("\nNo optimizer slots: training on starts the optimizer afresh.")
    console.print(f"\n{proof}", highlight=False, soft_wrap=True, markup=False)
    console.print(f"Written: {config.to}", highlight=False, soft_wrap=True, markup=False)
    return 0


def _bare(state: "State") -> bool:
    """Whether it is weights alone; gradient descent has a step, if no slots."""
    return state.rule is None and state.step is None


def _target(path: Path) -> Kind:
    """Return what to write, by the name; UserError where something is there already."""
    if path.name.endswith(".keras"):
        found: Kind = "keras"
    elif ".ckpt" in path.name:
        found = "checkpoint"
    elif path.suffix:
        raise UserError(
            f"--to {path}: expected a name that ends in .keras (Keras) or .ckpt (TensorFlow 1 "
            "checkpoint), or a folder without an extension (TensorFlow 2 SavedModel)."
        )
    else:
        found = "saved_model"
    taken = [path, path.with_name(f"{path.name}.index")]
    if found == "checkpoint":
        taken.append(path.with_name("checkpoint"))
    for there in taken:
        if there.exists():
            raise UserError(f"--to {path}: {there} exists already; expected a new name or folder.")
    return found


def _correspondence(config: MigrateConfig, found: Kind) -> Correspondence:
    from keras_models import article
    from tf1_compat import checkpoint

    given = source.read_map(config.map) if config.map else None
    if config.pair is None:
        lane = config.lane or "exact"
        if given is None and found in ("checkpoint", "keras"):
            return Correspondence(article.SAVED, checkpoint.ARTICLE, lambda: article.build(lane))
        return Correspondence(given, None, lambda: article.build(lane))
    from training import pair

    loaded = pair.load(config.pair, seed=0)
    inspection = loaded.inspection
    with source.refusal(config.pair):
        layout = checkpoint.layout_of_graph(
            list(inspection.shapes), inspection.updates, inspection.reads
        )
    weight_map = given or loaded.weight_map
    return Correspondence(weight_map, layout, loaded.keras_model, inspection.shapes)


def _load(
    found: Kind, path: Path, names: Correspondence, weights_only: bool
) -> tuple["keras.Model", "State"]:
    """Return the compiled model, and the state that it was found in, by TensorFlow 1's names."""
    from keras_models import transfer

    if found == "keras":
        model = source.load_keras(path)
        return model, transfer.to_state(model, _map_for(names, model), weights_only=weights_only)
    model = names.model()
    state = _tf1_state(found, path, names, weights_only, getattr(model.optimizer, "beta_2", 0.999))
    bare = weights_only or (found != "checkpoint" and state.rule is None)
    weight_map = _map_for(_by_shape(names, state), model)
    transfer.load_state(model, state, weight_map, weights_only=bare)
    return model, state


def _by_shape(names: Correspondence, state: "State") -> Correspondence:
    """Return `names` with the shapes of the weights found, for what has no names of its own."""
    if names.weight_map is not None or names.shapes:
        return names
    return replace(names, shapes={name: a.shape for name, a in state.weights.items()})


def _map_for(names: Correspondence, model: "keras.Model") -> Mapping[str, str]:
    """Return TensorFlow 1 variable -> Keras path, by order and shape where nobody says it."""
    if names.weight_map is not None:
        return names.weight_map
    from keras_models import rewrite
    from tf1_compat.state import StateError

    try:
        pairing = rewrite.pair_up(names.shapes, model)
    except rewrite.Unmatched as unmatched:
        raise StateError(f"{unmatched}.") from unmatched
    return {name: model.weights[match.index].path for name, match in pairing.items()}


def _tf1_state(
    found: Kind, path: Path, names: Correspondence, weights_only: bool, beta_2: float
) -> "State":
    """Return what lies at `path`; StateError where something in it would be left out untold."""
    from tf1_compat import checkpoint, frozen
    from tf1_compat.state import StateError

    if found == "frozen":
        return frozen.read(path)
    arrays = checkpoint.read(path)
    layout = names.layout or checkpoint.layout(arrays, list(names.weight_map or ()) or None)
    served = found == "saved_model" and not set(layout.names()) & set(arrays) > set(layout.weights)
    if weights_only or served:
        layout = checkpoint.standard(None, layout.weights)
    if not weights_only and (over := sorted(set(arrays) - set(layout.names()))):
        missing = sorted(set(layout.names()) - set(arrays))
        lacks = f"; and it lacks {', '.join(missing)}" if missing else ""
        raise StateError(f"nothing takes the checkpoint's {', '.join(over)}{lacks}.")
    return checkpoint.to_state(arrays, layout, beta_2)


def _write(
    target: Kind, to: Path, model: "keras.Model", state: "State", names: Correspondence
) -> str:
    """Write the model to `to`, read it back, and return the sentence that says what was proven."""
    if target == "checkpoint":
        return _write_checkpoint(to, state, names)
    with _unfinished(to) as part:
        if target == "saved_model":
            sentence = _export(part, model)
        else:
            from keras_models import transfer

            model.save(part)
            loaded = source.load_keras(part)
            back = transfer.to_state(loaded, _map_for(names, loaded), weights_only=_bare(state))
            sentence = _proof(state, back)
        os.replace(part, to)
    return sentence


@contextlib.contextmanager
def _unfinished(to: Path) -> Iterator[Path]:
    """Give a path beside `to` to write to, gone afterwards; UserError where none can be."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=to.parent) as folder:
            yield Path(folder) / to.name
    except OSError as error:
        raise UserError(f"--to {to}: cannot be written to ({error.strerror}).") from error


def _write_checkpoint(to: Path, state: "State", names: Correspondence) -> str:
    from tf1_compat import checkpoint

    layout = names.layout or checkpoint.standard(state.rule, list(state.weights))
    if _bare(state):
        layout = checkpoint.standard(None, layout.weights)
    try:
        checkpoint.write(to, checkpoint.to_arrays(state, layout))
    except OSError as error:
        raise UserError(f"--to {to}: cannot be written to ({error.strerror}).") from error
    return _proof(state, checkpoint.to_state(checkpoint.read(to), layout))


def _export(folder: Path, model: "keras.Model") -> str:
    """Write a SavedModel for serving, and hold its answers against the model's."""
    import tensorflow as tf

    model.export(folder, verbose=False)
    rows = np.random.default_rng(0).random((8, *model.input_shape[1:]), np.float32)
    loaded = tf.saved_model.load(folder)
    served = loaded.serve(tf.constant(rows)).numpy()
    distance = relative_distance(served, model(rows, training=False)).max()
    return f"Proven: what it serves is what the model predicts ({distance:.1e} relative at most)."


def _proof(state: "State", back: "State") -> str:
    """Say whether what was read back is what went in; what is rounded on the way is named."""
    from tf1_compat.state import arrays_of

    went, came = arrays_of(state), arrays_of(back)
    other = [name for name in went if went[name].tobytes() != came.get(name, np.empty(0)).tobytes()]
    numbers = sum(array.size for array in went.values())
    if not other:
        return f"Proven: {len(went)} arrays, {numbers:,} numbers, read back equal bit for bit."
    largest = max(
        float(relative_distance(came[name], went[name]).max()) for name in other if name in came
    )
    return (
        f"Read back: {len(went) - len(other)} of {len(went)} arrays equal bit for bit; rounded by "
        f"at most {largest:.1e} relative: {', '.join(other)}."
    )


def _table(state: "State", model: "keras.Model", names: Correspondence) -> Table:
    """Return what went where, an array a row."""
    from keras_models import transfer
    from tf1_compat.state import arrays_of

    paths = transfer.paths(model, _map_for(names, model))
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("TensorFlow 1", "Keras", "shape", "dtype"):
        shown.add_column(heading, overflow="fold")
    for name, array in arrays_of(state).items():
        value = f" = {array}" if array.ndim == 0 else ""
        path = paths.get(name, "follows from the step")
        shape = escape(str([*array.shape]))
        shown.add_row(escape(name + value), escape(path), shape, f"{array.dtype}")
    return shown
