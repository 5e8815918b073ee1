"""`tf1keras predict MODEL IMAGE...`: which digit is in the picture, by Keras and by TensorFlow 1.

    tf1keras predict runs/TIME-finetune seven.png
    tf1keras predict runs/TIME-compare folder-of-images --out predictions.csv

Images of any size are brought into MNIST's form first (`training/data/images.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from training.command_line import parse
from training.command_line.output import Output
from training.data import images
from training.errors import UserError
from training.machine import devices, files, paths
from training.model_files import pretrained, reading
from training.options.lanes import SHARED
from training.options.predict import PredictConfig
from training.parity.bits import same

if TYPE_CHECKING:
    import keras

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""What is taken from a folder; a file that is named is tried whatever its name."""

NO_LOGITS = (
    "Trained with mse, to answer 1 for the class and 0 for the others: the class is the largest "
    "output, but the softmax of the outputs, shown as probability, is not what was trained."
)

Logits = Callable[[np.ndarray], np.ndarray]


class Sides(NamedTuple):
    """Who predicts, by name, and the class of each column."""

    logits: Mapping[str, Logits]
    classes: Sequence[int]
    cost: str


def run(config: PredictConfig) -> int:
    """Run the command; return its exit status."""
    reading.kind(config.model)
    if config.out:
        paths.check_new(config.out, "--out")
    pictures = [file for path in config.images for file in found(paths.expand(path))]
    pixels = np.stack([images.read(file).reshape(-1) for file in pictures])
    devices.choose("cpu")
    sides = load(config.model)
    x = pixels.astype(np.float32) / np.float32(255)  # [N, 784], as training/data/digits.py scales
    logits = {name: of(x) for name, of in sides.logits.items()}
    chances = {name: probabilities(of) for name, of in logits.items()}
    out = Output(config)
    predictions = _predictions(pictures, chances, sides.classes)
    out.show(_table(pictures, chances, sides.classes))
    if sides.cost == "mse":
        out.show(f"\n{NO_LOGITS}")
    if len(logits) > 1:
        out.show(f"\n{agreement(logits)}")
    if config.out:
        _write(config.out, predictions)
        out.show(f"Written: {config.out}")
    out.result({"cost": sides.cost, "predictions": predictions})
    return 0


def found(path: Path) -> list[Path]:
    """Return the image files that `path` names: itself, or those in the folder, sorted."""
    if not (paths.is_there(path) and path.is_dir()):
        return [path]
    inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not inside:
        raise UserError(f"{path}: no image in this folder; expected {', '.join(SUFFIXES)}.")
    for file in inside:
        parse.check_text(file.name)
    return inside


def load(path: Path) -> Sides:
    """Return who predicts: the Keras models of `path`, and TensorFlow 1's graph.

    Raises UserError for what is no model of [N, 784] pixels.
    """
    origin = pretrained.load(path)
    logits: dict[str, Logits] = {}
    if reading.kind(path)[0] == "checkpoint":
        lanes = [paths.expand(path) / f"{lane}.keras" for lane in SHARED]
        logits["tf1"] = lambda x: origin.outputs(x).logits
        logits |= {file.stem: _keras(reading.load_keras(file)) for file in lanes if file.is_file()}
        if len(logits) == 1:
            logits["keras"] = _keras(origin.model)
        return Sides(logits, origin.classes, origin.cost)
    logits["keras"] = lambda x: origin.outputs(x).logits
    tf1 = pretrained.as_tf1(origin.model)
    logits["tf1"] = lambda x: tf1(x).logits
    return Sides(logits, origin.classes, origin.cost)


def _keras(model: "keras.Model") -> Logits:

    return lambda x: pretrained.logits(model, x)


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of each row [N, classes], in float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def agreement(logits: Mapping[str, np.ndarray]) -> str:
    """Return one sentence: how near to the first one's the others' logits are."""
    (first, theirs), *others = logits.items()
    clauses = []
    for name, ours in others:
        if same(ours, theirs):
            clauses.append(f"the logits of {name} are those of {first} bit for bit")
            continue
        other = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
        far = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        classes = f"another class {other} times" if other else "the same classes"
        clauses.append(f"of {name}, {classes} as of {first}, logits within {far:.0e}")
    sentence = "; ".join(clauses)
    return sentence[0].upper() + sentence[1:] + "."


def _table(
    pictures: Sequence[Path], every: Mapping[str, np.ndarray], classes: Sequence[int]
) -> Table:
    """Return the table of the probabilities, model -> [N, classes]."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("image", overflow="fold")
    for heading in ("model", "class", "probability", "then"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row, file in enumerate(pictures):
        for number, (name, chances) in enumerate(every.items()):
            best, *next_ = np.argsort(-chances[row], kind="stable")[:3]
            shown.add_row(
                "" if number else escape(file.name),
                name,
                str(classes[best]),
                f"{chances[row][best]:.2%}",
                ", ".join(f"{classes[at]} {chances[row][at]:.2%}" for at in next_),
            )
    return shown


def _predictions(
    pictures: Sequence[Path], every: Mapping[str, np.ndarray], classes: Sequence[int]
) -> list[dict[str, Any]]:
    """Return, of each image and model, its class and the probability of every class."""
    return [
        {
            "image": str(image),
            "model": name,
            "class": classes[int(chances[row].argmax())],
            "probabilities": dict(zip(classes, chances[row].tolist(), strict=True)),
        }
        for row, image in enumerate(pictures)
        for name, chances in every.items()
    ]


def _write(path: Path, predictions: Sequence[Mapping[str, Any]]) -> None:
    """Write a line for each image and model."""
    lines = [
        {key: one[key] for key in ("image", "model", "class")} | one["probabilities"]
        for one in predictions
    ]
    try:
        files.write_csv(path, lines)
    except OSError as error:
        raise UserError(f"--out {path}: cannot be written to ({error.strerror}).") from error
