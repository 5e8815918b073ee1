"""Where a model comes from: a checkpoint, a `.keras` file, a frozen graph, a SavedModel.

kind(Path("folder/model.ckpt"))  ->  ("checkpoint", Path("folder/model.ckpt"))
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from training.errors import UserError, first_line
from training.machine import paths
from training.model_files import keras_file
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
LONGEST_LINE = 10_000
"""Characters that are read of a folder's file `checkpoint`."""
SAVED_MODEL = "saved_model.pb"
LATEST = re.compile(r'^model_checkpoint_path: "(?:.*[/\\])?([^"/\\]+)"', re.MULTILINE)
PART = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
"""How the files of a checkpoint end."""
H5 = (
    "a model or weights as tf.keras saved them; expected a .keras file. On the model that your "
    "code builds in Keras, compiled:\n  model.load_weights('{path}'); model.save('{to}')"
)


def kind(path: Path) -> tuple[Kind, Path]:
    """Return what `path` is, and its file or prefix; UserError where it is nothing known."""
    path = paths.expand(path)
    paths.is_there(path)  # or it says why nothing can be
    path = path.parent if path.name == SAVED_MODEL else prefix_of(path)
    if path.name and path.with_name(f"{path.name}.index").is_file():
        return "checkpoint", path
    if path.is_dir():
        return _in_folder(path)
    if not paths.is_there(path):
        raise UserError(f"{path}: no such file or folder; {EXPECTED}")
    paths.check(path, EXPECTED.removeprefix("expected ").rstrip("."))
    if path.suffix == ".keras":
        return "keras", path
    if path.suffix == ".pb":
        return "frozen", path
    if path.suffix in (".h5", ".hdf5"):
        raise UserError(f"{path}: {H5.format(path=path, to=path.with_suffix('.keras'))}")
    if _is_v1(path):
        return "checkpoint", path
    raise UserError(f"{path}: not a kind of file that is known; {EXPECTED}")


def _in_folder(folder: Path) -> tuple[Kind, Path]:
    """Return what a folder holds; UserError where a run's is not what the run ended with."""
    found, path = _held_by(folder)
    sums.check(folder, path)
    return found, path


def _held_by(folder: Path) -> tuple[Kind, Path]:
    if (folder / SAVED_MODEL).is_file():
        return "saved_model", folder / "variables" / "variables"
    if (folder / "model.keras").is_file():  # a run folder of finetune
        return "keras", folder / "model.keras"
    if (folder / "tf1").is_dir():  # a run folder
        folder = folder / "tf1"
    for lane in LANES:  # a run without TensorFlow 1
        if (folder / "history.csv").is_file() and (folder / f"{lane}.keras").is_file():
            return "keras", folder / f"{lane}.keras"
    if found := checkpoint_in(folder):
        return "checkpoint", found
    raise UserError(f"{folder}: no checkpoint and no SavedModel in it; {EXPECTED}")


def checkpoint_in(folder: Path) -> Path | None:
    """Return the only checkpoint of a folder, or the newest by its file `checkpoint`; or None.

    Raises UserError where there are several, and nothing says which is the newest.
    """
    files = sorted(folder.glob("*.index"))
    prefixes = [file.with_suffix("") for file in files if file.is_file()]
    latest = LATEST.search(_text(folder / "checkpoint"))
    if latest and len(prefixes) != 1:
        named = folder / latest[1]  # wherever the folder lay when it was written
        if named in prefixes or (named.is_file() and _is_v1(named)):
            return named
    if len(prefixes) > 1:
        names = ", ".join(prefix.name for prefix in prefixes)
        raise UserError(f"{folder}: {len(prefixes)} checkpoints are in it; name one of {names}.")
    return prefixes[0] if prefixes else None


def newest_of(source: Path, prefix: Path) -> str | None:
    """Return a sentence where `prefix` is one of several checkpoints in the folder `source`."""
    count = len([*paths.expand(source).glob("*.index")])
    return f"{prefix.name}, the newest of {count} checkpoints in {source}" if count > 1 else None


def _text(file: Path) -> str:
    """Return the beginning of a file; nothing where there is none."""
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.read(LONGEST_LINE)


def prefix_of(path: Path) -> Path:
    """Return the checkpoint that `path` is a file of, as people complete names; or `path`."""
    prefix = path.with_name(PART.sub("", path.name)) if path.name else path
    if path.name.endswith(".index") or prefix.with_name(f"{prefix.name}.index").is_file():
        return prefix
    return prefix if path.suffix == ".meta" and prefix.is_file() else path


def _is_v1(path: Path) -> bool:
    """Whether a file may be a checkpoint of one file, as TensorFlow 0.x wrote them."""
    from tf1_compat.bundle import table

    return table.is_one(path)


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
