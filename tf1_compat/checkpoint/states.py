"""The state that lies in the arrays of a checkpoint, and back."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import tensorflow as tf

from tf1_compat.checkpoint import partitions
from tf1_compat.checkpoint.layouts import Layout
from tf1_compat.state import State, StateError, adam_step


def to_state(arrays: Mapping[str, np.ndarray], where: Layout, beta_2: float = 0.999) -> State:
    """Return the state that lies in `arrays` at `where`.

    Adam's step is recovered from beta2_power, given `beta_2`, and from global_step where that has
    become subnormal. Raises StateError where something is missing or of another kind, or the two
    contradict.
    """
    arrays = by_variable(arrays, where)
    if missing := [name for name in where.names() if name not in arrays]:
        raise StateError(f"missing: {', '.join(missing)}.")
    _check_kinds(arrays, where)
    for twin, own in where.twins.items():
        if arrays[twin] != arrays[own]:
            raise StateError(
                f"{twin} is {arrays[twin]}, and {own} is {arrays[own]}; expected the same, of "
                "optimizers with the same numbers, which are one in Keras."
            )
    powers = {power: arrays[name] for power, name in where.powers.items()}
    step = int(arrays[where.global_step]) if where.global_step else None
    if "beta2_power" in powers:
        counted, certain = adam_step(powers["beta2_power"], beta_2)
        if certain and step not in (None, counted):
            raise StateError(
                f"{where.global_step} is {step}, but by beta2_power Adam has made {counted} "
                "updates."
            )
        step = counted if step is None else step
    others = (to_state(arrays, one, beta_2) for one in where.others)
    return State(
        weights={name: arrays[name] for name in where.weights},
        slots={
            slot: {weight: arrays[name] for weight, name in of_slot.items()}
            for slot, of_slot in where.slots.items()
        },
        powers=powers,
        step=step,
        rule=where.rule,
        others=tuple(replace(one, step=step if one.step is None else one.step) for one in others),
    )


def by_variable(arrays: Mapping[str, np.ndarray], where: Layout) -> dict[str, np.ndarray]:
    """Return the arrays of a checkpoint under the names of the graph's variables."""
    variables = {name: variable for variable, name in where.saved_as.items()}
    named = {variables.get(name, name): array for name, array in arrays.items()}
    return partitions.split(named, where.parts)


def _check_kinds(arrays: Mapping[str, np.ndarray], where: Layout) -> None:
    """Raise StateError unless weights, slots and powers are floating point, and the step whole."""
    for name in where.names():
        found, shape = tf.as_dtype(arrays[name].dtype), list(arrays[name].shape)
        if name == where.global_step:
            expected, fits = "one whole number", found.is_integer and not shape
        elif name in {*where.powers.values(), *where.twins}:
            expected, fits = "one floating point number", found.is_floating and not shape
        else:
            expected, fits = "floating point numbers", found.is_floating
        if not fits:
            raise StateError(f"{name} is {found.name} {shape}; expected {expected}.")


def to_arrays(state: State, where: Layout) -> dict[str, np.ndarray]:
    """Return what a checkpoint of `state` holds: the inverse of `to_state`, bit for bit.

    What is float64 in the graph is widened again.

    Raises StateError where the layout names something that the state has not.
    """
    arrays = dict(state.weights)
    try:
        for slot, of_slot in where.slots.items():
            arrays |= {name: state.slots[slot][weight] for weight, name in of_slot.items()}
        arrays |= {name: state.powers[power] for power, name in where.powers.items()}
    except KeyError as error:
        raise StateError(f"there is nothing for {error.args[0]} of {where.rule}.") from error
    for one, layout in zip(state.others, where.others, strict=True):
        arrays |= to_arrays(one, layout)
    arrays |= {twin: arrays[own] for twin, own in where.twins.items()}
    if where.global_step:
        arrays[where.global_step] = np.asarray(state.step or 0, where.step_dtype)
    arrays = {name: np.asarray(array, where.dtypes.get(name)) for name, array in arrays.items()}
    arrays = partitions.join(arrays, where.parts)
    return {where.saved_as.get(name, name): array for name, array in arrays.items()}
