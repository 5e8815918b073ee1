"""What an optimizer holds of a model's variables, in TensorFlow 1's terms: slots, powers, step."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras.optimizers import MultiOptimizer, Optimizer

from keras_models import translation
from keras_models.pairing import View
from tf1_compat.state import POWERS, SMALLEST_NORMAL, State, StateError, power_after

Paired = Mapping[str, View]
"""TensorFlow 1 variable -> its Keras variables, or the tf.Variables in their place."""


def parts(paired: Paired, optimizer: Optimizer) -> Iterator[tuple[Paired, Optimizer]]:
    """Yield each optimizer of a MultiOptimizer, built, with what it trains; of another, itself."""
    if not isinstance(optimizer, MultiOptimizer):
        yield paired, optimizer
        return
    for part in translation.parts(optimizer):
        trained = {id(variable) for variable in part._trainable_variables}
        its = {
            name: view
            for name, view in paired.items()
            if {id(variable) for variable in view.variables} <= trained
        }
        yield its, part


def slots(paired: Paired, optimizer: Optimizer) -> dict[str, dict[str, View]]:
    """Return slot -> trained variable of `paired` -> where `optimizer`, built, holds it."""
    if isinstance(optimizer, MultiOptimizer):
        merged: dict[str, dict[str, View]] = {}
        for its, part in parts(paired, optimizer):
            for slot, of_slot in slots(its, part).items():
                merged.setdefault(slot, {}).update(of_slot)
        return merged
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


def averages(paired: Paired, optimizer: Optimizer) -> dict[str, View]:
    """Return trained variable of `paired` -> where `optimizer`, built, averages it, if it does."""
    if not optimizer.use_ema:
        return {}
    held, index = optimizer._model_variables_moving_average, optimizer._get_variable_index
    return {
        name: view.beside([held[index(variable)] for variable in view.variables])
        for name, view in paired.items()
        if view.trainable
    }


def _factor(optimizer: Optimizer) -> np.float32:
    """Return what Keras' slots are, divided by TensorFlow 1's.

    Its SGD keeps -learning_rate times TensorFlow 1's accum, so that one is rounded on its way.
    """
    sgd = isinstance(optimizer, keras.optimizers.SGD)
    return -np.float32(optimizer.learning_rate) if sgd else np.float32(1)


def optimizer_moves(
    paired: Paired, optimizer: Optimizer, state: State
) -> list[tuple[str, Any, np.ndarray]]:
    """Return (name, variable, value) of everything that the optimizer of `paired` holds.

    Raises StateError where `state` was trained by another.
    """
    if isinstance(optimizer, MultiOptimizer):
        moves = (
            [] if state.step is None else [("step", optimizer.iterations, np.asarray(state.step))]
        )
        for its, part in parts(paired, optimizer):
            moves += optimizer_moves(its, part, _of(state, its, part))
        return moves
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
    averaged = averages(paired, optimizer)
    moves += [
        (f"average of {name}", averaged[name], array) for name, array in state.averages.items()
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


def _of(state: State, names: Collection[str], part: Optimizer) -> State:
    """Return what `part` of a MultiOptimizer, which trains the variables `names`, holds of it."""
    slots = {
        slot: {name: array for name, array in of_slot.items() if name in names}
        for slot, of_slot in state.slots.items()
    }
    slots = {slot: of_slot for slot, of_slot in slots.items() if of_slot}
    weights = {name: array for name, array in state.weights.items() if name in names}
    rule = translation.rule(part) if slots else None
    return State(weights, slots, state.powers, state.step, rule)


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


def reached(paired: Paired, optimizer: Optimizer) -> State:
    """Return the state of variables that `optimizer`, built, trains; raises as `to_state` does."""
    if isinstance(optimizer, MultiOptimizer):
        return _together(paired, [reached(*part) for part in parts(paired, optimizer)])
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
    averaged = {name: one.numpy() for name, one in averages(paired, optimizer).items()}
    return State(weights, named, powers, step, rule if named else None, averaged)


def _together(paired: Paired, states: Sequence[State]) -> State:
    """Return what several optimizers have reached as one state."""
    slots: dict[str, dict[str, np.ndarray]] = {}
    for state in states:
        for slot, of_slot in state.slots.items():
            slots.setdefault(slot, {}).update(of_slot)
    powers = next((state.powers for state in states if state.powers), {})
    rules = sorted({state.rule for state in states if state.rule})
    weights = {name: variable.numpy() for name, variable in paired.items()}
    return State(weights, slots, powers, states[0].step, " and ".join(rules) or None)


def _slots(rule: str | None, names: Mapping[str, object]) -> str:
    return f"{rule}'s slots {', '.join(names)}" if names else "no slots"
