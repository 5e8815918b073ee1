"""`tf1keras predict MODEL IMAGE...`: which digit is in the picture, by Keras and by TensorFlow 1.

    tf1keras predict runs/TIME-finetune seven.png
    tf1keras predict runs/TIME-compare folder-of-images --out predictions.csv

Images of any size are brought into MNIST's form first (`training/data/images.py`), digit by digit.
"""

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from training.command_line import parse
from training.command_line.output import Output
from training.data import gallery
from training.data.gallery import Digit
from training.errors import UserError
from training.machine import devices, files, paths
from training.model_files import pretrained, reading
from training.model_files.pretrained import Pretrained
from training.options.lanes import SHARED
from training.options.predict import PredictConfig
from training.parity.bits import same

NO_LOGITS = (
    "Trained with mse, to answer 1 for the class and 0 for the others: the class is the largest "
    "output, but the softmax of the outputs, shown as probability, is not what was trained."
)

KERAS_ALONE = "Keras alone: TensorFlow 1's graph is there for stacks of Dense layers with ReLU."

Logits = Callable[[np.ndarray], np.ndarray]


def run(config: PredictConfig) -> int:
    """Run the command; return its exit status.

    Raises UserError after the answers where some of several pictures cannot be read.
    """
    reading.kind(config.model)
    if config.out:
        paths.check_new(config.out, "--out")
    pictures = [one for path in config.images for one in gallery.found(paths.expand(path))]
    for picture in pictures:
        parse.check_text(picture.path.name)
    digits, refused = gallery.read(pictures)
    if digits:
        devices.choose("cpu")
        _answer(config, digits, len(refused))
    if refused:
        _name(refused, len(pictures))
    return 0


def _name(refused: Sequence[UserError], pictures: int) -> None:
    """Raise UserError for pictures that were refused: with advice, of one; of several, by name."""
    if pictures == 1:
        raise refused[0]
    lines = [str(error).partition("\n")[0] for error in refused]
    answered = "; the others are answered" if len(refused) < pictures else ""
    count = f"{len(lines)} of {pictures} pictures cannot be read{answered}:"
    raise UserError("\n".join([count, *lines]))


def _answer(config: PredictConfig, digits: Sequence[Digit], refused: int) -> None:
    """Say which digits they are, and write it."""
    origin, sides = load(config.model)
    pixels = np.stack([digit.pixels.reshape(-1) for digit in digits])
    x = pixels.astype(np.float32) / np.float32(255)  # [N, 784], as training/data/digits.py scales
    logits = {name: of(x) for name, of in sides.items()}
    if not all(np.isfinite(of).all() for of in logits.values()):
        raise UserError(f"{config.model}: its logits of these pictures are not all finite numbers.")
    predictions = _predictions(digits, logits, origin.classes)
    out = Output(config)
    out.show(_table(digits, predictions))
    if origin.cost == "mse":
        out.show(f"\n{NO_LOGITS}")
    if not origin.is_stack:
        out.show(f"\n{KERAS_ALONE}")
    if len(logits) > 1:
        out.show(f"\n{agreement(logits)}")
    for name, (hits, of) in _right(predictions).items():
        out.show(f"{name}: {hits} of {of} are of the class of their folder, {hits / of:.2%}.")
    if config.out:
        _write(config.out, predictions)
        out.show(f"Written: {config.out}")
    out.result({"cost": origin.cost, "predictions": predictions, "refused": refused})


def _right(predictions: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return how many digits each model has right, of those whose class their folder says."""
    said = [one for one in predictions if one["label"] is not None]
    hits = Counter(one["model"] for one in said if one["class"] == one["label"])
    every = Counter(one["model"] for one in said)
    return {name: (hits[name], of) for name, of in every.items()}


def load(path: Path) -> tuple[Pretrained, Mapping[str, Logits]]:
    """Return the model at `path`, and who predicts: Keras models and TensorFlow 1's graph, by name.

    That graph is there for stacks of Dense layers with ReLU. Raises UserError for what is no
    classifier of 28 x 28 pixels.
    """
    origin = pretrained.load(path)

    def itself(x: np.ndarray) -> np.ndarray:
        return origin.outputs(x).logits

    if reading.kind(path)[0] != "checkpoint":
        if not origin.is_stack:
            return origin, {"keras": itself}
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
    digits: Sequence[Digit], logits: Mapping[str, np.ndarray], classes: Sequence[int]
) -> list[dict[str, Any]]:
    """Return, of each digit and model, its class and the probability of every class."""
    every = {name: probabilities(of) for name, of in logits.items()}
    return [
        {
            "image": str(digit.picture.path),
            "digit": digit.number,
            "label": digit.picture.label,
            "wide": digit.wide,
            "model": name,
            "class": classes[int(chances[row].argmax())],
            "probabilities": dict(zip(classes, chances[row].tolist(), strict=True)),
        }
        for row, digit in enumerate(digits)
        for name, chances in every.items()
    ]


def _table(digits: Sequence[Digit], predictions: Sequence[Mapping[str, Any]]) -> Table:
    """Return the table of each digit's and model's most probable classes."""
    models = len(predictions) // len(digits)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("image", overflow="fold")
    for heading in ("model", "class", "probability", "then"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for row, one in enumerate(predictions):
        falling = sorted(one["probabilities"].items(), key=lambda item: -item[1])
        (best, chance), *others = falling[:3]
        shown.add_row(
            "" if row % models else escape(digits[row // models].shown),
            one["model"],
            str(best),
            f"{chance:.2%}",
            ", ".join(f"{label} {chance:.2%}" for label, chance in others),
        )
    return shown


def _write(path: Path, predictions: Sequence[Mapping[str, Any]]) -> None:
    """Write a line for each digit and model."""
    lines = [
        {key: one[key] for key in ("image", "digit", "label", "model", "class")}
        | one["probabilities"]
        for one in predictions
    ]
    try:
        files.write_csv(path, lines)
    except OSError as error:
        raise UserError(f"--out {path}: cannot be written to ({error.strerror}).") from error
