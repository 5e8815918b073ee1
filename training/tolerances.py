"""Every tolerance that is ever applied, with its reason. Where none is named, bits are compared."""

from typing import NamedTuple


class Tolerance(NamedTuple):
    """A largest relative difference between two losses of the same epoch."""

    relative: float
    reason: str


FIRST_EPOCHS = 50
"""The early epochs, in which a cause of drift shows before chaos has made all causes look alike."""

TOLERANCES = {
    "other_kernels_first_epochs": Tolerance(
        1e-6,
        "the same float32 arithmetic in another build's or device's matrix kernels, which sum in "
        "another order: measured 1e-7 to 4e-7 over the first 50 epochs against TensorFlow 1.15.5",
    ),
    "other_kernels": Tolerance(
        1e-3,
        "the same over 1000 epochs: training is chaotic, one ulp anywhere grows to about 1e-4 and "
        "up to 7e-4 was measured between processors",
    ),
}

ROUNDING_IN_FLOAT64 = Tolerance(
    1e-12,
    "what two orders of the same float64 operations differ by before and after the first update, "
    "relative to a tensor's largest number: 2^-53 times a few thousand operations; a difference "
    "that float32 could show is 1e-8 or more",
)

ROUNDING_IN_FLOAT64_AFTER_STEPS = Tolerance(
    1e-10,
    "the same after a few dozen updates, each of which can grow what the one before left",
)

CONSTANT_IN_FLOAT32 = Tolerance(
    1e-5,
    "what a constant rounded to float32 on one side only (6e-8) makes of a rung in float64: below "
    "it, exact pieces are tried before a rewrite is called different",
)
