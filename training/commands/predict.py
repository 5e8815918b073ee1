"""`tf1keras predict MODEL IMAGE...`: which digit is in the picture, by Keras and by TensorFlow 1.

    tf1keras predict runs/TIME-finetune seven.png
    tf1keras predict runs/TIME-compare folder-of-images --out predictions.csv

Images of any size are brought into MNIST's form first (`training/data/images.py`).
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

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
from training.model_files.pretrained import Pretrained
from training.options.lanes import SHARED
from training.options.predict import PredictConfig
from training.parity.bits import same

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""What is taken from a folder; a file that is named is tried whatever its name."""

NO_LOGITS = (
    "Trained with mse, to answer 1 for the class and 0 for the others: the class is the largest "
    "output, but the softmax of the outputs, shown as probability, is not what was trained."
)

Logits = Callable[[np.ndarray], np.ndarray]


def run(config: PredictConfig) -> int:
    """Run the command; return its exit status."""
    reading.kind(config.model)
    if config.out:
        paths.check_new(config.out, "--out")
    pictures = [file for path in config.images for file in found(paths.expand(path))]
    pixels = np.stack([images.read(file).reshape(-1) for file in pictures])
    devices.choose("cpu")
    origin, sides = load(config.model)
    x = pixels.astype(np.float32) / np.float32(255)  # [N, 784], as training/data/digits.py scales
    logits = {name: of(x) for name, of in sides.items()}
    if not all(np.isfinite(of).all() for of in logits.values()):
        raise UserError(f"{config.model}: its logits of these pictures are not all finite numbers.")
    predictions = _predictions(pictures, logits, origin.classes)
    out = Output(config)
    out.show(_table(predictions))
    if origin.cost == "mse":
        out.show(f"\n{NO_LOGITS}")
    if len(logits) > 1:
        out.show(f"\n{agreement(logits)}")
    if config.out:
        _write(config.out, predictions)
        out.show(f"Written: {config.out}")
    out.result({"cost": origin.cost, "predictions": predictions})
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


def load(path: Path) -> tuple[Pretrained, Mapping[str, Logits]]:
    """Return the model at `path`, and who predicts: Keras models and TensorFlow 1's graph, by name.

    Raises UserError for what is no model of [N, 784] pixels.
    """
    origin = pretrained.load(path)

    def itself(x: np.ndarray) -> np.ndarray:
        return origin.outputs(x).logits

    if reading.kind(path)[0] != "checkpoint":
        tf1 = pretrained.tf1_outputs(origin.model.get_weights())
        return origin, {"keras": itself, "tf1": lambda x: tf1(x).logits}
    lanes = [paths.expand(path) / f"{lane}.keras" for lane in SHARED]
    models = {file.stem: reading.load_keras(file) for file in lanes if file.is_file()}
    models = models or {"keras": origin.model}
    ours = {name: functools.partial(pretrained.logits, of) for name, of in models.items()}
    return origin, {"tf1": itself, **ours}


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


def _predictions(
    pictures: Sequence[Path], logits: Mapping[str, np.ndarray], classes: Sequence[int]
) -> list[dict[str, Any]]:
    """Return, of each image and model, its class and the probability of every class."""
    every = {name: probabilities(of) for name, of in logits.items()}
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


def _table(predictions: Sequence[Mapping[str, Any]]) -> Table:
    """Return the table of each image's and model's most probable classes."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("image", overflow="fold")
    for heading in ("model", "class", "probability", "then"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for one in predictions:
        falling = sorted(one["probabilities"].items(), key=lambda item: -item[1])
        (best, chance), *others = falling[:3]
        first_model = one["model"] == predictions[0]["model"]
        shown.add_row(
            escape(Path(one["image"]).name) if first_model else "",
            one["model"],
            str(best),
            f"{chance:.2%}",
            ", ".join(f"{label} {chance:.2%}" for label, chance in others),
        )
    return shown


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
