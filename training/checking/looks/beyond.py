"""A look at what a few updates on a few batches do not show, and what nothing looks at."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import layers

from keras_models.exact import TF1Dropout
from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.checking.looks import distributions, dropping, learning_rates, noise
from training.checking.looks.seen import Seen
from training.checking.search import Explanation

ONLY_IN_TRAINING = (
    layers.GaussianNoise,
    layers.GaussianDropout,
    layers.AlphaDropout,
)


def look(examination: Examination) -> list[Seen]:
    """Return what every look gives; none of them changes the pair."""
    return [seen for one in LOOKS for seen in one(examination)]


def _diverging(examination: Examination) -> Iterator[Seen]:
    """Updates that are left out, for rounding decides there."""
    if examination.diverging is not None:
        yield Seen(
            not_compared=f"updates from {len(examination.batches) + 1} on, for training diverges "
            f"(loss {examination.diverging:.1e}): smaller numbers or a lower learning rate on both "
            "sides would show them"
        )


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
        given = f", with {chosen} fed to come as close as possible" if chosen else ""
        yield Seen(
            Explanation(
                f"dropout: rate {dropping.shown(ours)} in Keras, {dropping.shown(rates)} in "
                f"TensorFlow 1{given}",
                "measured: the uniform number from which on a number is kept",
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
                    f"dropout: no op of the graph has seed {layer.seed} and seed2 {layer.seed2}, "
                    f"as layer {layer.name} has",
                    f"theirs are {', '.join(map(str, sorted(theirs)))}",
                )
            )
    if len(ours) != len(rates):
        yield Seen(
            not_compared=f"how often masks are drawn (at {len(rates)} places in TensorFlow 1, "
            f"{len(ours)} in Keras; all had the same numbers)"
        )


def _noise(examination: Examination) -> Iterator[Seen]:
    """Random numbers for anything but dropout."""
    yield from (Seen(not_compared=one) for one in noise.not_compared(examination))


def _moving(examination: Examination) -> Iterator[Seen]:
    """Moving averages that no rung has."""
    model, structure = examination.pair.sample, examination.pair.structure
    of_weights = any(one.use_ema for one in learning_rates.optimizers(examination).values())
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


def _taken_in(examination: Examination) -> Iterator[Seen]:
    """Inputs that PAIR.py did not name."""
    pair = examination.pair
    if pair.taken_in:
        order = ", ".join(fed.name for fed in keras.tree.flatten(pair.x))
        yield Seen(
            not_compared=f"whether Keras' inputs are {order}, in this order: tf1_graph() does not "
            f"name {', '.join(pair.taken_in)} in x"
        )


def _aside(examination: Examination) -> Iterator[Seen]:
    """Variables of another model in the same graph."""
    aside = examination.pair.inspection.aside
    if aside:
        names = f"{', '.join(aside[:5])}{' ...' * (len(aside) > 5)}"
        yield Seen(not_compared=f"{names}: not used by cost, logits and train_op")


def _beginnings(examination: Examination) -> Iterator[Seen]:
    """Initial distributions; the weights themselves are copied."""
    compared = distributions.compare(examination)
    if compared is None:
        return
    rung, said = compared
    yield Seen(rung=rung)
    if said:
        yield Seen(
            not_compared="training from each side's own initial weights, whose distributions "
            f"differ (weights were copied): {'; '.join(said[:3])}{' ...' * (len(said) > 3)}"
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
            not_compared=f"inference, which is different for {', '.join(sorted(found))} "
            '("feeds": {is_training: (True, False)} would switch the graph to it)'
        )


LOOKS: tuple[Callable[[Examination], Iterator[Seen]], ...] = (
    *(_diverging, learning_rates.look, _dropout, _noise, _moving, _ids, _taken_in, _aside),
    *(_beginnings, _inference),
)
