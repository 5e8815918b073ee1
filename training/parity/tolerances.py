"""Every tolerance that is ever applied, with its reason. Where none is named, bits are compared."""

from typing import NamedTuple


class Tolerance(NamedTuple):
    """A largest relative difference, of losses of the same epoch where nothing else is said."""

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
    "other_kernels_deeper": Tolerance(
        5e-6,
        "the same over the first 50 epochs of deeper networks, whose losses are larger and rounded "
        "more often: 4e-7 measured for three layers and 1.7e-6 for four, where TensorFlow 1.15.5 "
        "is itself 1.8e-6 from float64",
    ),
    "by_hand_in_float64": Tolerance(
        1e-10,
        "the seven steps by NumPy against TensorFlow 1's graph in float64, over the first 50 "
        "epochs: 5e-16 was the largest measured; a float32 anywhere shows from 1e-9 on",
    ),
    "portable_first_epochs": Tolerance(
        1e-12,
        "exact products of slices, 36 to 41 bits of each number, against float64 over the first 50 "
        "epochs: 2.5e-13 was the largest measured",
    ),
    "other_frameworks": Tolerance(
        1e-4,
        "the idiomatic model on JAX or PyTorch over the first 100 epochs: other kernels, other "
        "fusing, and Keras' own Adam; measured 8e-6, as on TensorFlow",
    ),
    "idiomatic_resumed": Tolerance(
        1e-5,
        "the idiomatic lane over the first 50 epochs after a genuine checkpoint: other kernels, "
        "and Keras' own Adam and bias_add (docs/understand/why-keras-drifts.md); measured 3e-7",
    ),
    "round_trip": Tolerance(
        1e-5,
        "outputs and cost of a random network in Keras and in TensorFlow 1's graph, relative to "
        "the largest number: the same operations in another order (`python -m tests.rewriting`); "
        "measured 6e-7 over 200 networks",
    ),
    "rescaled": Tolerance(
        1e-5,
        "outputs of a network whose weights were multiplied by what is no power of two, relative "
        "to the largest: every weight is rounded once more (6e-8), and 784 products are summed; "
        "measured 5e-7",
    ),
    "answers": Tolerance(
        1e-5,
        "outputs of a model that was made of a graph, and the graph's from the same weights, "
        "relative to the largest: the same float32 sums in other kernels; 6e-7 was the largest "
        "measured, of a regression that TensorFlow 1.15.5 trained",
    ),
    "rounding_in_float64": Tolerance(
        1e-14,
        "a cause that is rounding, in float64, over the first 10 epochs: a last bit is 2e-16 "
        "there, and 5e-16 was the largest measured",
    ),
    "float64_ladder": Tolerance(
        1e-12,
        "what two orders of the same float64 operations differ by until after the first update, "
        "relative to a tensor's largest number: 2^-53 times a few thousand operations; what "
        "float32 can show is 1e-8 or more",
    ),
    "float64_ladder_after_steps": Tolerance(
        1e-10,
        "the same after a few dozen updates, each of which can grow what the one before left",
    ),
    "float64_ladder_of_large": Tolerance(
        1e-9,
        "float64_ladder where numbers were made large on purpose: logits of 1,000 have a softmax "
        "1,000 times as far apart as they are",
    ),
    "float64_of_float32": Tolerance(
        2e-3,
        "outputs, losses and gradients of a model in float64 and of the same one in float32, "
        "relative to the largest: float32 rounds each operation by 6e-8, and cancellation grows "
        "that; 1e-6 is usual, 3e-4 was the largest measured, of a gradient",
    ),
    "constant_in_float32": Tolerance(
        1e-5,
        "what a constant rounded to float32 on one side only (6e-8) makes of a rung in float64: "
        "below it, exact pieces are tried before a rewrite is called different",
    ),
}

ROUNDING_SHRINKS_TO = 2.0**-14.5
"""A distance is rounding where float64 leaves less than this part of it, else it is semantics.

Halfway, in powers of two, between what the two must do: rounding shrinks by the ratio of the two
machine epsilons, 2^-29, and semantics stays what it is, 2^0. Luck and chaos move either by a few
powers of two, far fewer than the 14 that are left: measured are at most 2^-28 and at least 2^-1.
"""

FLOAT64_EPOCHS = 10
"""So many epochs are run in float64 too: enough for every cause to show, and so few that chaos has
not grown a last bit yet. Beside the float32 distance after as many, it can be read off a table."""
