"""What an optimizer, or each part of a MultiOptimizer, holds: slots, averages, powers, the step."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras.optimizers import MultiOptimizer, Optimizer

from keras_models import translation
from keras_models.pairing import View
from tf1_compat.state import (
    AVERAGE,
    POWERS,
    SMALLEST_NORMAL,
    State,
    StateError,
    of_optimizer,
    power_after,
)

Paired = Mapping[str, View]
"""TensorFlow 1 variable -> its Keras variables, or the tf.Variables in their place."""
Move = tuple[str, Any, np.ndarray]
"""Name, variable, value."""


def moves(paired: Paired, optimizer: Optimizer, state: State) -> list[Move]:
    """Return (name, variable, value) of everything that the optimizer of `paired` holds.

    Raises StateError where `state` was trained by another.
    """
    parts, states = _parts(paired, optimizer), (state, *state.others)
    if len(parts) != len(states):
        raise StateError(
            f"the state is that of {len(states)} optimizers; the model has {len(parts)}."
        )
    found = [move for part, one in zip(parts, states, strict=True) for move in _moves(*part, one)]
    if isinstance(optimizer, MultiOptimizer) and state.step is not None:
        found.append(("step", optimizer.iterations, np.asarray(state.step)))
    return found


def paths(paired: Paired, optimizer: Optimizer) -> dict[str, str]:
    """Return array of a State, as `arrays_of` names it -> path of the variable that holds it."""
    found: dict[str, str] = {}
    for number, (trained, part) in enumerate(_parts(paired, optimizer)):
        for slot, of_slot in _slots(trained, part).items():
            found |= {f"{slot} of {name}": view.path for name, view in of_slot.items()}
        held = {"step": part.iterations.path}
        if hasattr(part, "beta1_power"):
            held |= {name: getattr(part, name).path for name in POWERS}
        found |= {of_optimizer(name, number): path for name, path in held.items()}
    return found


def reached(paired: Paired, optimizer: Optimizer) -> State:
    """Return the state of variables that `optimizer`, built, trains.

    Raises StateError for an optimizer that TensorFlow 1 does not have.
    """
    first, *others = (_reached(*part) for part in _parts(paired, optimizer))
    weights = {name: variable.numpy() for name, variable in paired.items()}
    return replace(first, weights=weights, others=tuple(others))


def _parts(paired: Paired, optimizer: Optimizer) -> list[tuple[Paired, Optimizer]]:
    """Return each part of an optimizer with what it trains, in the order of the variables."""
    parts = translation.parts(optimizer)
    if not isinstance(optimizer, MultiOptimizer):
        trained = {name: view for name, view in paired.items() if view.trainable}
        return [(trained, optimizer)]
    found = [
        ({name: view for name, view in paired.items() if _trains(part, view)}, part)
        for part in parts
    ]
    order = list(paired)
    return sorted(found, key=lambda one: order.index(next(iter(one[0]))))


def _trains(part: Optimizer, view: View) -> bool:
    known = part._trainable_variables_indices
    return view.trainable and all(part._var_key(one) in known for one in view.variables)


def _slots(trained: Paired, optimizer: Optimizer) -> dict[str, dict[str, View]]:
    """Return slot -> variable -> where `optimizer`, built, holds it."""
    found = translation.slots(optimizer)
    if isinstance(optimizer, keras.optimizers.SGD) and optimizer.momentum:
        found["accum"] = optimizer.momentums
    index = optimizer._get_variable_index

    def held(of: list[keras.Variable], view: View) -> list[keras.Variable]:
        return [of[index(variable)] for variable in view.variables]

    slots = {
        slot: {name: view.beside(held(of, view)) for name, view in trained.items()}
        for slot, of in found.items()
    }
    if optimizer.use_ema:
        averages = optimizer._model_variables_moving_average
        slots[AVERAGE] = {
            name: view.with_values_of(held(averages, view)) for name, view in trained.items()
        }
    return slots


def _factor(optimizer: Optimizer, slot: str) -> np.float32:
    """Return what a slot of Keras' is, divided by TensorFlow 1's.

    Its SGD keeps -learning_rate times TensorFlow 1's accum, so that one is rounded on its way.
    """
    scaled = isinstance(optimizer, keras.optimizers.SGD) and slot == "accum"
    return -np.float32(optimizer.learning_rate) if scaled else np.float32(1)


def _moves(trained: Paired, optimizer: Optimizer, state: State) -> Iterator[Move]:
    held = _slots(trained, optimizer)
    given = set(state.slots)
    if state.rule == "RMSProp" and "mom" not in held:
        given.discard("mom")  # momentum is 0: the slot is written at every step and never read
    rule = translation.rule(optimizer)
    if state.rule != (rule if held else None) or given != set(held):
        raise StateError(
            f"the state holds {_named(state.rule, state.slots)}; the model's "
            f"{type(optimizer).__name__} needs {_named(rule, held)}."
        )
    for slot, of_slot in held.items():
        factor = _factor(optimizer, slot)
        for name, variable in of_slot.items():
            if name not in state.slots[slot]:
                raise StateError(f"the state holds no {slot} of {name}, which the model trains.")
            yield f"{slot} of {name}", variable, state.slots[slot][name] * factor
    if hasattr(optimizer, "beta1_power"):
        for name in POWERS:
            yield name, getattr(optimizer, name), np.asarray(state.powers[name])
    if state.step is not None:
        yield "step", optimizer.iterations, np.asarray(state.step)
        if state.rule == "Adam":
            _check_betas(optimizer, state, state.step)


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


def _named(rule: str | None, names: Mapping[str, object]) -> str:
    return f"{rule}'s slots {', '.join(names)}" if names else "no slots"


def _reached(trained: Paired, optimizer: Optimizer) -> State:
    """Return what one optimizer holds, without the weights."""
    rule = translation.rule(optimizer)
    if rule is None or translation.translate(optimizer) is None:
        raise StateError(f"TensorFlow 1 has no {type(optimizer).__name__} such as the model's.")
    step = int(optimizer.iterations.numpy())
    named = {
        slot: {
            name: variable.numpy() / _factor(optimizer, slot) for name, variable in of_slot.items()
        }
        for slot, of_slot in _slots(trained, optimizer).items()
    }
    if rule == "RMSProp" and "mom" not in named:
        named["mom"] = {name: np.zeros_like(array) for name, array in named["ms"].items()}
    powers = {}
    if hasattr(optimizer, "beta1_power"):
        powers = {name: getattr(optimizer, name).numpy() for name in POWERS}
    elif rule == "Adam":
        betas = (optimizer.beta_1, optimizer.beta_2)
        powers = {name: power_after(beta, step) for name, beta in zip(POWERS, betas, strict=True)}
    return State({}, named, powers, step, rule if named else None)
