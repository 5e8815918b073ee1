"""Rows of a batch by how far both sides' outputs are apart, and the ids that such rows share."""

from collections.abc import Mapping

import keras
import numpy as np

from training.checking.batches import rows_of
from training.parity.ladder import Batch
from training.parity.tolerances import TOLERANCES

FEW = 3
"""More ids than this say nothing."""

Outputs = Mapping[str, np.ndarray]


def apart(batch: Batch, ours: Outputs, theirs: Outputs) -> np.ndarray | None:
    """Return how far each row's outputs are apart, [rows], in units of the largest of all.

    None where that cannot be said: there are none, or their shapes differ.
    """
    rows, far = rows_of(batch), []
    for name, array in theirs.items():
        if name not in ours or ours[name].shape != array.shape or array.shape[:1] != (rows,):
            return None
        scale = np.abs(array).max(initial=0) or 1.0
        far.append(np.abs(ours[name] - array).reshape(rows, -1).max(axis=1) / scale)
    return np.max(far, axis=0) if far else None


def in_common(batch: Batch, ours: Outputs, theirs: Outputs) -> list[int]:
    """Return the ids in every row of a batch whose float64 output differs, and in no other.

    Empty where all rows differ, or none, or the ids are too many to tell.
    """
    far = apart(batch, ours, theirs)
    if far is None:
        return []
    differs = far > TOLERANCES["float64_ladder"].relative
    if differs.all() or not differs.any():
        return []
    numbers = [one for one in keras.tree.flatten(batch[0]) if one.dtype.kind in "iu"]
    for array in numbers:
        ids = [set(row.ravel().tolist()) for row in array]
        wrong = set.intersection(*(of for of, bad in zip(ids, differs, strict=True) if bad))
        right = set.union(*(of for of, bad in zip(ids, differs, strict=True) if not bad))
        found = sorted(wrong - right)
        if 0 < len(found) <= FEW:
            return found
    return []
