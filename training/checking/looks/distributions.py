"""Where training would begin on each side: what each initial weight is drawn from.

Most initial weights are `offset + scale * number`, the number from N(0, 1), that truncated, or
uniform in [0, 1). With the same number for every draw of a kind, three beginnings say which.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import numpy as np

from keras_models import draws
from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.parity.ladder import Rung
from training.parity.tolerances import TOLERANCES

CODES = {"normal": 2.0, "truncated normal": 3.0, "uniform": 4.0}
"""The number by which a kind is known in the third beginning."""

NAME = "initializers"
"""Of the rung."""

Arrays = Mapping[str, np.ndarray]


class Distribution(NamedTuple):
    """What the numbers of one array are drawn from."""

    kind: str
    """normal, truncated normal, uniform, constant, drawn (by another way), or unknown."""
    offset: float
    scale: float

    def __str__(self) -> str:
        if self.kind == "constant":
            return f"constant {self.offset:.4g}"
        if self.kind == "uniform":
            return f"uniform from {self.offset:.4g} to {self.offset + self.scale:.4g}"
        mean = f", mean {self.offset:.4g}" if self.offset else ""
        return f"{self.kind} (deviation {abs(self.scale):.4g}{mean})"

    def apart(self, other: "Distribution") -> float:
        """Return the relative distance of two distributions' numbers, whatever their kinds."""
        size = max(map(abs, (self.offset, self.scale)))
        return max(abs(self.offset - other.offset), abs(self.scale - other.scale)) / (size or 1.0)


class Begun(NamedTuple):
    """Three beginnings of one side: every draw 0, every draw 1, every draw the code of its kind."""

    zero: Arrays
    one: Arrays
    code: Arrays

    @classmethod
    def by(cls, begin: Callable[[Mapping[str, float]], Arrays]) -> "Begun":
        """Begin three times."""
        zero, one = (begin(dict.fromkeys(CODES, number)) for number in (0.0, 1.0))
        return cls(zero, one, begin(CODES))

    def distribution(self, name: str) -> Distribution:
        """Return what an array is drawn from; unknown: it has no single offset, scale and kind."""
        offset, scale = self.zero[name], self.one[name] - self.zero[name]
        if not np.ptp(offset) == np.ptp(scale) == 0:
            return Distribution("unknown", float(offset.mean()), float(offset.std()))
        first, by = float(offset.flat[0]), float(scale.flat[0])
        if by == 0:
            return Distribution("constant", first, 0.0)
        code = (float(self.code[name].flat[0]) - first) / by
        kind = next((kind for kind, known in CODES.items() if abs(code - known) < 0.01), "unknown")
        return Distribution(kind, first, by)


def compare(examination: Examination) -> tuple[Rung, list[str]] | None:
    """Return the rung of initial distributions, and which are others; None: weights do not pair.

    Arrays that are drawn in other ways are compared by what one draw gives.
    """
    try:
        ours = Begun.by(lambda numbers: _of_keras(examination, numbers))
    except Unmatched:
        return None
    theirs = Begun.by(examination.program.begun_with)
    apart: dict[str, float] = {}
    said = []
    for name in [name for name in theirs.zero if name in ours.zero]:
        one, other = theirs.distribution(name), ours.distribution(name)
        if "unknown" in (one.kind, other.kind):
            one, other = _drawn(examination, name)
            far = _far(one, other, theirs.zero[name].size)
        else:
            allowed = TOLERANCES["constant_in_float32"].relative
            far = one.kind != other.kind or one.apart(other) > allowed
        if far:
            apart[name] = one.apart(other)
            said.append(f"{name}: {one} in TensorFlow 1, {other} in Keras")
    worst = max(apart, key=lambda name: apart[name], default=None)
    distance = max(apart.values(), default=0.0)
    ulp, note = (None, "") if said else (0, f"{len(ours.zero)} variables")
    return Rung(NAME, not said, ulp, 0.0, distance, worst, note), said


def _of_keras(examination: Examination, numbers: Mapping[str, float]) -> Arrays:
    with draws.made_of({kind: np.array([number]) for kind, number in numbers.items()}):
        return _weights(examination)


def _weights(examination: Examination) -> Arrays:
    """Return what a new model has, by TensorFlow 1's names."""
    model = examination.fresh_model()
    rewrite = examination.rewrite(model, examination.pairing(model))
    return {**rewrite.weights(), **rewrite.moving()}


def _drawn(examination: Examination, name: str) -> tuple[Distribution, Distribution]:
    """Return what one draw on each side says."""
    keras.utils.set_random_seed(examination.seed)  # what is said is the same at every run
    theirs = {**examination.drawn, **examination.trace.averages_at_first}[name]
    ours = _weights(examination)[name]
    one, other = (Distribution("drawn", float(a.mean()), float(a.std())) for a in (theirs, ours))
    return one, other


def _far(one: Distribution, other: Distribution, size: int) -> bool:
    """Whether deviations of samples of `size` say that these are two distributions."""
    if size < 2 or one.scale == 0 or other.scale == 0:
        return one != other
    # Relative errors of a sample's deviation: 1 / sqrt(2 n), five of them.
    return bool(abs(np.log(other.scale / one.scale)) > 0.05 + 5 / np.sqrt(2 * size))
