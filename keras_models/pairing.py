"""Which Keras variable is a TensorFlow 1 variable's: by a map, by names, by use, by order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import keras

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Match:
    """The Keras variable of a TensorFlow 1 variable: its place in `model.weights`."""

    index: int
    transposed: bool = False
    guessed: bool = False
    """Others of its shape would have done as well, and only the order told them apart."""


Pairing = Mapping[str, Match]
"""TensorFlow 1 variable -> its Keras variable."""


class Unmatched(Exception):
    """Variables that have no counterpart; says which."""


USES = {
    "kernel": ("kernel", "weights", "weight", "w", "embeddings", "embedding"),
    "bias": ("bias", "biases", "b"),
    "gamma": ("gamma", "scale"),
    "beta": ("beta", "offset"),
    "mean": ("moving_mean", "mean", "pop_mean"),
    "variance": ("moving_variance", "variance", "var", "pop_var"),
}
"""What a variable is for -> what people call it."""


def pair_up(
    shapes: Mapping[str, Shape], model: keras.Model, weight_map: Mapping[str, str] | None = None
) -> Pairing:
    """Pair TensorFlow 1's variables, name -> shape, with the model's weights.

    By `weight_map` (name -> path of the Keras variable) where it is given; otherwise by the names
    that people gave a layer on both sides, then by what a variable is for (kernel, bias, ...), then
    in order; always by shape. Raises Unmatched where one is left over.
    """
    weights = list(model.weights)
    if weight_map is not None:
        return _by_map(shapes, weights, weight_map)
    candidates = [i for i, weight in enumerate(weights) if weight.trainable]
    if len(candidates) < len(shapes):  # some layer may be frozen
        candidates = list(range(len(weights)))
    found = _take(shapes, model, candidates)
    left = [f"{name} {list(shapes[name])}" for name in shapes if name not in found]
    over = [f"{weights[i].path} {list(weights[i].shape)}" for i in candidates]
    if left or (over and all(weights[i].trainable for i in candidates)):
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
    candidates = [index for index, weight in enumerate(weights) if id(weight) in moving]
    beside = {_scope(name): _scope(weights[match.index].path) for name, match in pairing.items()}
    found = _take(shapes, model, candidates, beside)
    return found, [weights[index].path for index in candidates]


def _take(
    shapes: Mapping[str, Shape],
    model: keras.Model,
    candidates: list[int],
    beside: Mapping[str, str] | None = None,
) -> dict[str, Match]:
    """Give each name a place among `candidates`, which loses it; the surest names first.

    `beside`: scope in TensorFlow 1 -> scope in Keras, where that is known.
    """
    paths, by_hand = [weight.path for weight in model.weights], _named_by_hand(model)
    places = {
        name: [i for i in candidates if tuple(model.weights[i].shape) == shape]
        for name, shape in shapes.items()
    }

    def named(name: str, path: str) -> bool:
        scope, layer = _scope(name), _scope(path).rpartition("/")[2]
        if beside is not None and scope in beside:
            return beside[scope] == _scope(path)
        return layer in by_hand and scope.rpartition("/")[2] == layer

    found: dict[str, Match] = {}
    for name in shapes:
        for i in places[name]:
            if i in candidates and named(name, paths[i]) and _use(name) == _use(paths[i]):
                found[name] = Match(i)
                candidates.remove(i)
                break
    free = set(candidates)
    for name in shapes:
        if name in found:
            continue
        others = {_use(n) for n in shapes if n != name and shapes[n] == shapes[name]}
        fitting = [i for i in places[name] if i in free]
        likely = _of_use(_use(name), others, fitting, paths)
        left = [i for i in (*likely, *fitting) if i in candidates]
        if left:
            found[name] = Match(left[0], guessed=len(likely) > 1)
            candidates.remove(left[0])
    return {name: found[name] for name in shapes if name in found}


def _of_use(
    use: str | None, others: set[str | None], places: list[int], paths: list[str]
) -> list[int]:
    """Return the places of this use, or of a use that no other variable has; or else all."""
    if use is not None:
        return [i for i in places if _use(paths[i]) == use] or places
    return [i for i in places if _use(paths[i]) not in others] or places


def _scope(name: str) -> str:
    return name.rpartition("/")[0]


def _use(name: str) -> str | None:
    last = re.sub(r"[_\d]+$", "", name.rpartition("/")[2]).lower()
    return next((use for use, names in USES.items() if last in names), None)


def _named_by_hand(model: keras.Model) -> set[str]:
    """Names of layers that are not Keras' own, which count how many of a kind there were before."""
    return {
        layer.name
        for layer in model._flatten_layers()
        if re.sub(r"_\d+$", "", layer.name) != automatic_name(type(layer).__name__)
    }


def automatic_name(kind: str) -> str:
    """Return how Keras begins the names of a kind: MaxPooling2D -> max_pooling2d."""
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def carried_over(pairing: Pairing, old: keras.Model, new: keras.Model) -> Pairing:
    """Return the pairing of a variant of `old`, whose weights may stand in another order."""
    paths = [weight.path for weight in old.weights]
    places = {weight.path: index for index, weight in enumerate(new.weights)}
    if len(places) < len(new.weights) or not {paths[m.index] for m in pairing.values()} <= {
        *places
    }:
        return pairing  # names that do not tell them apart: in order
    return {name: replace(m, index=places[paths[m.index]]) for name, m in pairing.items()}


def at_path(weights: Sequence, path: str) -> list[int]:
    """Return the places of the weights whose path is `path` or ends in it."""
    return [i for i, w in enumerate(weights) if w.path == path or w.path.endswith(f"/{path}")]


def _by_map(shapes: Mapping[str, Shape], weights: list, weight_map: Mapping[str, str]) -> Pairing:
    if unknown := [name for name in weight_map if name not in shapes]:
        raise Unmatched(f"weight_map names {unknown[0]!r}; TensorFlow 1 has {', '.join(shapes)}")
    if missing := [name for name in shapes if name not in weight_map]:
        raise Unmatched(f"weight_map leaves out TensorFlow 1's {', '.join(missing)}")
    pairing = {}
    for name, path in weight_map.items():
        found = at_path(weights, path)
        if len(found) != 1:
            paths = ", ".join(weight.path for weight in weights)
            raise Unmatched(f"weight_map names {path!r} for {name}; Keras has {paths}")
        if tuple(weights[found[0]].shape) != shapes[name]:
            raise Unmatched(
                f"weight_map pairs {name} {list(shapes[name])} with {path} "
                f"{list(weights[found[0]].shape)}"
            )
        pairing[name] = Match(found[0])
    if len({match.index for match in pairing.values()}) < len(pairing):
        raise Unmatched("weight_map names one Keras variable twice")
    return {name: pairing[name] for name in shapes}
