"""A model under suspicion, and what could be changed about it.

A hypothesis looks at a case (a float64 model that fails on some rung) and yields candidates: a
sentence that names the cause, and a function that makes the changed case. Whether it is the cause
is not decided here, but by climbing the ladder with it (`training/checking/search.py`).
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

from keras_models.clones import variants
from keras_models.pairing import Pairing, carried_over
from training.checking.examination import Examination


@dataclass(frozen=True)
class Case:
    """A float64 model that may still hold mistakes; no pairing: its variables do not match."""

    examination: Examination
    model: keras.Model
    pairing: Pairing | None

    def having(self, change: variants.Change | None = None, **parts: Any) -> "Case":
        """Return the case with layers, calls, optimizer or loss changed; variables pair as before.

        See `variants.variant` for `parts`.
        """
        model = variants.variant(self.model, change, **parts)
        if self.pairing is None:
            pairing = self.examination.pairing(model) if change else None
        else:
            pairing = carried_over(self.pairing, self.model, model)
        return Case(self.examination, model, pairing)

    def paired(self, pairing: Pairing) -> "Case":
        """Return the case with other variables paired."""
        return dataclasses.replace(self, pairing=pairing)


@dataclass(frozen=True)
class Candidate:
    """A cause in words, and the case without it."""

    cause: str
    make: Callable[[], Case]
    layers: tuple[str, ...] = ()
    """The layers that it changes, where it changes what they compute."""
    pairs: bool = False
    """It only pairs variables otherwise."""
    least: str | None = None
    """The rung that has to hold with it: a fitted number makes some rung hold by itself."""


Hypothesis = Callable[[Case], Iterator[Candidate]]


def edited(names: str | tuple[str, ...], **changes: Any) -> variants.Change:
    """Return the change that sets `changes` in the config of the layer or layers `names`."""
    wanted = (names,) if isinstance(names, str) else names

    def change(layer: keras.layers.Layer, config: dict[str, Any]) -> None:
        if layer.name in wanted:
            config.update(changes)

    return change
