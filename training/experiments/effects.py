"""What each cause of drift does: its distance to the TensorFlow 1 graph, and of which kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from training.experiments.drift import REFERENCE
from training.lanes.history import History
from training.parity.distance import relative_distance, ulp_distance
from training.parity.tolerances import ROUNDING_SHRINKS_TO

Kind = Literal["none", "rounding", "semantics"]

MILESTONES = (1, 10, 100, 1000)


@dataclass(frozen=True)
class Effect:
    """What one cause does: its distance to the TensorFlow 1 graph.

    `max_rel` and `max_ulp` are by number of epochs n: the largest distance of any loss from the
    initial one to the one after n epochs. `float64` is the same relative distance after
    FLOAT64_EPOCHS epochs, or all where there are fewer, with both sides in float64.
    """

    max_rel: Mapping[int, float]
    max_ulp: Mapping[int, int]
    float64: float
    kind: Kind


def measure(cause: str, histories: Mapping[str, History]) -> Effect:
    """Return the effect of `cause` from the histories of `drift.train`."""
    relative = {
        precision: relative_distance(found.losses[cause], found.losses[REFERENCE])
        for precision, found in histories.items()
    }
    single = histories["float32"].losses
    ulp = ulp_distance(single[cause], single[REFERENCE])
    last = len(ulp) - 1
    milestones = sorted({*(n for n in MILESTONES if n < last), last})
    max_rel = {n: float(relative["float32"][: n + 1].max()) for n in milestones}
    double = relative["float64"]
    return Effect(
        max_rel=max_rel,
        max_ulp={n: int(ulp[: n + 1].max()) for n in milestones},
        float64=float(double.max()),
        kind=classify(relative["float32"], double),
    )


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


def describe(effects: Mapping[str, Effect]) -> dict[str, Any]:
    """Return `ablation.json`: what the table shows, and the ULP distances."""
    return {
        "reference": REFERENCE,
        "epochs": max(next(iter(effects.values())).max_rel),
        "causes": {
            cause: {
                "max_rel": {str(n): distance for n, distance in effect.max_rel.items()},
                "max_ulp": {str(n): distance for n, distance in effect.max_ulp.items()},
                "float64": effect.float64,
                "kind": effect.kind,
            }
            for cause, effect in effects.items()
        },
    }
