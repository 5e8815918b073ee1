"""Pairing by a weight_map: TensorFlow 1 variable -> path of the Keras variable, or a recipe."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from keras_models.pairing import recipes
from keras_models.pairing.match import Match, Pairing, Shape, View
from keras_models.pairing.recipes import BadRecipe, Recipe

WeightMap = Mapping[str, Recipe]
"""As people write it: the leaves of recipes are paths."""


class Unmatched(Exception):
    """Variables that have no counterpart; says which."""


def pair(weights: Sequence[Any], weight_map: WeightMap) -> Pairing:
    """Return the pairing that a map says; raises Unmatched.

    Each number of a Keras variable that it names belongs to one TensorFlow 1 variable.
    """
    pairing = {}
    for name, source in weight_map.items():
        try:
            pairing[name] = Match(recipes.with_leaves(source, lambda path: _place(path, weights)))
            pairing[name].shape(weights)
        except BadRecipe as error:
            raise Unmatched(f"weight_map's {name}, {recipes.shown(source)}: {error}") from error
        except LookupError as error:
            there = ", ".join(weight.path for weight in weights)
            raise Unmatched(f"weight_map names {error} for {name}; Keras has {there}") from error
    _check_each_number_once(pairing, weights)
    return pairing


def written(pairing: Pairing, weights: Sequence[Any]) -> WeightMap:
    """Return the map that says a pairing."""
    path = lambda place: weights[place].path  # noqa: E731
    return {name: recipes.with_leaves(match.recipe, path) for name, match in pairing.items()}


def _place(path: Any, weights: Sequence[Any]) -> int:
    """Return the place of the one weight whose path is `path`, or else ends in it; LookupError."""
    exact = [i for i, weight in enumerate(weights) if weight.path == path]
    found = exact or [i for i, weight in enumerate(weights) if weight.path.endswith(f"/{path}")]
    if len(found) != 1:
        raise LookupError(repr(path))
    return found[0]


def _check_each_number_once(pairing: Pairing, weights: Sequence[Any]) -> None:
    matches = list(pairing.values())
    whole = [match.recipe for match in matches if isinstance(match.recipe, int)]
    parts = [match for match in matches if not isinstance(match.recipe, int)]
    shapes = {place: tuple(weights[place].shape) for match in parts for place in match.places}
    twice = [place for place, count in Counter([*whole, *shapes]).items() if count > 1]
    numbers, count = _numbered(shapes)
    for match in parts:
        seen = View.of(match, weights).beside(()).seen([numbers[place] for place in match.places])
        np.add.at(count, seen.ravel(), 1)
    twice += [place for place, own in numbers.items() if (count[own] > 1).any()]
    if twice:
        raise Unmatched(f"weight_map names one Keras variable twice, {weights[twice[0]].path}")
    for place, own in numbers.items():
        if left := int((count[own] == 0).sum()):
            raise Unmatched(
                f"weight_map leaves out {left:,} of the {own.size:,} numbers of "
                f"{weights[place].path}; expected recipes that use each of them"
            )


def _numbered(shapes: Mapping[int, Shape]) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """Return arrays of these shapes in which every number is another, from 0, and a 0 for each."""
    numbers, total = {}, 0
    for place, shape in shapes.items():
        size = int(np.prod(shape))
        numbers[place] = total + np.arange(size).reshape(shape)
        total += size
    return numbers, np.zeros(total, np.int64)


def shaped(match: Match, weights: Sequence[Any], shape: Shape) -> Match | None:
    """Return the match in a shape that differs in axes of size 1 at most; None: in others."""
    found = match.shape(weights)
    if found == shape:
        return match
    if without_ones(found) != without_ones(shape):
        return None
    return replace(match, recipe={"reshape": [match.recipe], "shape": list(shape)})


def without_ones(shape: Shape) -> Shape:
    """Return a shape without its axes of size 1."""
    return tuple(size for size in shape if size != 1)


def fitted(pairing: Pairing, weights: Sequence[Any], shapes: Mapping[str, Shape]) -> Pairing:
    """Return a map's pairing for variables of these shapes, in their order; raises Unmatched.

    Where only axes of size 1 differ, as in biases of [1, n], it is reshaped.
    """
    if unknown := [name for name in pairing if name not in shapes]:
        raise Unmatched(f"weight_map names {unknown[0]!r}; TensorFlow 1 has {', '.join(shapes)}")
    if missing := [name for name in shapes if name not in pairing]:
        raise Unmatched(f"weight_map leaves out TensorFlow 1's {', '.join(missing)}")
    found = {name: shaped(pairing[name], weights, shape) for name, shape in shapes.items()}
    for name, match in found.items():
        if match is None:
            theirs = list(pairing[name].shape(weights))
            raise Unmatched(
                f"weight_map pairs {name} {list(shapes[name])} with "
                f"{pairing[name].paths(weights)} {theirs}"
            )
    return {name: match for name, match in found.items() if match is not None}
