"""Where a model comes from: a checkpoint, a `.keras` file, a frozen graph, a SavedModel.

kind(Path("folder/model.ckpt"))  ->  ("checkpoint", Path("folder/model.ckpt"))
"""

import contextlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tf1_compat.hyperparameters import LISTING, N_INPUT, N_OUTPUT, Hyperparameters
from training import runs
from training.errors import UserError

if TYPE_CHECKING:
    import keras

    from tf1_compat.state import State

Kind = Literal["keras", "checkpoint", "frozen", "saved_model"]

EXPECTED = (
    "expected a TensorFlow 1 checkpoint (DIR/model.ckpt or its folder), a .keras file, a frozen "
    "graph (.pb), a TensorFlow 1 SavedModel folder, or a run folder."
)


def kind(path: Path) -> tuple[Kind, Path]:
    """Return what `path` is, and its file or prefix; UserError where it is nothing known."""
    path = path.expanduser()
    if path.name.endswith(".index"):
        path = path.with_suffix("")
    if path.with_name(f"{path.name}.index").is_file():
        return "checkpoint", path
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file or folder; {EXPECTED}")
    if path.suffix == ".keras":
        return "keras", path
    if path.suffix == ".pb":
        return "frozen", path
    raise UserError(f"{path}: not a kind of file that is known; {EXPECTED}")


def _in_folder(folder: Path) -> tuple[Kind, Path]:
    if (folder / "saved_model.pb").is_file():
        return "saved_model", folder / "variables" / "variables"
    if (folder / "model.keras").is_file():  # a run folder of finetune
        return "keras", folder / "model.keras"
    if (folder / "tf1").is_dir():  # a run folder
        folder = folder / "tf1"
    prefixes = sorted(file.with_suffix("") for file in folder.glob("*.index"))
    if len(prefixes) == 1:
        return "checkpoint", prefixes[0]
    if prefixes:
        names = ", ".join(prefix.name for prefix in prefixes)
        raise UserError(f"{folder}: {len(prefixes)} checkpoints are in it; name one of {names}.")
    raise UserError(f"{folder}: no checkpoint and no SavedModel in it; {EXPECTED}")


@contextlib.contextmanager
def refusal(path: Path, advice: str = "") -> Iterator[None]:
    """Turn a StateError into a UserError about `path`, with what to do."""
    from tf1_compat.state import StateError

    try:
        yield
    except StateError as error:
        text = str(error)
        named = text if str(path) in text else f"{path}: {text}"
        raise UserError(f"{named}\n{advice}".rstrip()) from error


def load_keras(path: Path) -> "keras.Model":
    """Return the compiled model of a `.keras` file; no code in it is run. UserError if it can't."""
    import keras

    import keras_models  # noqa: F401

    try:
        with zipfile.ZipFile(path) as archive:
            if broken := archive.testzip():
                raise UserError(f"{path}: damaged: {broken} in it does not match its checksum.")
        model = keras.saving.load_model(path, safe_mode=True)
    except UserError:
        raise
    except Exception as error:  # whatever a damaged archive makes zipfile, h5py or Keras raise
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: Keras cannot load this model ({reason}).") from error
    if not getattr(model, "compiled", False):
        raise UserError(f"{path}: the model is not compiled; save it after model.compile(...).")
    return model


def article_state(path: Path) -> "tuple[State, Hyperparameters]":
    """Return the state of the article's model, or a variation, and what it was trained with.

    Raises UserError for what is damaged, foreign or incomplete, and for a `.keras` file that is
    trained otherwise than the article's graph.
    """
    found, file = kind(path)
    if found not in ("checkpoint", "keras"):
        raise UserError(f"{file}: holds no optimizer state; training cannot go on from it.")
    from keras_models import article, transfer
    from tf1_compat import checkpoint

    with refusal(file, EXPECTED_ARTICLE):
        if found == "keras":
            model = load_keras(file)
            hyper = hyperparameters(found, file, model)
            _check_trained_alike(file, model, article.build(hyper=hyper))
            return transfer.to_state(model, article.saved_paths(hyper)), hyper
        hyper = hyperparameters(found, file)
        state = checkpoint.to_state(checkpoint.read(file), checkpoint.of_article(hyper))
        # The shapes fit, or it says so.
        transfer.load_state(article.build(hyper=hyper), state, article.saved_paths(hyper))
        return state, hyper


EXPECTED_ARTICLE = (
    "Expected the article's model, 784-128-10 trained by Adam, or one that tf1keras varied."
)


def hyperparameters(found: Kind, file: Path, model: "keras.Model | None" = None) -> Hyperparameters:
    """Return what the article's model, or a variation, at `file` was built and trained with.

    What a run folder's config.json says; else what the checkpoint or the loaded `model` tells; the
    listing's for what neither knows, so that what does not fit is missed by name later.
    """
    recorded = _recorded(file.parent) or _recorded(file.parent.parent)  # a run folder; tf1/ in it
    if recorded:
        return recorded
    from keras_models import article
    from tf1_compat import checkpoint

    if model is not None:
        try:
            return article.hyperparameters(model)
        except ValueError:
            return LISTING
    arrays = checkpoint.read(file) if found == "checkpoint" else {}
    return checkpoint.hyperparameters(arrays) or LISTING


VARIED = ("cost", "optimizer", "learning_rate", "l1", "l2", "dropout")
"""With `hidden`, the options of a run that say what its model was built and trained with."""


def _recorded(folder: Path) -> Hyperparameters | None:
    """Return what the config.json of a run folder says; None where there is none that does."""
    file = folder / "config.json"
    if not ((folder / "history.csv").is_file() and file.is_file()):
        return None
    try:
        options = runs.read_json(file)
        if "cost" not in options:
            return None
        varied = {name: options[name] for name in VARIED if name in options}
        widths = (N_INPUT, *map(int, options["hidden"]), N_OUTPUT)
        return Hyperparameters(widths, **varied)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{file}: not the options of a run ({error}).") from error


def _check_trained_alike(path: Path, model: "keras.Model", article: "keras.Model") -> None:
    from keras_models import translation

    theirs, ours = (translation.hyperparameters(m.optimizer) for m in (model, article))
    if translation.rule(model.optimizer) != "Adam" or theirs != ours:
        raise UserError(
            f"{path}: trained by {type(model.optimizer).__name__} with {theirs}; expected the "
            f"article's Adam with {ours}."
        )


def read_map(path: Path) -> dict[str, str]:
    """Return a `--map` file: JSON, TensorFlow 1 variable -> path of the Keras variable."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"--map {path}: not a readable JSON file ({error}).") from error
    if not (
        isinstance(found, dict) and found and all(isinstance(text, str) for text in found.values())
    ):
        raise UserError(
            f"--map {path}: expected TensorFlow 1 variable -> Keras path, such as "
            '{"W1": "hidden_layer/kernel"}.'
        )
    return {name.removesuffix(":0"): variable for name, variable in found.items()}
