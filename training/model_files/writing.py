"""Where a migrated model goes: written beside its place, read back, and only then put there."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.errors import UserError
from training.machine import files, paths, shortage
from training.model_files import reading
from training.model_files.graphs import shadows
from training.model_files.reading import Kind
from training.model_files.variable_names import Correspondence
from training.parity.bits import same
from training.parity.distance import relative_distance

if TYPE_CHECKING:
    import keras

    from tf1_compat.state import State


def kind(path: Path) -> Kind:
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
        if paths.is_there(there):
            raise UserError(f"--to {path}: {there} exists already; expected a new name or folder.")
    return found


def is_bare(state: "State") -> bool:
    """Whether it is weights alone; gradient descent has a step, if no slots."""
    return state.rule is None and state.step is None


def write(
    found: Kind, to: Path, model: "keras.Model", state: "State", names: Correspondence
) -> str:
    """Write the model to `to`, read it back, and return the sentence that says what was proven."""
    with _writable(to), shortage.room(to):
        files.make_folder(to.parent)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=to.parent) as folder:
            part = Path(folder) / to.name
            if found == "checkpoint":
                sentence = _write_checkpoint(part, model, state, names)
            elif found == "saved_model":
                sentence = _export(part, model)
            else:
                sentence = _write_keras(part, model, state, names)
            for one in sorted(Path(folder).iterdir(), key=_last):
                files.put(one, to.parent / one.name)
    return sentence


def _last(path: Path) -> tuple[bool, str]:
    """Sort what others go by behind them: a checkpoint's index, and what names the latest one."""
    return path.name == "checkpoint", path.name


def _write_keras(to: Path, model: "keras.Model", state: "State", names: Correspondence) -> str:
    from keras_models import transfer

    model.save(to)
    loaded = reading.load_keras(to, compiled=model.compiled)
    back = transfer.to_state(loaded, names.made_of(loaded), weights_only=is_bare(state))
    return _proof(state, back)


def _write_checkpoint(to: Path, model: "keras.Model", state: "State", names: Correspondence) -> str:
    from tf1_compat import checkpoint
    from tf1_compat.state import AVERAGE

    centered = "mg" in state.slots
    layout = names.layout or checkpoint.standard(state.rule, list(state.weights), centered=centered)
    if AVERAGE in state.slots and AVERAGE not in layout.slots:
        usual = {f"{weight}{shadows.SUFFIX}": weight for weight in state.slots[AVERAGE]}
        layout = checkpoint.averaged(layout, usual, state.rule or "")
    if names.step:
        layout = replace(layout, global_step=names.step.name, step_dtype=names.step.dtype)
    if is_bare(state):
        layout = checkpoint.bare(layout)
    note = ""
    if state.step is not None and not (layout.powers or layout.global_step):
        note = f" Its step, {state.step}, has no place there: this optimizer does not use it."
        state = replace(state, step=None)
    checkpoint.write(to, checkpoint.to_arrays(state, layout))
    beta_2 = getattr(model.optimizer, "beta_2", 0.999)
    return _proof(state, checkpoint.to_state(checkpoint.read(to), layout, beta_2)) + note


@contextlib.contextmanager
def _writable(to: Path) -> Iterator[None]:
    """Raise UserError where the system does not let the body write."""
    try:
        yield
    except OSError as error:
        raise UserError(f"--to {to}: cannot be written to ({error.strerror or error}).") from error


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
    from tf1_compat.state import StateError, arrays_of

    went, came = arrays_of(state), arrays_of(back)
    other = [
        name
        for name, array in went.items()
        if not (name in came and same(array, came[name].astype(array.dtype)))  # widened or not
    ]
    numbers = sum(array.size for array in went.values())
    if not other:
        return f"Proven: {len(went)} arrays, {numbers:,} numbers, read back equal bit for bit."
    if lost := [name for name in other if name not in came]:
        raise StateError(f"{', '.join(lost)} has no place there.")
    if whole := [name for name in other if went[name].dtype.kind != "f"]:
        pairs = ", ".join(f"{name} {went[name]} would be {came[name]}" for name in whole)
        raise StateError(f"it would come back otherwise: {pairs}.")
    largest = max(float(relative_distance(came[name], went[name]).max()) for name in other)
    return (
        f"Read back: {len(went) - len(other)} of {len(went)} arrays equal bit for bit; rounded by "
        f"at most {largest:.1e} relative: {', '.join(other)}."
    )
