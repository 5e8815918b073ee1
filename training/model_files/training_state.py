"""What the article's model, or a variation of it, was built and trained with, and its state.

A file tells widths, and a `.keras` file all; cost, penalties and learning rate of a checkpoint are
in the config.json of the run folder that it lies in, if it lies in one.
"""

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tf1_compat.hyperparameters import LISTING, Hyperparameters, Optimizer
from training.errors import UserError
from training.lanes import history
from training.machine import files
from training.model_files import reading
from training.options.shared.limits import LARGEST_FLOAT32

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tf1_compat.state import State

RECORDED = ("cost", "optimizer", "learning_rate", "l1", "l2", "dropout")
"""The options of a run that say what its model was trained with; widths are the file's own."""

EXPECTED = (
    "Expected the article's model, 784-128-10 trained by Adam, or one that tf1keras varied.\n"
    "tf1keras migrate carries others over, by their graph, --map or --pair; use its .keras file."
)


def of_checkpoint(
    file: Path,
    arrays: "Mapping[str, np.ndarray]",
    optimizer: Optimizer | None = None,
    names: "Sequence[str] | None" = None,
) -> Hyperparameters:
    """Return what the checkpoint `file`, which holds `arrays`, was trained with.

    `optimizer` is what the user says; else what the run folder says; else Adam, so that slots that
    are not there are missed by name. Where nothing says otherwise, all is the listing's. `names`
    are those of W1, b1, ... in it, where they are not TensorFlow 1's own.
    """
    from tf1_compat import checkpoint

    said = _said_by_run(_run_folder(file))
    widths = checkpoint.widths(arrays, names) or LISTING.widths
    return replace(said, widths=widths, optimizer=optimizer or said.optimizer)


def state(path: Path, optimizer: Optimizer | None = None) -> "tuple[State, Hyperparameters]":
    """Return the state of the model at `path`, and what it was trained with.

    Raises UserError for what is damaged, foreign or incomplete, and for a `.keras` file that is
    trained otherwise than the article's graph.
    """
    found, file = reading.kind(path)
    if found == "keras":
        return _state_of_keras(file)
    if found == "checkpoint":
        return _state_of_checkpoint(file, optimizer)
    raise UserError(f"{file}: holds no optimizer state; training cannot go on from it.")


def _state_of_keras(file: Path) -> "tuple[State, Hyperparameters]":
    from keras_models import article, transfer, translation

    model = reading.load_keras(file)
    try:
        hyper = article.hyperparameters(model)
    except ValueError as error:
        raise UserError(f"{file}: {error}.\n{EXPECTED}") from error
    theirs, ours = (
        (translation.rule(trained.optimizer), translation.hyperparameters(trained.optimizer))
        for trained in (model, article.build(hyper=replace(hyper, dropout=0.0)))
    )
    if theirs != ours:
        raise UserError(
            f"{file}: trained by {theirs[0]} with {theirs[1]}; expected the article's {ours[0]} "
            f"with {ours[1]}."
        )
    with reading.refusal(file, EXPECTED):
        return transfer.to_state(model, article.saved_paths(hyper)), hyper


def _state_of_checkpoint(
    file: Path, optimizer: Optimizer | None
) -> "tuple[State, Hyperparameters]":
    from keras_models import article, transfer
    from tf1_compat import checkpoint
    from tf1_compat.state import StateError

    with reading.refusal(file, EXPECTED):
        arrays = checkpoint.read(file)
        hyper = of_checkpoint(file, arrays, optimizer)
        layout = checkpoint.of_article(hyper)
        slots = [name for name in arrays if name.rpartition("/")[0] in layout.weights]
        if over := sorted(set(slots) - set(layout.names())):
            raise StateError(f"{hyper.optimizer} does not take its {', '.join(over)}.")
        found = checkpoint.to_state(arrays, layout)
        # The shapes fit, or it says so.
        model = article.build(hyper=replace(hyper, dropout=0.0))
        transfer.load_state(model, found, article.saved_paths(hyper))
    folder = _run_folder(file)
    if found.step is None and folder:
        found = replace(found, step=_updates_made(folder / "history.csv"))
    return found, hyper


def _run_folder(file: Path) -> Path | None:
    """Return the run folder that `file` lies in, or in the tf1/ of; None where it lies in none."""
    own = file.parent
    for folder in [own, own.parent] if own.name == "tf1" else [own]:
        if all((folder / name).is_file() for name in ("config.json", "history.csv")):
            return folder
    return None


def is_of_run(file: Path) -> bool:
    """Whether a run folder says what the checkpoint `file` was trained with."""
    return _run_folder(file) is not None


def _updates_made(file: Path) -> int:
    try:
        last = history.last_epoch(file)
        if last < 0:
            raise ValueError(f"its last epoch is {last}")
    except (OSError, ValueError, LookupError, TypeError, csv.Error) as error:
        raise UserError(f"{file}: not the losses of a run ({error}).") from error
    return last + 1


def _said_by_run(folder: Path | None) -> Hyperparameters:
    """Return what the config.json of a run folder says; the listing where it does not say."""
    if folder is None:
        return LISTING
    file = folder / "config.json"
    try:
        options = files.read_json(file)
        lost = [name for name in RECORDED if name not in options and name != "dropout"]
        if 0 < len(lost) < len(RECORDED) - 1:
            raise ValueError(f"{', '.join(lost)} missing")
        said = {name: options[name] for name in RECORDED if options.get(name) is not None}
        for name in set(said) - {"cost", "optimizer"}:
            said[name] = float(said[name])
            if not 0 <= said[name] <= LARGEST_FLOAT32:
                raise ValueError(f"{name} is {said[name]:g}")
        return replace(LISTING, **said)
    except (OSError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as bad:
        raise UserError(f"{file}: not the options of a run ({bad}).") from bad
