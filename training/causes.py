"""Mistakes that a rewrite can hold, each as a change to the Keras model that would mend it.

A hypothesis looks at a case (a float64 model that fails on some rung) and yields candidates: a
sentence that names the cause, and a function that makes the changed case. Whether it is the cause
is not decided here, but by climbing the ladder with it (`training/diagnosis.py`).
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

from keras_models import variants
from keras_models.rewrite import Pairing
from training.parity.ladder import Rung
from training.subject import Subject


@dataclass(frozen=True)
class Case:
    """A float64 model that may still hold mistakes; no pairing: its variables do not match."""

    subject: Subject
    model: keras.Model
    pairing: Pairing | None

    def having(self, change: variants.Change | None = None, **parts: Any) -> "Case":
        """Return the case with layers, optimizer or loss changed; variables pair as before."""
        model = variants.variant(self.model, change, **parts)
        if change is None:
            return dataclasses.replace(self, model=model)
        return Case(self.subject, model, self.pairing or self.subject.pairing(model))

    def paired(self, pairing: Pairing) -> "Case":
        """Return the case with other variables paired."""
        return dataclasses.replace(self, pairing=pairing)


@dataclass(frozen=True)
class Candidate:
    """A cause in words, and the case without it."""

    cause: str
    make: Callable[[], Case]


Hypothesis = Callable[[Case], Iterator[Candidate]]


def candidates(case: Case, failing: Rung) -> Iterator[Candidate]:
    """Yield what could explain the first failing rung, the likeliest first."""
    from training import forward_causes, loss_causes, update_causes, variable_causes

    families: dict[str, tuple[Hypothesis, ...]] = {
        "variables": variable_causes.OF_SHAPE,
        "forward": (*forward_causes.ALL, *variable_causes.OF_VALUE),
        "loss": loss_causes.ALL,
        "gradients": loss_causes.OF_GRADIENTS,
        "one update": update_causes.ALL,
        "all updates": update_causes.ALL,
    }
    family = families.get(failing.name, ())
    if failing.name == "loss" and case.subject.trace.observed.logits is None:
        family = (*family, *families["forward"])  # nobody could compare the logits
    for hypothesis in family:
        yield from hypothesis(case)


def edited(name: str, **changes: Any) -> variants.Change:
    """Return the change that sets `changes` in the config of the layer `name`."""

    def change(layer: keras.layers.Layer, config: dict[str, Any]) -> None:
        if layer.name == name:
            config.update(changes)

    return change
