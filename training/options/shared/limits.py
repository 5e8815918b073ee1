"""What an option's value may be, and what is said of a bad one."""

import re
from decimal import Decimal

from tf1_compat.hyperparameters import N_INPUT, N_OUTPUT, Hyperparameters
from training.errors import UserError

LARGEST_SEED = 2**31 - 2
"""TensorFlow takes seeds modulo 2^31 - 1, so a larger one would silently be another one."""

MOST = 2**31 - 1
"""Of epochs, rows and the like: what counts them may have 32 bits."""

LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127
SMALLEST_FLOAT32 = 2.0**-126
"""What both sides compute in: a larger number would be infinity there, a smaller one 0."""

MOST_PARAMETERS = 2**29
"""Two GiB of float32, and Adam's slots and the gradient take three times as much again, in every
lane. TensorFlow indexes the elements of some kernels with 32 bits."""


def check_device(request: str) -> None:
    """Raise UserError for what is no device's name."""
    if not re.fullmatch(r"auto|(cpu|gpu)(:\d+)?", request):
        raise UserError(f"--device {request}: expected auto, cpu, gpu or gpu:N.")


def check_count(option: str, value: int | None) -> None:
    """Raise UserError unless `value` is None or from 1 to MOST."""
    if value is not None and not 1 <= value <= MOST:
        wanted = "at least 1" if value < 1 else f"at most {MOST}"
        raise UserError(f"--{option} {shown(value)}: expected {wanted}.")


def check_number(option: str, value: float | None, *, positive: bool = False) -> None:
    """Raise UserError unless `value` is None or a float32 of at least 0, above where `positive`."""
    if value is None or SMALLEST_FLOAT32 <= value <= LARGEST_FLOAT32:
        return
    if value == 0 and not positive:
        return
    wanted = "a number above 0" if positive else "0 or a number above it"
    if value > 0:
        wanted += f", from {SMALLEST_FLOAT32:.2g} to {LARGEST_FLOAT32:.2g}"
    raise UserError(f"--{option} {value:g}: expected {wanted}.")


def shown(value: int) -> str:
    """Return a number as it is shown: 10**30 need not fill the screen."""
    return str(value) if abs(value) < 10**12 else f"{Decimal(value):.1e}"


def check_seed(seed: int, most: int = LARGEST_SEED) -> None:
    """Raise UserError unless `seed` is from 0 to `most`."""
    if not 0 <= seed <= most:
        raise UserError(f"--seed {shown(seed)}: expected 0 to {most}.")


def check_widths(hidden: tuple[int, ...]) -> None:
    """Raise UserError unless there is a hidden layer, each has a unit, and all fit in memory."""
    given = " ".join(map(shown, hidden))
    if not hidden or min(hidden) < 1:
        raise UserError(f"--hidden {given}: expected at least one number, each at least 1.")
    parameters = Hyperparameters(widths=(N_INPUT, *hidden, N_OUTPUT)).parameters
    if parameters > MOST_PARAMETERS:
        raise UserError(
            f"--hidden {given}: {shown(parameters)} parameters; expected at most "
            f"{MOST_PARAMETERS:,}."
        )
