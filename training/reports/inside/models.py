"""Models inside the page, as float32 weights: the pad asks them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.reports.inside import Name, base64_of

MOST_MODELS = 2_100_000
"""Bytes, in base64, of the models in a page: three of the article's."""

Model = tuple[Name, Sequence[np.ndarray], Sequence[int]]
"""A stack of Dense layers: its name, W1 [784, n], b1 [n], W2, ..., and the class of each output."""


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
            text = base64_of(np.concatenate(flat))
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
