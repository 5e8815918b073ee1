"""What the rows that differ have in common: ids that the rows that agree do not have."""

import numpy as np

from training.parity.tolerances import TOLERANCES

FEW = 3
"""More ids than this say nothing."""


def in_common(x: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> list[int]:
    """Return the ids in every row of x [rows, ...] whose float64 output differs, and in no other.

    Empty where all rows differ, or none, or the ids are too many to tell.
    """
    rows = len(x)
    if x.dtype.kind not in "iu" or ours.shape != theirs.shape or ours.shape[:1] != (rows,):
        return []
    apart = np.abs(ours - theirs).reshape(rows, -1).max(axis=1)
    differs = apart > TOLERANCES["float64_ladder"].relative * np.abs(theirs).max(initial=0)
    if differs.all() or not differs.any():
        return []
    ids = [set(row.ravel().tolist()) for row in x]
    wrong = set.intersection(*(of for of, bad in zip(ids, differs, strict=True) if bad))
    right = set.union(*(of for of, bad in zip(ids, differs, strict=True) if not bad))
    found = sorted(wrong - right)
    return found if len(found) <= FEW else []
