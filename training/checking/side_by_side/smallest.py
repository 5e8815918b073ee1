"""The fewest rows on which a pair still fails, and what is on both sides there, as an .npz."""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from training.checking import localization
from training.checking.batches import rows_of, taken
from training.checking.case import Case
from training.checking.rows import apart
from training.checking.side_by_side.graph_side import op_of
from training.checking.wide import Wide
from training.errors import UserError
from training.parity import ladder
from training.parity.ladder import Rung, Trace

LARGEST = 1_000_000
"""Bytes of the file, at most."""
OF_STEPS = ("all updates", "moving averages")
"""Rungs that take all batches."""


@dataclass(frozen=True)
class Smallest:
    """A batch that fails, and what is in the file of it."""

    rung: str
    where: str | None
    """The tensor that differs."""
    rows: int
    of: int
    """Rows of the whole batch."""
    shapes: Mapping[str, tuple[int, ...]]
    """Array in the file -> shape."""
    layer: str | None
    """The first layer whose outputs the graph has nowhere."""
    tensor: str | None
    """The graph's tensor of as many numbers that is nearest to them."""
    content: bytes | None
    """The file; None where it would be larger than LARGEST."""


class _Failing(NamedTuple):
    """A case on some rows, where it fails as on all of them."""

    wide: Wide
    rows: np.ndarray
    rung: Rung
    did: Trace


def find(
    case: Case, failing: Rung, wrong: Any | None, ops: Sequence[Collection[str]]
) -> Smallest | None:
    """Return the fewest rows, of 1, 2, 4, ..., on which the case fails on the same rung.

    `wrong` is Keras' node of the first layer whose outputs the graph has nowhere, `ops` name where
    in the graph what is nearest to them is looked for, the likeliest first. None where the rung has
    no rows, or the case no longer fails. The case's model is not trained.
    """
    if failing.name in ladder.NAMES[:2]:
        return None
    found = next(_failing(case, failing), None)
    if found is None:
        return None
    arrays, tensor = _arrays(case, found), None
    if wrong is not None:
        of_layer, tensor = _of_layer(case, found.wide, wrong, ops)
        arrays |= of_layer
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return Smallest(
        failing.name,
        found.rung.where,
        len(found.rows),
        rows_of(case.examination.batches[0]),
        {name: array.shape for name, array in arrays.items()},
        wrong.operation.name if wrong is not None else None,
        tensor,
        file.getvalue() if file.tell() <= LARGEST else None,
    )


def _failing(case: Case, failing: Rung) -> Iterator[_Failing]:
    """Yield the case on ever more rows, where it fails on the same rung."""
    order = _furthest_first(case)
    fixed = any(fed.shape[0] is not None for fed in keras.tree.flatten(case.examination.pair.x))
    count = len(order) if fixed else 1
    while True:
        rows = np.sort(order[:count])
        try:
            wide = case.examination.wide.of_rows(rows)
            rung, did = _climb(case.having(), wide)
        except (UserError, tf.errors.OpError, ValueError):  # a side that takes no such batch
            rung = None
        if rung is not None and rung.name == failing.name and rung.finite:
            yield _Failing(wide, rows, rung, did)
        if count >= len(order):
            return
        count *= 2


def _furthest_first(case: Case) -> np.ndarray:
    """Return the rows of the first batch, those whose outputs are furthest apart first."""
    assert case.pairing
    wide = case.examination.wide
    ours, theirs = wide.observation(case.model, case.pairing), wide.trace.observed
    far = apart(wide.batches[0], ours.logits, theirs.logits)
    return np.arange(rows_of(wide.batches[0])) if far is None else np.argsort(-far, kind="stable")


def _climb(case: Case, wide: Wide) -> tuple[Rung | None, Trace]:
    """Climb to the first rung that fails; return it, and what the model did."""
    assert case.pairing
    rewrite = case.examination.rewrite(case.model, case.pairing, traced=False)
    kept = ladder.Kept(rewrite)
    rung = next((rung for rung in wide.rungs(kept) if not rung.ok), None)
    return rung, kept.trace


def _arrays(case: Case, found: _Failing) -> dict[str, np.ndarray]:
    """Return the batch, in the dtype of the pair, and what differs on both sides."""
    batches = [taken(batch, found.rows) for batch in case.examination.batches]
    shown = batches[0]
    if found.rung.name in OF_STEPS:
        shown = keras.tree.map_structure(lambda *of: np.stack(of), *batches)
    arrays: dict[str, np.ndarray] = {}
    for name, tree in zip(("x", "y"), shown, strict=True):
        flat = keras.tree.flatten(tree)
        names = [name] if len(flat) == 1 else [f"{name}_{n}" for n in range(1, len(flat) + 1)]
        arrays |= zip(names, flat, strict=True)
    ours, theirs = (_differing(trace, found.rung) for trace in (found.did, found.wide.trace))
    if ours is not None and theirs is not None:
        arrays |= {"keras": ours, "tensorflow_1": theirs}
    return arrays


def _differing(trace: Trace, rung: Rung) -> np.ndarray | None:
    """Return what the rung compares of a side, of the tensor that differs; None: nothing kept."""
    where = rung.where or ""
    if rung.name == "loss":
        return np.asarray(trace.observed.loss)
    if rung.name == "forward":
        return trace.observed.logits.get(where)
    if rung.name == "gradients":
        return trace.observed.gradients.get(where)
    if rung.name == "one update":
        return trace.after_one.get(where)
    step, _, name = where.removeprefix("step ").partition(", ")
    if rung.name != "all updates" or not step.isdigit():
        return None
    index = int(step) - 1
    return trace.losses[index] if name == "loss" else trace.after_each[index].get(name)


def _of_layer(
    case: Case, wide: Wide, wrong: Any, ops: Sequence[Collection[str]]
) -> tuple[dict[str, np.ndarray], str | None]:
    """Return a layer's inputs, weights and outputs, and the graph's nearest tensor."""
    given = localization.values_of(case, [*wrong.input_tensors, wrong.outputs[0]], wide)
    *inputs, outputs = given
    arrays = {f"layer_input_{number}": array for number, array in enumerate(inputs, 1)}
    for weight in getattr(wrong.operation, "weights", ()):
        arrays[f"layer_{weight.path.rpartition('/')[2]}"] = keras.ops.convert_to_numpy(weight)
    arrays["layer_keras"] = outputs
    tensor = next(filter(None, (_nearest(outputs, wide.tensors, names) for names in ops)), None)
    if tensor is not None:
        arrays["layer_tensorflow_1"] = wide.tensors[tensor]
    return arrays, tensor


def _nearest(
    values: np.ndarray, tensors: Mapping[str, np.ndarray], ops: Collection[str]
) -> str | None:
    """Return the name of the tensor of as many numbers, of some ops, that is nearest."""
    far = {
        name: float(np.abs(tensor.ravel() - values.ravel()).max(initial=0))
        for name, tensor in tensors.items()
        if tensor.size == values.size and op_of(name) in ops
    }
    return min(far, key=lambda name: far[name], default=None)
