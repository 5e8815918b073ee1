"""What a model offers for a TensorFlow 1 variable: its weights, those of recurrent cells together.

`BasicLSTMCell`, `LSTMCell`, `GRUCell` and `BasicRNNCell` have one kernel for inputs and state; the
cells in `keras.layers.LSTM`, `GRU`, `SimpleRNN`, `RNN` and `Bidirectional` have two.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_models.pairing.match import Match, Shape
from keras_models.pairing.recipes import Recipe

CELLS: dict[type[keras.layers.Layer], tuple[str, ...]] = {
    keras.layers.LSTMCell: ("lstm",),
    keras.layers.GRUCell: ("gru_gates", "gru_candidate"),
    keras.layers.SimpleRNNCell: ("concat",),
}
"""Keras' cell -> the recipes of TensorFlow 1's variables, for kernels and for biases."""


@dataclass(frozen=True)
class Offer:
    """What a TensorFlow 1 variable may be: its recipe, its shape, what it is called in Keras."""

    recipe: Recipe
    shape: Shape
    path: str

    @property
    def places(self) -> tuple[int, ...]:
        """The Keras variables, by their places in `model.weights`."""
        return Match(self.recipe).places

    def trained(self, weights: Sequence[Any]) -> bool:
        """Whether all of `model.weights` that it is made of are trained."""
        return all(weights[place].trainable for place in self.places)


def offers(model: keras.Model, shapes: Iterable[Shape]) -> list[Offer]:
    """Return what a model offers for variables of these shapes, in the order of its weights.

    A cell is offered as TensorFlow 1's where variables in the shapes of its own arrays are missing.
    """
    places = {id(weight): place for place, weight in enumerate(model.weights)}
    found = {
        place: [Offer(place, tuple(weight.shape), weight.path)]
        for place, weight in enumerate(model.weights)
    }
    left = Counter(shapes)
    for cell in model._flatten_layers():
        parts = [places[id(weight)] for weight in cell.weights]
        together = list(_of_cell(cell, parts, model.weights))
        own = Counter(tuple(weight.shape) for weight in cell.weights)
        if together and own <= left:
            left -= own
        elif together:
            found |= {place: [] for place in parts} | {min(parts): together}
    return [offer for of_place in found.values() for offer in of_place]


def _of_cell(cell: Any, parts: list[int], weights: Sequence[Any]) -> Iterator[Offer]:
    """Yield TensorFlow 1's variables of a cell whose arrays are at these places; none of others.

    Keras' default GRU, with `reset_after`, is another cell than TensorFlow 1's: its bias is two.
    """
    recipes = next((names for kind, names in CELLS.items() if isinstance(cell, kind)), ())
    if getattr(cell, "reset_after", False):
        return
    scope = weights[parts[0]].path.rpartition("/")[0] if parts else ""
    if not named_by_hand(cell):  # the LSTM layer that it is in may be
        scope = scope.rpartition("/")[0]
    for name, made_of in (("kernel", parts[:2]), ("bias", parts[2:])):
        for recipe in recipes if made_of else ():
            match = Match({recipe: made_of})
            yield Offer(match.recipe, match.shape(weights), f"{scope}/{name}")


def named_by_hand(layer: keras.layers.Layer) -> bool:
    """Whether its name is not Keras' own, which counts how many of a kind there were before."""
    return re.sub(r"_\d+$", "", layer.name) != automatic_name(type(layer).__name__)


def automatic_name(kind: str) -> str:
    """Return how Keras begins the names of a kind: MaxPooling2D -> max_pooling2d."""
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()
