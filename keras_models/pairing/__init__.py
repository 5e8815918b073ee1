"""Which Keras variables a TensorFlow 1 variable is: by a map, or else by names, use and order."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras

from keras_models.pairing import by_map, by_names
from keras_models.pairing.by_map import Unmatched, WeightMap
from keras_models.pairing.by_names import pair_held, pair_moving
from keras_models.pairing.cells import automatic_name, offers
from keras_models.pairing.match import Match, Pairing, Shape, View, carried_over, views, with_gates

__all__ = [
    "Match",
    "Pairing",
    "Shape",
    "Unmatched",
    "View",
    "WeightMap",
    "automatic_name",
    "carried_over",
    "offers",
    "pair_held",
    "pair_moving",
    "pair_up",
    "views",
    "with_gates",
]


def pair_up(
    shapes: Mapping[str, Shape],
    model: keras.Model,
    weight_map: WeightMap | None = None,
    gates: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Pairing:
    """Pair TensorFlow 1's variables, name -> shape, with the model's weights.

    By `weight_map` where it is given, else by `by_names.pair`; then `gates` are options of an
    LSTM's recipes, by variable, as the graph has them. Raises Unmatched where one is left over.
    """
    if weight_map is not None:
        weights = list(model.weights)
        return by_map.fitted(by_map.pair(weights, weight_map), weights, shapes)
    return with_gates(by_names.pair(shapes, model), gates)
