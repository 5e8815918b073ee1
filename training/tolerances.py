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
