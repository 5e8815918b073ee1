"""Weights, optimizer slots and step of a compiled Keras model, in TensorFlow 1's terms and back.

    state = transfer.to_state(model, weight_map)
    transfer.load_state(model, state, weight_map)

`weight_map` is TensorFlow 1 variable -> path of the Keras variable, or a recipe of several; without
one they are paired in order, by shape. Nothing is left out in silence: what has no counterpart is a
StateError.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras.optimizers import Optimizer

from keras_models import translation
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
from tf1_compat.state import POWERS, SMALLEST_NORMAL, State, StateError, power_after

Paired = Mapping[str, View]
"""TensorFlow 1 variable -> its Keras variables, or the tf.Variables in their place."""


def slots(paired: Paired, optimizer: Optimizer) -> dict[str, dict[str, View]]:
    """Return slot -> trained variable of `paired` -> where `optimizer`, built, holds it."""
    found = translation.slots(optimizer)
    if isinstance(optimizer, keras.optimizers.SGD) and optimizer.momentum:
        found["accum"] = optimizer.momentums
    index = optimizer._get_variable_index
    return {
        slot: {
            name: view.beside([of[index(variable)] for variable in view.variables])
            for name, view in paired.items()
            if view.trainable
        }
        for slot, of in found.items()
    }


def _factor(optimizer: Optimizer) -> np.float32:
    """Return what Keras' slots are, divided by TensorFlow 1's.

    Its SGD keeps -learning_rate times TensorFlow 1's accum, so that one is rounded on its way.
    """
    sgd = isinstance(optimizer, keras.optimizers.SGD)
    return -np.float32(optimizer.learning_rate) if sgd else np.float32(1)


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
        moves += optimizer_moves(paired, _built_optimizer(model), state)
    for name, variable, array in moves:
        if tuple(variable.shape) != array.shape:
            raise StateError(
                f"{name} is {list(array.shape)}, but {variable.path} {list(variable.shape)}."
            )
    for _, variable, array in moves:
        variable.assign(array)


def optimizer_moves(
    paired: Paired, optimizer: Optimizer, state: State
) -> list[tuple[str, Any, np.ndarray]]:
    """Return (name, variable, value) of everything that the optimizer of `paired` holds.

    Raises StateError where `state` was trained by another.
    """
    held, factor = slots(paired, optimizer), _factor(optimizer)
    given = set(state.slots)
    if state.rule == "RMSProp" and "mom" not in held:
        given.discard("mom")  # momentum is 0: the slot is written at every step and never read
    rule = translation.rule(optimizer)
    if state.rule != (rule if held else None) or given != set(held):
        raise StateError(
            f"the state holds {_slots(state.rule, state.slots)}; the model's "
            f"{type(optimizer).__name__} needs {_slots(rule, held)}."
        )
    moves = [
        (f"{slot} of {name}", variable, state.slots[slot][name] * factor)
        for slot, of_slot in held.items()
        for name, variable in of_slot.items()
    ]
    if hasattr(optimizer, "beta1_power"):
        moves += [
            (name, getattr(optimizer, name), np.asarray(state.powers[name])) for name in POWERS
        ]
    if state.step is not None:
        moves.append(("step", optimizer.iterations, np.asarray(state.step)))
        if state.rule == "Adam":
            _check_betas(optimizer, state, state.step)
    return moves


def _check_betas(optimizer: Optimizer, state: State, step: int) -> None:
    """Raise StateError unless the powers are those of the optimizer's betas after `step` updates.

    Neighbouring powers are 1 - beta apart: a fourth of that is nobody's rounding.
    """
    for name, beta in zip(POWERS, (optimizer.beta_1, optimizer.beta_2), strict=True):
        found, expected = state.powers[name], power_after(beta, step)
        if found < SMALLEST_NORMAL and expected < SMALLEST_NORMAL:
            continue
        if not abs(found - expected) <= (1 - beta) / 4 * expected:
            raise StateError(
                f"{name} is {found:.3g}, but {expected:.3g} after {step} updates with the model's "
                f"{float(beta):g}: it was trained with another beta."
            )


def paths(model: keras.Model, weight_map: WeightMap) -> dict[str, str]:
    """Return array of a State, as `arrays_of` names it -> paths of the variables that hold it."""
    paired = _mapped(model, weight_map)
    found = {name: view.path for name, view in paired.items()}
    optimizer = _built_optimizer(model)
    for slot, of_slot in slots(paired, optimizer).items():
        found |= {f"{slot} of {name}": view.path for name, view in of_slot.items()}
    if hasattr(optimizer, "beta1_power"):
        found |= {name: getattr(optimizer, name).path for name in POWERS}
    return found | {"step": optimizer.iterations.path}


def _slots(rule: str | None, names: Mapping[str, object]) -> str:
    return f"{rule}'s slots {', '.join(names)}" if names else "no slots"


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
    return reached(paired, _built_optimizer(model))


def reached(paired: Paired, optimizer: Optimizer) -> State:
    """Return the state of variables that `optimizer`, built, trains; raises as `to_state` does."""
    rule, factor = translation.rule(optimizer), _factor(optimizer)
    if rule is None or translation.translate(optimizer) is None:
        raise StateError(f"TensorFlow 1 has no {type(optimizer).__name__} such as the model's.")
    step = int(optimizer.iterations.numpy())
    named = {
        slot: {name: variable.numpy() / factor for name, variable in of_slot.items()}
        for slot, of_slot in slots(paired, optimizer).items()
    }
    if rule == "RMSProp" and "mom" not in named:
        named["mom"] = {name: np.zeros_like(array) for name, array in named["ms"].items()}
    powers = {}
    if hasattr(optimizer, "beta1_power"):
        powers = {name: getattr(optimizer, name).numpy() for name in POWERS}
    elif rule == "Adam":
        betas = (optimizer.beta_1, optimizer.beta_2)
        powers = {name: power_after(beta, step) for name, beta in zip(POWERS, betas, strict=True)}
    weights = {name: variable.numpy() for name, variable in paired.items()}
    return State(weights, named, powers, step, rule if named else None)


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
        pairing = pair_up(shapes, model, weight_map, gates)
    pairing = {**pairing, **pair_moving(moving, model, pairing)[0]}
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
