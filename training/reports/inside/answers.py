"""What models make of the test digits: how often they are right, and the digits they misread."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.data import Examples
from training.reports.document import Text
from training.reports.inside import base64_of, spread

MOST_DIGITS = 60
"""Misread digits that are shown."""

Answers = Mapping[str, np.ndarray] | Mapping[Text, np.ndarray]
"""What each model takes the test digits for: columns of the largest logits, [rows]."""


def of_test(test: Examples, found: Answers, classes: Sequence[int]) -> dict[str, Any]:
    """Return what a page shows of `found`.

    `confusion`: how many rows of each class were taken for which, a row a true class; with the
    models of which that is so.
    """
    confusion: list[dict[str, Any]] = []
    for name, columns in found.items():
        counts = np.zeros((len(classes), len(classes)), int)
        np.add.at(counts, (test.labels, columns), 1)
        agreeing = next((of for of in confusion if of["counts"] == counts.tolist()), None)
        if agreeing:
            agreeing["names"].append(name)
        else:
            confusion.append({"names": [name], "counts": counts.tolist()})
    return {
        "misread": _misread(test, found, classes),
        "confusion": confusion,
        "classes": [str(label) for label in classes],
    }


def _misread(test: Examples, found: Answers, classes: Sequence[int]) -> dict[str, Any]:
    """Return test digits that some model gets wrong, first those on which models disagree.

    Where there are too many, they are taken from the start to the end of the test rows, equally far
    apart. Each digit has its row, its class, what each model takes it for, and its pixels in
    base64, [784] uint8.
    """
    taken_for = np.stack([*found.values()])  # [models, rows]
    misses = taken_for != test.labels
    wrong = np.flatnonzero(misses.any(axis=0))
    agreed = (taken_for[:, wrong] == taken_for[0, wrong]).all(axis=0)
    disputed = spread(wrong[~agreed], MOST_DIGITS)
    chosen = [*disputed, *spread(wrong[agreed], MOST_DIGITS - len(disputed))]
    return {
        "names": [*found],
        "count": len(wrong),
        "wrong": [int(of.sum()) for of in misses],
        "disputed": int((~agreed).sum()),
        "digits": [
            {
                "row": int(row),
                "class": str(classes[test.labels[row]]),
                "taken_for": [str(classes[of[row]]) for of in taken_for],
                "pixels": base64_of(np.rint(test.x[row] * 255).astype(np.uint8)),
            }
            for row in chosen
        ],
    }
