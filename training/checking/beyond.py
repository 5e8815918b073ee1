"""A look at what a few updates on a few batches do not show, and what nothing looks at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from keras_models import translation
from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.checking.search import Explanation
from training.parity.tolerances import TOLERANCES

FAR = (0, 1, 10, 100, 1_000, 10_000, 100_000)
"""Updates at which learning rates are compared, besides those around boundaries."""
ONLY_IN_TRAINING = (
    layers.GaussianNoise,
    layers.GaussianDropout,
    layers.AlphaDropout,
)


@dataclass(frozen=True)
class Seen:
    """What one look gave."""

    difference: Explanation | None = None
    not_compared: str | None = None


def look(examination: Examination) -> list[Seen]:
    """Return what every look gives; none of them changes the pair."""
    return [seen for one in LOOKS for seen in one(examination)]


def _rates(examination: Examination) -> Iterator[Seen]:
    """The learning rate of both sides, far beyond the updates that were run."""
    structure, optimizer = examination.pair.structure, examination.pair.sample.optimizer
    name = "learning rates of later updates"
    if examination.rule is None or translation.rule(optimizer) is None:
        yield Seen(not_compared=f"{name} (no learning rate is known)")
        return
    scheduled = callable(optimizer._learning_rate)
    if structure.step is None and not scheduled:
        return
    around = {b + d for b in structure.boundaries for d in (-1, 0, 1)}
    steps = sorted({step for step in (*FAR, *around) if step >= 0})
    theirs = examination.graph_rates(steps)
    if theirs is None:
        yield Seen(not_compared=f"{name} (the graph's cannot be read at another step)")
        return
    ours = translation.rates(optimizer, steps)
    apart = np.abs(ours - theirs) > TOLERANCES["constant_in_float32"].relative * np.abs(theirs)
    if apart.any():
        first = int(np.argmax(apart))
        yield Seen(
            Explanation(
                f"learning rate: at update {steps[first] + 1:,} it is {ours[first]:.7g} in Keras, "
                f"{theirs[first]:.7g} in TensorFlow 1",
                f"compared at {len(steps)} updates up to {steps[-1] + 1:,}",
            )
        )


def _dropout(examination: Examination) -> Iterator[Seen]:
    """Whether both sides drop anything; it is switched off while the ladder is climbed."""
    places = examination.pair.structure.dropouts
    rates = examination.dropout_rates
    if bool(places) != bool(rates):
        side, other = ("Keras", "TensorFlow 1") if rates else ("TensorFlow 1", "Keras")
        yield Seen(
            Explanation(
                f"dropout: in {side}, none in {other}",
                f"{places} random draws behind the graph's cost, {len(rates)} layers in Keras",
            )
        )
    elif places:
        shown = ", ".join(f"{rate:g}" for rate in rates)
        where = "" if places == len(rates) else f", {places} places against {len(rates)}"
        yield Seen(not_compared=f"dropout rates (Keras: {shown}{where}; both sides ran without)")


def _moving(examination: Examination) -> Iterator[Seen]:
    """Moving averages that no rung has."""
    model, theirs = examination.pair.sample, examination.pair.structure.moving
    try:
        found, left = examination.pairing_of_moving(model, examination.pairing(model))
    except Unmatched:
        return
    if bool(theirs) != bool(found or left):
        side, other = ("TensorFlow 1", "Keras") if theirs else ("Keras", "TensorFlow 1")
        yield Seen(not_compared=f"moving averages, which {side} updates here and {other} does not")
    elif alone := [*(name for name in theirs if name not in found), *left]:
        yield Seen(not_compared=f"moving averages of one side only: {', '.join(alone)}")
    if examination.biased & set(found):
        yield Seen(
            not_compared="moving variances: TensorFlow 1's fused batch norm divides by n - 1 "
            "(Bessel's correction), Keras by n"
        )


def _ids(examination: Examination) -> Iterator[Seen]:
    """Rows of a table that no id has looked up."""
    rows = examination.pair.structure.rows
    if rows:
        drawn = np.unique(np.concatenate([x.ravel() for x, _ in examination.batches]))
        missed = rows - int(((drawn >= 0) & (drawn < rows)).sum())
        if missed > 0:
            yield Seen(not_compared=f"{missed:,} of {rows:,} ids, which no batch has")


def _beginnings(examination: Examination) -> Iterator[Seen]:
    """Initial distributions: one draw on each side; the weights themselves are copied."""
    keras.utils.set_random_seed(examination.seed)  # what is said is the same at every run
    model, said = examination.fresh_model(), []
    try:
        drawn = examination.rewrite(model, examination.pairing(model))
    except Unmatched:
        return
    ours = drawn.weights() | drawn.moving()
    for name, theirs in {**examination.drawn, **examination.trace.averages_at_first}.items():
        if name not in ours:
            continue
        if theirs.dtype.kind != "f" or ours[name].shape != theirs.shape or theirs.size < 2:
            continue  # a single number has no distribution
        one, other = _Drawn.of(theirs), _Drawn.of(ours[name])
        if one.apart(other, theirs.size):
            said.append(f"{name}: {one} in TensorFlow 1, {other} in Keras")
    if said:
        yield Seen(
            not_compared="training from each side's own beginning, for initial distributions are "
            f"others (weights were copied): {'; '.join(said[:3])}{' ...' * (len(said) > 3)}"
        )


class _Drawn(NamedTuple):
    """Mean and standard deviation of what was drawn."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, array: np.ndarray) -> "_Drawn":
        return cls(float(array.mean()), float(array.std()))

    def apart(self, other: "_Drawn", size: int) -> bool:
        """Whether samples of `size` say that these are two distributions."""
        if self.deviation == 0 or other.deviation == 0:
            return self != other
        # Relative errors of a sample's deviation: 1 / sqrt(2 n), five of them.
        return abs(np.log(other.deviation / self.deviation)) > 0.05 + 5 / np.sqrt(2 * size)

    def __str__(self) -> str:
        if self.deviation == 0:
            return f"constant {self.mean:.2g}"
        return f"deviation {self.deviation:.2g}"


def _inference(examination: Examination) -> Iterator[Seen]:
    """Layers that do something else where nobody trains; dropout is off on both sides anyway."""
    found = {
        type(layer).__name__
        for layer in examination.pair.sample._flatten_layers()
        if isinstance(layer, (*ONLY_IN_TRAINING, layers.BatchNormalization))
    }
    if found and examination.trace.inferred is None:
        yield Seen(
            not_compared=f"inference mode, which is another for {', '.join(sorted(found))} (a bool "
            "placeholder_with_default that is true while training would switch the graph to it)"
        )


LOOKS: tuple[Callable[[Examination], Iterator[Seen]], ...] = (
    *(_rates, _dropout, _moving, _ids, _beginnings, _inference),
)
