"""What people call the arrays and columns that hold pixels and labels, in lower case."""

import itertools
from collections.abc import Iterable, Sequence

PIXELS = ("x", "images", "image", "data", "pixels")
LABELS = ("label", "labels", "y", "target", "targets", "class", "digit")

SPLIT = [
    ("x_train", "y_train", "x_test", "y_test"),  # Keras' mnist.npz
    ("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
    ("training_images", "training_labels", "test_images", "test_labels"),
    *(
        tuple(form.format(split, what) for split in ("train", "test") for what in pair)
        for pair in itertools.product(PIXELS, LABELS)
        for form in ("{1}_{0}", "{0}_{1}")
    ),
    ("arr_0", "arr_1", "arr_2", "arr_3"),  # numpy.savez without names
]
"""Train pixels, train labels, test pixels, test labels."""
WHOLE = [*itertools.product(PIXELS, LABELS), ("arr_0", "arr_1")]
"""Pixels, labels, where nothing says which rows test."""
EXPECTED = "x_train, y_train, x_test, y_test or x, y"


def find(held: Iterable[str]) -> Sequence[str] | None:
    """Return those of the names `held` that are the first of SPLIT or WHOLE; None for none."""
    there = {name.lower(): name for name in held}
    for layout in (*SPLIT, *WHOLE):
        if set(layout) <= set(there):
            return [there[name] for name in layout]
    return None
