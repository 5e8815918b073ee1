"""Models and pictures inside the page: float32 weights for the pad, bytes for what is looked at."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.data import Examples
from training.reports.document import Text

MOST_MODELS = 2_100_000
"""Bytes, in base64, of the models in a page: three of the article's."""
MOST_LANES = 3
"""Lanes whose hidden units are shown."""
MOST_UNITS = 128
"""Hidden units whose weights are shown; the article has as many."""
MOST_DIGITS = 60
"""Misread digits that are shown."""

Name = str | Text
"""A lane, which is called the same in both languages, or another model."""

Model = tuple[Name, Sequence[np.ndarray], Sequence[int]]
"""A stack of Dense layers: its name, W1 [784, n], b1 [n], W2, ..., and the class of each output."""

Answers = Mapping[str, np.ndarray] | Mapping[Text, np.ndarray]
"""What each model takes the test digits for: columns of the largest logits, [rows]."""


def pad(models: Sequence[Model], probabilities: bool) -> dict[str, Any]:
    """Return the models that the pad asks, as many as fit, the first ones first.

    Equal weights are there once. `left_out` names those that did not fit. `probabilities`: they
    were trained so that the softmax of their outputs is one.
    """
    texts: dict[str, int] = {}  # base64 -> its index
    shown: list[dict[str, Any]] = []
    left_out: list[Name] = []
    for name, layers, classes in models:
        text = ""
        if fits(sum(array.size for array in layers)):
            flat = [np.asarray(array, "<f4").ravel() for array in layers]
            text = _base64(np.concatenate(flat))
        if not text or sum(map(len, {*texts, text})) > MOST_MODELS:
            left_out.append(name)
            continue
        shown.append(
            {
                "name": name,
                "classes": [str(label) for label in classes],
                "widths": [layers[0].shape[0], *(bias.size for bias in layers[1::2])],
                "weights": texts.setdefault(text, len(texts)),
            }
        )
    return {
        "models": shown,
        "weights": [*texts],
        "left_out": left_out,
        "probabilities": probabilities,
    }


def fits(parameters: int) -> bool:
    """Say whether a model of so many float32 numbers, in base64, has room in a page."""
    return 4 * -(-4 * parameters // 3) <= MOST_MODELS


def first_units(kernel: np.ndarray) -> np.ndarray:
    """Return a copy of the weights of the first MOST_UNITS units: [784, n] -> [784, <= n]."""
    return kernel[:, :MOST_UNITS].copy()


def units(before: np.ndarray, after: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what units.js draws: weights [784, n] before training, and how each lane moved them.

    As bytes, 127 the largest of each: only for the eye. The change has a scale of its own, for it
    is a hundredth of the weights.
    """
    changes = {name: kernel - before for name, kernel in after.items()}
    return {
        "count": before.shape[1],
        "before": _bytes(before),
        "changes": {name: _bytes(change) for name, change in changes.items()},
    }


def _bytes(values: np.ndarray) -> dict[str, Any]:
    """Return [784, n] as signed bytes, unit by unit, and the size that 127 stands for."""
    largest = float(np.abs(values).max()) or 1.0
    scaled = np.rint(values.T * (127 / largest)).astype(np.int8)
    return {"largest": float(f"{largest:.4g}"), "data": _base64(scaled)}


def answers(test: Examples, found: Answers, classes: Sequence[int]) -> dict[str, Any]:
    """Return what a page shows of `found`.

    `confusion`: by model, how many rows of each class were taken for which, a row a true class.
    """
    shape = (len(classes), len(classes))
    confusion = {name: np.zeros(shape, int) for name in found}
    for name, columns in found.items():
        np.add.at(confusion[name], (test.labels, columns), 1)
    return {
        "misread": _misread(test, found, classes),
        "confusion": {name: counts.tolist() for name, counts in confusion.items()},
        "classes": [str(label) for label in classes],
    }


def _misread(test: Examples, found: Answers, classes: Sequence[int]) -> dict[str, Any]:
    """Return test digits that some model gets wrong, first those on which models disagree.

    Where there are too many, they are taken from the start to the end of the test rows, equally far
    apart. Each digit has its row, its class, what each model takes it for, and its pixels in
    base64, [784] uint8.
    """
    taken_for = np.stack([*found.values()])  # [models, rows]
    misses = taken_for != test.labels
    wrong = np.flatnonzero(misses.any(axis=0))
    agreed = (taken_for[:, wrong] == taken_for[0, wrong]).all(axis=0)
    disputed = _spread(wrong[~agreed], MOST_DIGITS)
    chosen = [*disputed, *_spread(wrong[agreed], MOST_DIGITS - len(disputed))]
    return {
        "names": [*found],
        "count": len(wrong),
        "wrong": [int(of.sum()) for of in misses],
        "disputed": int((~agreed).sum()),
        "digits": [
            {
                "row": int(row),
                "class": str(classes[test.labels[row]]),
                "taken_for": [str(classes[of[row]]) for of in taken_for],
                "pixels": _base64(np.rint(test.x[row] * 255).astype(np.uint8)),
            }
            for row in chosen
        ],
    }


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of `rows`, from the first to the last, equally far apart."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows)), dtype=int)]


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
