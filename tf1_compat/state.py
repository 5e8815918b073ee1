"""What training has reached, as named arrays: what TensorFlow 1 and Keras exchange.

NumPy only. `tf1_compat/checkpoint` makes it from a checkpoint and back,
`keras_models/transfer` from a compiled Keras model and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


class StateError(ValueError):
    """A state that is damaged, incomplete, or does not fit where it is to go; says what and why."""


class Unreadable(StateError):
    """A file that is damaged, or holds what is never read: no option makes it readable."""


def check_finite(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise Unreadable that names the first of `arrays` in which a number is NaN or infinite."""
    for name, array in arrays.items():
        if array.dtype != object and (lost := array.size - int(np.isfinite(array).sum())):
            raise Unreadable(
                f"{name}: {lost:,} of {array.size:,} numbers are NaN or infinite; expected finite "
                "ones, as an earlier save may have."
            )


@dataclass(frozen=True)
class State:
    """Weights, optimizer slots and step of a model, by the names of its TensorFlow 1 variables."""

    weights: Mapping[str, np.ndarray]
    """Variable -> its value."""
    slots: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    """Slot (m, v, accum, ms, ...) -> variable -> value."""
    powers: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Adam's beta1_power and beta2_power: [] float32, beta^(step + 1) as a running product."""
    step: int | None = None
    """Updates made; None where nothing tells."""
    rule: str | None = None
    """Whose slots they are: Adam, Momentum, RMSProp, ...; None where there are none."""
    others: "tuple[State, ...]" = ()
    """What further optimizers have reached, each for weights of its own, which are not repeated."""


AVERAGE = "average"
"""The slot of a weight's moving average, `tf.train.ExponentialMovingAverage`'s or `use_ema`'s."""

POWERS = ("beta1_power", "beta2_power")
"""Adam's, by TensorFlow 1's names."""

SMALLEST_NORMAL = np.finfo(np.float32).tiny


def running_powers(beta: float) -> np.ndarray:
    """Return beta, beta^2, ... as TensorFlow 1 multiplies them, down to the last normal number.

    [T] float32: each is the one before times float32(beta), rounded. Raises StateError for a beta
    that is not between 0 and 1.
    """
    single = np.float32(beta)
    if not 0 < single < 1:
        raise StateError(f"beta is {beta}; expected a number between 0 and 1.")
    count = int(np.log(SMALLEST_NORMAL) / np.log(np.float64(single)) * 1.01) + 2
    powers = np.multiply.accumulate(np.full(count, single))
    return powers[powers >= SMALLEST_NORMAL]


def power_after(beta: float, step: int) -> np.ndarray:
    """Return the beta power, [] float32, that TensorFlow 1 holds after `step` updates.

    0 past the last normal number: TensorFlow's kernels flush what is smaller.
    """
    powers = running_powers(beta)
    return np.array(powers[step] if step < len(powers) else 0, np.float32)


def adam_step(beta2_power: np.ndarray, beta_2: float) -> tuple[int, bool]:
    """Return how many updates Adam has made, from its beta2_power, and whether that is certain.

    Once beta2_power is subnormal (after 87,293 updates at 0.999) nothing tells any more; then the
    answer is the first step of which that is so, and any larger one would train the same: the bias
    correction is 1. Raises StateError for a number that is no power of `beta_2`.
    """
    powers = running_powers(beta_2)
    if 0 <= beta2_power < SMALLEST_NORMAL:
        return len(powers), False
    step = int(np.abs(powers - beta2_power).argmin())
    # Neighbours are 1 - beta_2 apart: a fourth of that is nobody's rounding.
    if not abs(powers[step] / beta2_power - 1) <= (1 - beta_2) / 4:
        raise StateError(f"beta2_power is {beta2_power}, which is no power of {beta_2}.")
    return step, True


def arrays_of(state: State) -> dict[str, np.ndarray]:
    """Return every array of a state under a name that people read: "Variable", "m of Variable"."""
    named = dict(state.weights)
    for number, one in enumerate((state, *state.others)):
        for slot, of_slot in one.slots.items():
            named |= {f"{slot} of {weight}": array for weight, array in of_slot.items()}
        counted = dict(one.powers)
        if one.step is not None:
            counted["step"] = np.asarray(one.step)
        named |= {of_optimizer(name, number): array for name, array in counted.items()}
    return named


def of_optimizer(name: str, number: int) -> str:
    """Return how people read the name of a power or step, of the first optimizer or a later one."""
    return f"{name} of optimizer {number + 1}" if number else name
