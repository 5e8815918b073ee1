"""Mistakes in penalties on weights: one that only one side has, or a stronger one."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from training.checking.case import Candidate, Case

FEW = 1e-9
"""How well a penalty that is proportional to the weights has to fit before it is tried out."""


def penalties(case: Case) -> Iterator[Candidate]:
    """L1 or L2 regularizers on one side; how strong is read off the gradients."""
    assert case.pairing
    bare = case.having(_without_penalties)
    own = _penalties(case.model)
    if own:
        names = ", ".join(own)
        yield Candidate(f"regularizer in Keras only: {names}", lambda: bare)
    ours = case.examination.wide.observation(bare.model, case.pairing).gradients
    theirs = case.examination.wide.trace.observed.gradients
    weights = list(case.model.weights)
    for kind, direction in (("l2", lambda w: 2 * w), ("l1", np.sign)):
        strengths = {}
        for name, weight in case.examination.wide.trace.weights.items():
            towards, missing = direction(weight), theirs[name] - ours[name]
            strength = float((towards * missing).sum() / (towards * towards).sum())
            fits = np.abs(missing - strength * towards).max() <= FEW * np.abs(missing).max()
            if fits and abs(strength) > FEW:
                for place in case.pairing[name].places:
                    strengths[weights[place].path] = strength
        if strengths:
            fitted = ", ".join(
                f"{'/'.join(path.split('/')[-2:])} {value:.6g}" for path, value in strengths.items()
            )
            has = f"{', '.join(own)} in Keras" if own else "none in Keras"
            yield Candidate(
                f"regularizer: {kind} of {fitted} in TensorFlow 1, {has}",
                lambda kind=kind, strengths=strengths: bare.having(  # type: ignore[misc]
                    _penalize(kind, strengths)
                ),
            )


REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")


def _penalties(model: keras.Model) -> list[str]:
    return [
        f"{layer.name}'s {name}"
        for layer in model.layers
        for name in REGULARIZERS
        if getattr(layer, name, None) is not None
    ]


def _without_penalties(layer: Any, config: dict[str, Any]) -> None:
    config.update({name: None for name in REGULARIZERS if name in config})


def _penalize(kind: str, strengths: dict[str, float]) -> Any:
    def change(layer: Any, config: dict[str, Any]) -> None:
        for weight in layer.weights:
            if weight.path in strengths:
                penalty = keras.regularizers.L1L2(**{kind: strengths[weight.path]})
                config[f"{weight.name}_regularizer"] = penalty

    return change
