"""Mistakes in which variables there are, and in which belongs to which."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from keras_models.pairing import Match, offers, recipes, with_gates
from training.checking.case import Candidate, Case, Hypothesis, edited
from training.checking.mistakes import forward

FEW = 12
"""Pairs of equal shape of which two at a time are exchanged; of more there would be too many."""

USUAL = [
    {"gates": order, "forget_bias": bias}
    for order, bias in itertools.product(("icfo", "ifco", "ifoc"), (1.0, 0.0))
]
"""Of an LSTM that was not read: as in TensorFlow 1, Keras and PyTorch, papers; `recipes.lstm`."""


def bias(case: Case) -> Iterator[Candidate]:
    """A layer without the other side's bias, or with one that it has not."""
    for layer in case.model.layers:
        used = layer.get_config().get("use_bias")
        if used is None:
            continue
        cause = (
            f"layer {layer.name} has a bias, TensorFlow 1 has none there"
            if used
            else f"layer {layer.name} has no bias, TensorFlow 1 adds one"
        )
        change = edited(layer.name, use_bias=not used)
        yield Candidate(cause, lambda change=change: case.having(change))  # type: ignore[misc]


def transposed_by_shape(case: Case) -> Iterator[Candidate]:
    """A kernel of [m, n] on one side and [n, m] on the other."""
    shapes, map_ = case.examination.pair.inspection.shapes, case.examination.pair.weight_map
    free = [one for one in offers(case.model, shapes.values()) if one.trained(case.model.weights)]
    pairing, turned = {}, []
    for name, shape in shapes.items():
        wanted = map_.get(name) if map_ else None
        for one in free:
            if wanted and not f"/{one.path}".endswith(f"/{wanted}"):
                continue
            if one.shape in (shape, shape[::-1]):
                match = Match(one.recipe)
                pairing[name] = match if one.shape == shape else match.transposed()
                turned += [name] if one.shape != shape else []
                free.remove(one)
                break
    if len(pairing) == len(shapes) and turned:
        yield Candidate(
            f"transposed weights: {', '.join(turned)} goes into Keras the other way round",
            lambda: case.paired(with_gates(pairing, case.examination.pair.structure.gates)),
        )


def transposed(case: Case) -> Iterator[Candidate]:
    """Square kernels copied the wrong way round: one of them, or all."""
    assert case.pairing
    shapes = case.examination.pair.inspection.shapes
    square = [name for name, shape in shapes.items() if len(shape) == 2 and len(set(shape)) == 1]
    groups = (*((name,) for name in square), tuple(square)) if square else ()
    for names in dict.fromkeys(groups):
        pairing = dict(case.pairing)
        for name in names:
            pairing[name] = pairing[name].transposed()
        yield Candidate(
            f"transposed weights: {', '.join(names)} goes into Keras the other way round",
            lambda pairing=pairing: case.paired(pairing),  # type: ignore[misc]
        )


def swapped(case: Case) -> Iterator[Candidate]:
    """Two variables of one shape in each other's place; then two pairs of them (two layers)."""
    assert case.pairing
    shapes = case.examination.pair.inspection.shapes
    weights = list(case.model.weights)
    exchanges = [(a, b) for a, b in itertools.combinations(shapes, 2) if shapes[a] == shapes[b]]
    twice = itertools.combinations(exchanges, 2) if len(exchanges) <= FEW else ()
    for chosen in (*((one,) for one in exchanges), *twice):
        names = [name for exchange in chosen for name in exchange]
        if len(set(names)) < len(names):
            continue
        pairing = dict(case.pairing)
        for a, b in chosen:
            pairing[a], pairing[b] = pairing[b], pairing[a]
        where = ", ".join(f"{name} belongs to {_short(pairing[name], weights)}" for name in names)
        yield Candidate(
            f"swapped weights: {where}",
            lambda pairing=pairing: case.paired(pairing),  # type: ignore[misc]
            pairs=True,
        )


def _short(match: Match, weights: Sequence[Any]) -> str:
    """Return the layer and the name of each Keras variable."""
    return ", ".join("/".join(weights[i].path.split("/")[-2:]) for i in match.places)


def gates(case: Case) -> Iterator[Candidate]:
    """Another order of an LSTM's gates, or another forget bias, than it was paired by."""
    assert case.pairing
    read = case.examination.pair.structure.gates
    for options in [read] if read else [dict.fromkeys(case.pairing, one) for one in USUAL]:
        pairing = with_gates(case.pairing, options)
        moved = [match for name, match in pairing.items() if match != case.pairing[name]]
        if moved:
            said = " or ".join(dict.fromkeys(map(recipes.shown, options.values())))
            yield Candidate(
                f"LSTM: {said} in TensorFlow 1; say so in weight_map",
                lambda pairing=pairing: case.paired(pairing),  # type: ignore[misc]
                _layers_of(moved, case),
            )


def _layers_of(matches: Sequence[Match], case: Case) -> tuple[str, ...]:
    """Return the names of the layers that have Keras variables of these matches."""
    weights = list(case.model.weights)
    own = {id(weights[place]) for match in matches for place in match.places}
    return tuple(one.name for one in case.model.layers if own & {id(w) for w in one.weights})


OF_SHAPE: tuple[Hypothesis, ...] = (bias, transposed_by_shape, forward.choices)
OF_VALUE: tuple[Hypothesis, ...] = (transposed, swapped)
