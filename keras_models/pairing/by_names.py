"""Pairing where no map says it: by names, by what variables are for, in order; by shape."""

import re
from collections.abc import Callable, Mapping, Sequence

import keras

from keras_models.pairing.by_map import Unmatched, shaped, without_ones
from keras_models.pairing.cells import Offer, named_by_hand, offers
from keras_models.pairing.match import Match, Pairing, Shape

USES = {
    "kernel": ("kernel", "weights", "weight", "w", "embeddings", "embedding"),
    "bias": ("bias", "biases", "b"),
    "gamma": ("gamma", "scale"),
    "beta": ("beta", "offset"),
    "mean": ("moving_mean", "mean", "pop_mean"),
    "variance": ("moving_variance", "variance", "var", "pop_var"),
}
"""What a variable is for -> what people call it."""


def pair(shapes: Mapping[str, Shape], model: keras.Model) -> Pairing:
    """Pair variables, name -> shape, with the model's; raises Unmatched where one is left over.

    By the names that people gave a layer on both sides, then by what a variable is for (kernel,
    bias, ...), then in order; always by shape, but for axes of size 1 where no other is left.
    """
    weights, every = list(model.weights), offers(model, shapes.values())
    trained = [one for one in every if one.trained(weights)]
    candidates = trained if len(trained) >= len(shapes) else every  # some layer may be frozen
    found = _take(shapes, model, candidates)
    left = [f"{name} {list(shapes[name])}" for name in shapes if name not in found]
    over = [f"{one.path} {list(one.shape)}" for one in candidates]
    if left or (over and all(one.trained(weights) for one in candidates)):
        raise Unmatched(
            f"without a counterpart: TensorFlow 1 {', '.join(left) or 'none'}; "
            f"Keras {', '.join(over) or 'none'}"
        )
    return found


def pair_moving(
    shapes: Mapping[str, Shape], model: keras.Model, pairing: Pairing
) -> tuple[Pairing, Sequence[str]]:
    """Pair moving averages, name -> shape; return them, and the paths that none was found for.

    Each takes what is of its use and shape in the layer that the trained variables beside it belong
    to, or else in any layer.
    """
    weights = list(model.weights)
    moving = {
        id(weight)
        for layer in model._flatten_layers()
        for weight in (layer._non_trainable_variables if layer.trainable else ())
        if weight.dtype.startswith("float")
    }
    candidates = [
        Offer(place, tuple(weight.shape), weight.path)
        for place, weight in enumerate(weights)
        if id(weight) in moving
    ]
    beside = {
        _scope(name): _scope(weights[match.places[0]].path) for name, match in pairing.items()
    }
    found = _take(shapes, model, candidates, beside)
    return found, [one.path for one in candidates]


def pair_held(shapes: Mapping[str, Shape], model: keras.Model, pairing: Pairing) -> Pairing:
    """Pair what nobody trains, name -> shape, with what of the model is neither trained nor paired.

    What is found nowhere is left out.
    """
    weights = list(model.weights)
    taken = {place for match in pairing.values() for place in match.places}
    taken |= {i for i, one in enumerate(weights) if one.trainable or one.dtype[:5] != "float"}
    offered = offers(model, shapes.values())
    return _take(shapes, model, [one for one in offered if taken.isdisjoint(one.places)])


def _take(
    shapes: Mapping[str, Shape],
    model: keras.Model,
    candidates: list[Offer],
    beside: Mapping[str, str] | None = None,
) -> dict[str, Match]:
    """Give each name one of `candidates`, which loses it: of its shape, or else but for ones.

    `beside`: scope in TensorFlow 1 -> scope in Keras, where that is known.
    """
    weights = list(model.weights)
    by_hand = {layer.name for layer in model._flatten_layers() if named_by_hand(layer)}

    def named(name: str, path: str) -> bool:
        scope, layer = _scope(name), _scope(path).rpartition("/")[2]
        if beside is not None and scope in beside:
            return beside[scope] == _scope(path)
        return layer in by_hand and scope.rpartition("/")[2] == layer

    found: dict[str, Match] = {}
    for form in (tuple, without_ones):
        left = {name: form(shape) for name, shape in shapes.items() if name not in found}
        for name, (offer, guessed) in _take_of_shape(left, candidates, form, named).items():
            match = shaped(Match(offer.recipe, guessed), weights, shapes[name])
            found |= {name: match} if match else {}
    return {name: found[name] for name in shapes if name in found}


def _take_of_shape(
    shapes: Mapping[str, Shape],
    candidates: list[Offer],
    form: Callable[[Shape], Shape],
    named: Callable[[str, str], bool],
) -> dict[str, tuple[Offer, bool]]:
    """Give each name one of `candidates` whose shape has its form, and whether that is a guess.

    The surest names first: those that `named` tells from all others.
    """
    places = {
        name: [one for one in candidates if form(one.shape) == shape]
        for name, shape in shapes.items()
    }
    found: dict[str, tuple[Offer, bool]] = {}
    for name in shapes:
        for one in places[name]:
            if one in candidates and named(name, one.path) and _use(name) == _use(one.path):
                found[name] = one, False
                candidates.remove(one)
                break
    free = list(candidates)
    for name in shapes:
        if name in found:
            continue
        others = {_use(n) for n in shapes if n != name and shapes[n] == shapes[name]}
        fitting = [one for one in places[name] if one in free]
        likely = _of_use(_use(name), others, fitting)
        left = [one for one in (*likely, *fitting) if one in candidates]
        if left:
            found[name] = left[0], len(likely) > 1
            candidates.remove(left[0])
    return found


def _of_use(use: str | None, others: set[str | None], offered: list[Offer]) -> list[Offer]:
    """Return the offers of this use, or of a use that no other variable has; or else all."""
    if use is not None:
        return [one for one in offered if _use(one.path) == use] or offered
    return [one for one in offered if _use(one.path) not in others] or offered


def _scope(name: str) -> str:
    return name.rpartition("/")[0]


def _use(name: str) -> str | None:
    last = re.sub(r"[_\d]+$", "", name.rpartition("/")[2]).lower()
    return next((use for use, names in USES.items() if last in names), None)
