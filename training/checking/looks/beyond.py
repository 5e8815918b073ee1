"""A look at what a few updates on a few batches do not show, and what nothing looks at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from keras_models import translation
from keras_models.exact import TF1Dropout
from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.checking.looks import distributions, dropping
from training.checking.search import Explanation
from training.parity.ladder import Rung
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
    rung: Rung | None = None
    """Of what has no place on the ladder."""


def look(examination: Examination) -> list[Seen]:
    """Return what every look gives; none of them changes the pair."""
    return [seen for one in LOOKS for seen in one(examination)]


def _rates(examination: Examination) -> Iterator[Seen]:
    """The learning rate of both sides, far beyond the updates that were run."""
    structure, name = examination.pair.structure, "learning rates of later updates"
    try:
        optimizers = examination.optimizers()
    except Unmatched:
        optimizers = {}
    if not optimizers or None in map(translation.rule, optimizers.values()):
        yield Seen(not_compared=f"{name} (no learning rate is known)")
        return
    scheduled = any(callable(one._learning_rate) for one in optimizers.values())
    if structure.step is None and not scheduled:
        return
    around = {b + d for b in structure.boundaries for d in (-1, 0, 1)}
    steps = sorted({step for step in (*FAR, *around) if step >= 0})
    theirs = examination.graph_rates(steps)
    if any(np.isnan(rates).any() for rates in theirs.values()):
        yield Seen(not_compared=f"{name} (the graph's cannot be read at another step)")
        return
    ours = {id(one): translation.rates(one, steps) for one in optimizers.values()}
    for variable, of_graph in theirs.items():
        of_keras = ours[id(optimizers[variable])]
        allowed = TOLERANCES["constant_in_float32"].relative * np.abs(of_graph)
        apart = np.abs(of_keras - of_graph) > allowed
        if apart.any():
            first = int(np.argmax(apart))
            whose = f", for {variable}" if len(ours) > 1 else ""
            yield Seen(
                Explanation(
                    f"learning rate: at update {steps[first] + 1:,} it is {of_keras[first]:.7g} in "
                    f"Keras, {of_graph[first]:.7g} in TensorFlow 1{whose}",
                    f"compared at {len(steps)} updates up to {steps[-1] + 1:,}",
                )
            )
            return


def _dropout(examination: Examination) -> Iterator[Seen]:
    """Whether both sides drop anything, and how much; that they drop alike `again` looks at."""
    structure, ours = examination.pair.structure, examination.keras_dropped
    if not structure.dropouts and structure.draws and ours:
        yield Seen(
            not_compared=f"dropout (Keras: {dropping.shown(ours)}; the graph's cannot be set)"
        )
        return
    if side := dropping.only_in(examination):
        other = "Keras" if side == "TensorFlow 1" else "TensorFlow 1"
        yield Seen(
            Explanation(
                f"dropout: in {side}, none in {other}",
                f"{len(structure.dropouts)} in the graph, {len(ours)} in Keras",
            )
        )
        return
    on = dropping.switched_on(examination)
    if on is None:
        return
    rates, chosen = on.rates, " and ".join(on.chosen)
    if dropping.apart(ours, rates):
        given = f", with {chosen} as near as can be" if chosen else ""
        yield Seen(
            Explanation(
                f"dropout: rate {dropping.shown(ours)} in Keras, {dropping.shown(rates)} in "
                f"TensorFlow 1{given}",
                "measured: from which uniform number on one is kept",
            )
        )
    elif chosen:
        yield Seen(
            not_compared=f"dropout rates (Keras: {dropping.shown(ours)}; TensorFlow 1 has what "
            f"{chosen} is fed in training)"
        )
    theirs = {one.seeds for one in structure.dropouts}
    for layer in examination.pair.sample._flatten_layers():
        if isinstance(layer, TF1Dropout) and (layer.seed, layer.seed2) not in theirs:
            yield Seen(
                Explanation(
                    f"dropout: seed {layer.seed} and seed2 {layer.seed2} of layer {layer.name} are "
                    "none of the graph's ops'",
                    f"theirs are {', '.join(map(str, sorted(theirs)))}",
                )
            )
    if len(ours) != len(rates):
        yield Seen(
            not_compared=f"how often masks are drawn (at {len(rates)} places in TensorFlow 1, "
            f"{len(ours)} in Keras; all had the same numbers)"
        )


def _moving(examination: Examination) -> Iterator[Seen]:
    """Moving averages that no rung has."""
    model, structure = examination.pair.sample, examination.pair.structure
    of_weights = any(one.use_ema for one in examination.optimizers().values())
    if bool(structure.shadows) != of_weights:
        side, other = ("TensorFlow 1", "Keras") if structure.shadows else ("Keras", "TensorFlow 1")
        yield Seen(not_compared=f"averages of weights, which {side} keeps and {other} does not")
    theirs = [name for name in structure.moving if name not in structure.shadows]
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
            "(Bessel's correction), Keras by n, and keras_models.exact.TF1FusedBatchNorm by n - 1"
        )


def _ids(examination: Examination) -> Iterator[Seen]:
    """Rows of a table that no id has looked up."""
    fed = [keras.tree.flatten(x) for x, _ in examination.batches]
    for place, one in enumerate(keras.tree.flatten(examination.pair.x)):
        rows = examination.pair.structure.rows.get(one.tensor, 0)
        drawn = np.unique(np.concatenate([arrays[place].ravel() for arrays in fed]))
        missed = rows - int(((drawn >= 0) & (drawn < rows)).sum())
        if missed > 0:
            yield Seen(not_compared=f"{missed:,} of {rows:,} ids of {one.name}, which no batch has")


def _aside(examination: Examination) -> Iterator[Seen]:
    """Variables of another model in the same graph."""
    aside = examination.pair.inspection.aside
    if aside:
        names = f"{', '.join(aside[:5])}{' ...' * (len(aside) > 5)}"
        yield Seen(not_compared=f"{names}: no part of cost, logits and train_op")


def _beginnings(examination: Examination) -> Iterator[Seen]:
    """Initial distributions; the weights themselves are copied."""
    compared = distributions.compare(examination)
    if compared is None:
        return
    rung, said = compared
    yield Seen(rung=rung)
    if said:
        yield Seen(
            not_compared="training from each side's own beginning, for initial distributions are "
            f"others (weights were copied): {'; '.join(said[:3])}{' ...' * (len(said) > 3)}"
        )


def _inference(examination: Examination) -> Iterator[Seen]:
    """Layers that do something else where nobody trains; dropout is seen elsewhere."""
    found = {
        type(layer).__name__
        for layer in examination.pair.sample._flatten_layers()
        if isinstance(layer, (*ONLY_IN_TRAINING, layers.BatchNormalization))
    }
    if found and not examination.trace.inferred:
        yield Seen(
            not_compared=f"inference mode, which is another for {', '.join(sorted(found))} "
            '("feeds": {is_training: (True, False)} would switch the graph to it)'
        )


LOOKS: tuple[Callable[[Examination], Iterator[Seen]], ...] = (
    *(_rates, _dropout, _moving, _ids, _aside, _beginnings, _inference),
)
