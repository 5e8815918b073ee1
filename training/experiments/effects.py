"""What each cause of drift does: its distance to the TensorFlow 1 graph, and of which kind."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from training.experiments.drift import REFERENCE
from training.lanes.history import History
from training.parity.distance import relative_distance, ulp_distance
from training.parity.tolerances import ROUNDING_SHRINKS_TO

Kind = Literal["none", "rounding", "semantics"]

MILESTONES = (1, 10, 100, 1000)


def describe(histories: Mapping[str, History]) -> dict[str, Any]:
    """Return `ablation.json`, from the histories of `drift.train`: what the table shows, and more.

    Of a cause `max_rel` and `max_ulp` are by number of epochs n: the largest distance of any loss
    to the TensorFlow 1 graph's, from the initial one to the one after n epochs. `float64` is the
    same relative distance after FLOAT64_EPOCHS epochs, or all where there are fewer, with both
    sides in float64. `kind` is what `classify` says.
    """
    single = histories["float32"]
    return {
        "reference": REFERENCE,
        "epochs": single.epochs - 1,
        "causes": {
            cause: _measure(cause, histories) for cause in single.losses if cause != REFERENCE
        },
    }


def _measure(cause: str, histories: Mapping[str, History]) -> dict[str, Any]:
    relative = {
        precision: relative_distance(found.losses[cause], found.losses[REFERENCE])
        for precision, found in histories.items()
    }
    single = histories["float32"].losses
    ulp = ulp_distance(single[cause], single[REFERENCE])
    last = len(ulp) - 1
    milestones = sorted({*(n for n in MILESTONES if n < last), last})
    return {
        "max_rel": {str(n): float(relative["float32"][: n + 1].max()) for n in milestones},
        "max_ulp": {str(n): int(ulp[: n + 1].max()) for n in milestones},
        "float64": float(relative["float64"].max()),
        "kind": classify(relative["float32"], relative["float64"]),
    }


def classify(float32: np.ndarray, float64: np.ndarray) -> Kind:
    """Say what two rows of relative distances show, epoch by epoch; float64's may be shorter.

    Semantics: over the epochs that both have, float64 leaves at least ROUNDING_SHRINKS_TO of the
    float32 distance, or of float32's epsilon where that is larger, for a smaller one is not seen in
    float32. Rounding: it shrinks it further than that. None: nothing differs in float32.
    """
    seen = max(float32[: len(float64)].max(), np.finfo(np.float32).eps)
    if float64.max() >= ROUNDING_SHRINKS_TO * seen:
        return "semantics"
    return "rounding" if float32.any() else "none"
