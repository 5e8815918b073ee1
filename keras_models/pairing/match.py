"""The Keras variables that a TensorFlow 1 variable is made of, seen as that one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_models.pairing import recipes
from keras_models.pairing.recipes import Order, Recipe

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Match:
    """What a TensorFlow 1 variable is in Keras: a recipe of places in `model.weights`."""

    recipe: Recipe
    guessed: bool = False
    """Others of its shape would have done as well, and only the order told them apart."""

    @property
    def places(self) -> tuple[int, ...]:
        """The Keras variables, each once."""
        return tuple(dict.fromkeys(recipes.leaves(self.recipe)))

    def paths(self, weights: Sequence[Any]) -> str:
        """Return the paths of the Keras variables, for people."""
        return ", ".join(weights[place].path for place in self.places)

    def shape(self, weights: Sequence[Any]) -> Shape:
        """Return TensorFlow 1's shape; raises BadRecipe where the recipe does not suit."""
        return View.of(self, weights).shape

    def moved(self, places: Mapping[int, int]) -> "Match":
        """Return it for weights in another order, old place -> new place."""
        return replace(self, recipe=recipes.with_leaves(self.recipe, lambda old: places[old]))

    def transposed(self) -> "Match":
        """Return it the other way round."""
        return replace(self, recipe={"transpose": [self.recipe]})


Pairing = Mapping[str, Match]
"""TensorFlow 1 variable -> its Keras variables."""


class View:
    """Keras variables, or tf.Variables in their place, as the TensorFlow 1 variable made of them.

    `order` is None where that is one variable as it is.
    """

    def __init__(self, variables: Sequence[Any], order: Order | None = None) -> None:
        self.variables, self._order = list(variables), order

    @classmethod
    def of(cls, match: Match, weights: Sequence[Any]) -> "View":
        """Return the view of a match; raises BadRecipe where the recipe does not suit."""
        variables = {place: weights[place] for place in match.places}
        if isinstance(match.recipe, int):
            return cls(list(variables.values()))
        shapes = {place: tuple(variable.shape) for place, variable in variables.items()}
        return cls(list(variables.values()), recipes.order(match.recipe, shapes))

    @property
    def path(self) -> str:
        """The paths of the variables."""
        return ", ".join(variable.path for variable in self.variables)

    @property
    def shape(self) -> Shape:
        """TensorFlow 1's."""
        return tuple((self._order.positions if self._order else self.variables[0]).shape)

    @property
    def trainable(self) -> bool:
        """Whether the variables are trained."""
        return all(variable.trainable for variable in self.variables)

    def numpy(self) -> np.ndarray:
        """Return a copy of the value as TensorFlow 1 has it."""
        return self.seen([variable.numpy() for variable in self.variables])

    def seen(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Return arrays in the variables' shapes as TensorFlow 1's one."""
        return self._order.to_tf1(arrays) if self._order else arrays[0]

    def assign(self, value: np.ndarray) -> None:
        """Set the variables to TensorFlow 1's value; numbers of other views in them stay."""
        if self._order is None:
            self.variables[0].assign(value)
            return
        arrays = self._order.to_keras(value, [variable.numpy() for variable in self.variables])
        for variable, array in zip(self.variables, arrays, strict=True):
            variable.assign(array)

    def with_values_of(self, variables: Sequence[Any]) -> "View":
        """Return averages or the like, one of each variable, as that of TensorFlow 1's variable."""
        return View(variables, self._order)

    def beside(self, variables: Sequence[Any]) -> "View":
        """Return slots or the like, one of each variable, as that of TensorFlow 1's variable."""
        return View(variables, self._order and self._order.of_changes())


def views(pairing: Pairing, model: keras.Model) -> dict[str, View]:
    """Return TensorFlow 1 variable -> its view; raises BadRecipe where a recipe does not suit."""
    weights = list(model.weights)
    return {name: View.of(match, weights) for name, match in pairing.items()}


def with_gates(pairing: Pairing, gates: Mapping[str, Mapping[str, Any]]) -> Pairing:
    """Return it with options of an LSTM's recipe, by variable."""
    return {
        name: replace(match, recipe=recipes.with_options(match.recipe, "lstm", gates.get(name, {})))
        for name, match in pairing.items()
    }


def carried_over(pairing: Pairing, old: keras.Model, new: keras.Model) -> Pairing:
    """Return the pairing of a variant of `old`, whose weights may stand in another order."""
    paths = [weight.path for weight in old.weights]
    places = {weight.path: index for index, weight in enumerate(new.weights)}
    used = {place for match in pairing.values() for place in match.places}
    if len(places) < len(new.weights) or not {paths[place] for place in used} <= {*places}:
        return pairing  # names that do not tell them apart: in order
    moved = {place: places[paths[place]] for place in used}
    return {name: match.moved(moved) for name, match in pairing.items()}
