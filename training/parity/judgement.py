"""How far a lane is from the reference: losses epoch by epoch, weights at the end."""

from dataclasses import dataclass

import numpy as np

from training.parity.bits import Weights, same_bits
from training.parity.distance import relative_distance, ulp_distance
from training.parity.ladder import Rung
from training.parity.tolerances import FIRST_EPOCHS, TOLERANCES


@dataclass(frozen=True)
class Parity:
    """A lane against the reference: largest distances of any epoch's loss, and the end result."""

    max_ulp: int
    max_rel: float
    first_difference: int | None
    """The first epoch whose losses differ in any bit."""
    weights_identical: bool
    """All final weights are equal in every bit."""

    @property
    def identical(self) -> bool:
        """Nothing differs in any bit."""
        return self.first_difference is None and self.weights_identical


def compare(
    losses: np.ndarray, weights: Weights, reference_losses: np.ndarray, reference_weights: Weights
) -> Parity:
    """Return the parity of one lane with the reference.

    Losses are [epochs]; those of a float64 and a float32 lane are compared as float32.
    """
    same_dtype = losses.dtype == reference_losses.dtype
    dtype = losses.dtype if same_dtype else np.dtype(np.float32)
    bits = f"V{dtype.itemsize}"  # -0.0 is not 0.0
    ours, theirs = (of.astype(dtype).view(bits) for of in (losses, reference_losses))
    differs = ours != theirs
    return Parity(
        max_ulp=int(ulp_distance(losses, reference_losses).max()),
        max_rel=float(relative_distance(losses, reference_losses).max()),
        first_difference=int(differs.argmax()) if differs.any() else None,
        weights_identical=same_bits(weights, reference_weights),
    )


def losses_rung(parity: Parity, first: int) -> Rung:
    """Return the rung of the losses, whose epochs are numbered from `first`."""
    where = parity.first_difference
    return Rung(
        "losses",
        where is None,
        parity.max_ulp,
        max_rel=parity.max_rel,
        where=None if where is None else f"epoch {first + where}",
    )


def within_other_kernels(losses: np.ndarray, reference: np.ndarray) -> bool:
    """Say whether two runs differ by no more than other matrix kernels make them differ."""
    distance = relative_distance(losses, reference)
    early = TOLERANCES["other_kernels_first_epochs"].relative
    late = TOLERANCES["other_kernels"].relative
    return bool(distance[:FIRST_EPOCHS].max() <= early and distance.max() <= late)
