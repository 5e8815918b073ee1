"""Where a model comes from: a checkpoint, a `.keras` file, a frozen graph, a SavedModel.

kind(Path("folder/model.ckpt"))  ->  ("checkpoint", Path("folder/model.ckpt"))
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from training.errors import UserError, first_line
from training.machine import paths
from training.model_files import keras_file, prefixes
from training.options.lanes import LANES
from training.runs import sums

if TYPE_CHECKING:
    import keras

Kind = Literal["keras", "checkpoint", "frozen", "saved_model"]

EXPECTED = (
    "expected a TensorFlow 1 checkpoint (DIR/model.ckpt or its folder), a .keras file, a frozen "
    "graph (.pb), a TensorFlow 1 SavedModel folder, or a run folder."
)

LONGEST = 300
"""Characters that are shown of what Keras says."""
SAVED_MODEL = "saved_model.pb"
VARIABLES = "variables"
H5 = (
    "a model or weights as tf.keras saved them; expected a .keras file. On the model that your "
    "code builds in Keras, compiled:\n  model.load_weights('{path}'); model.save('{to}')"
)


def kind(path: Path) -> tuple[Kind, Path]:
    """Return what `path` is, and its file or prefix; UserError where it is nothing known."""
    path = paths.expand(path)
    paths.is_there(path)  # or it says why nothing can be
    path = prefixes.of(path)
    if prefixes.is_one(path):
        exported = path.parent.name == VARIABLES and _is_exported(path.parent.parent)
        return "saved_model" if exported else "checkpoint", path
    if path.name in (SAVED_MODEL, "checkpoint") and path.is_file():
        path = path.parent
    if path.is_dir():
        inner = path.name == VARIABLES and _is_exported(path.parent)
        return _in_folder(path.parent if inner else path)
    if prefixes.is_v1(path):
        return "checkpoint", path
    if instead := prefixes.instead(path):
        raise UserError(f"{path}: {instead}.")
    if not paths.is_there(path):
        raise UserError(f"{path}: no such file or folder; {EXPECTED}")
    paths.check(path, EXPECTED.removeprefix("expected ").rstrip("."))
    if path.suffix == ".keras":
        return "keras", path
    if path.suffix == ".pb":
        return "frozen", path
    if path.suffix in (".h5", ".hdf5"):
        raise UserError(f"{path}: {H5.format(path=path, to=path.with_suffix('.keras'))}")
    if path.suffix == ".pbtxt":
        raise UserError(f"{path}: a graph as text; expected it binary, as .pb, or the .meta file.")
    raise UserError(f"{path}: not a kind of file that is known; {EXPECTED}")


def _in_folder(folder: Path) -> tuple[Kind, Path]:
    """Return what a folder holds; UserError where a run's is not what the run ended with."""
    found, path = _held_by(folder)
    sums.check(folder, path)
    return found, path


def _held_by(folder: Path) -> tuple[Kind, Path]:
    if _is_exported(folder):
        return "saved_model", folder / VARIABLES / VARIABLES
    if (folder / "model.keras").is_file():  # a run folder of finetune
        return "keras", folder / "model.keras"
    if (folder / "tf1").is_dir():  # a run folder
        folder = folder / "tf1"
    for lane in LANES:  # a run without TensorFlow 1
        if (folder / "history.csv").is_file() and (folder / f"{lane}.keras").is_file():
            return "keras", folder / f"{lane}.keras"
    if found := prefixes.in_folder(folder):
        return "checkpoint", found
    if versions := _versions(folder):
        return _held_by(versions[-1])
    others = sorted(one for one in folder.iterdir() if one.suffix in (".keras", ".pb", ".h5"))
    if len(others) == 1:
        return kind(others[0])
    for part in sorted(folder.glob("*.data-*")):
        if instead := prefixes.instead(part):
            raise UserError(f"{folder}: {instead}.")
    among = f"; name one of {', '.join(one.name for one in others)}" if others else ""
    raise UserError(f"{folder}: no checkpoint and no SavedModel in it{among}; {EXPECTED}")


def _is_exported(folder: Path) -> bool:
    return (folder / SAVED_MODEL).is_file()


def _versions(folder: Path) -> list[Path]:
    """Return the SavedModels in a folder of them, as Estimators export them, in order."""
    found = [one for one in folder.glob("*/") if one.name.isdigit() and _is_exported(one)]
    return sorted(found, key=lambda one: int(one.name))


def newest_of(source: Path, path: Path) -> str | None:
    """Return a sentence where `path` is one of several models in the folder `source`."""
    versions = _versions(paths.expand(source))
    if len(versions) > 1:
        return f"{versions[-1].name}, the newest of {len(versions)} SavedModels in {source}"
    return prefixes.newest_of(source, path)


@contextlib.contextmanager
def refusal(path: Path, advice: str = "") -> Iterator[None]:
    """Turn a StateError into a UserError about `path`, with what to do where that can help."""
    from tf1_compat.state import StateError, Unreadable

    try:
        yield
    except StateError as error:
        text = str(error)
        named = text if str(path) in text else f"{path}: {text}"
        help_ = "" if isinstance(error, Unreadable) else f"\n{advice}"
        raise UserError(f"{named}{help_}".rstrip()) from error


def load_keras(path: Path, *, compiled: bool = True) -> "keras.Model":
    """Return the model of a `.keras` file; no code in it is run. UserError if it can't.

    Nor may it be without an optimizer, where it has to be `compiled`.

    What is in it is looked through first (`keras_file.check`), and its numbers are finite. Keras
    refuses what would run code also where `keras.config.enable_unsafe_deserialization()` was
    called, which otherwise outweighs `safe_mode=True`.
    """
    import keras
    from keras.src.saving.serialization_lib import SafeModeScope  # Keras exports no way back

    import keras_models  # noqa: F401
    from tf1_compat.state import check_finite

    try:
        with SafeModeScope(True):
            keras_file.check(path)
            model = keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # whatever a damaged archive makes zipfile, h5py or Keras raise
        # Keras quotes the whole configuration
        said = first_line(error).partition(". ")[0][:LONGEST]
        raise UserError(f"{path}: Keras cannot load this model ({said}).") from error
    if compiled and not getattr(model, "compiled", False):
        raise UserError(f"{path}: the model is not compiled; save it after model.compile(...).")
    with refusal(path):
        trained = model.optimizer.variables if compiled else []
        check_finite({v.path: v.numpy() for v in [*model.weights, *trained]})
    return model
