"""A whole model: which of its variables is which, and what they and its optimizer hold.

`weight_map` is TensorFlow 1 variable -> path of the Keras variable, or a recipe of several; without
one they are paired in order, by shape. Nothing is left out in silence: what has no counterpart is a
StateError.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import keras
from keras.optimizers import Optimizer

from keras_models.pairing import (
    Pairing,
    Shape,
    Unmatched,
    View,
    WeightMap,
    by_map,
    pair_moving,
    pair_up,
    views,
)
from keras_models.transfer import optimizers
from tf1_compat.state import State, StateError


def load_state(
    model: keras.Model,
    state: State,
    weight_map: WeightMap | None = None,
    *,
    weights_only: bool = False,
) -> None:
    """Set `model`'s weights, slots and step to `state`.

    `weights_only` leaves the optimizer as it is. Everything is checked before anything is set.
    Raises StateError for what is left over on either side and for shapes that do not fit.
    """
    paired = counterparts(model, {name: a.shape for name, a in state.weights.items()}, weight_map)
    moves = [(name, paired[name], state.weights[name]) for name in state.weights]
    if not weights_only:
        moves += optimizers.moves(paired, _built_optimizer(model), state)
    for name, variable, array in moves:
        if tuple(variable.shape) != array.shape:
            raise StateError(
                f"{name} is {list(array.shape)}, but {variable.path} {list(variable.shape)}."
            )
    for _, variable, array in moves:
        variable.assign(array)


def paths(model: keras.Model, weight_map: WeightMap) -> dict[str, str]:
    """Return array of a State, as `arrays_of` names it -> paths of the variables that hold it."""
    paired = _mapped(model, weight_map)
    found = {name: view.path for name, view in paired.items()}
    return found | optimizers.paths(paired, _built_optimizer(model))


def to_state(
    model: keras.Model, weight_map: WeightMap | None = None, *, weights_only: bool = False
) -> State:
    """Return copies of `model`'s weights, slots and step by TensorFlow 1's names.

    Without `weight_map` the names are the Keras paths. Adam's powers are its own where it keeps
    them (`TF1Adam`), and else the running products that TensorFlow 1 would have after as many
    updates. Raises StateError for an optimizer that TensorFlow 1 does not have.
    """
    paired = _mapped(model, weight_map or {one.path: one.path for one in _weights(model)})
    if weights_only:
        return State({name: variable.numpy() for name, variable in paired.items()})
    return optimizers.reached(paired, _built_optimizer(model))


def _built_optimizer(model: keras.Model) -> Optimizer:
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise StateError("the model is not compiled: it has no optimizer.")
    model.optimizer.build(model.trainable_variables)
    return model.optimizer


def _weights(model: keras.Model) -> list[keras.Variable]:
    """Return the model's variables but for the states of random generators."""
    return [weight for weight in model.weights if weight.name != "seed_generator_state"]


def counterparts(
    model: keras.Model, shapes: Mapping[str, Shape], weight_map: WeightMap | None = None
) -> dict[str, View]:
    """Return TensorFlow 1 variable -> its Keras variables, as `pair_up` finds them.

    Raises StateError where anything is left over on either side.
    """
    with _refusal():
        return _views(model, pair_up(shapes, model, weight_map))


def whole_map(
    model: keras.Model,
    shapes: Mapping[str, Shape],
    weight_map: WeightMap | None,
    gates: Mapping[str, Mapping[str, Any]],
    moving: Mapping[str, Shape],
) -> WeightMap:
    """Return what `pair_up` and `pair_moving` find as a map that says every shape.

    Raises StateError.
    """
    with _refusal():
        trained, said = weight_map, dict[str, Any]()
        if weight_map is not None:
            said = {name: at for name, at in weight_map.items() if name in moving}
            trained = {name: at for name, at in weight_map.items() if name not in moving}
        pairing = {**pair_up(shapes, model, trained, gates)}
        if said:
            weights = list(model.weights)
            pairing |= by_map.fitted(by_map.pair(weights, said), weights, moving)
        unsaid = {name: shape for name, shape in moving.items() if name not in said}
        pairing |= pair_moving(unsaid, model, pairing)[0]
    _views(model, pairing)
    return by_map.written(pairing, list(model.weights))


def _mapped(model: keras.Model, weight_map: WeightMap) -> dict[str, View]:
    """Return the same where nothing but the map tells the shapes."""
    with _refusal():
        return _views(model, by_map.pair(list(model.weights), weight_map))


@contextlib.contextmanager
def _refusal() -> Iterator[None]:
    try:
        yield
    except Unmatched as unmatched:
        raise StateError(f"{unmatched}.") from unmatched


def _views(model: keras.Model, pairing: Pairing) -> dict[str, View]:
    """Return what is paired; raises StateError where a Keras variable is not."""
    paired = views(pairing, model)
    used = {id(variable) for view in paired.values() for variable in view.variables}
    if over := [weight.path for weight in _weights(model) if id(weight) not in used]:
        raise StateError(f"nothing for the model's {', '.join(over)}.")
    return paired
