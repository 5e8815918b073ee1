"""The parity ladder: ever stronger claims about two models, each with its own result.

    variables -> initial weights -> forward -> loss -> gradients -> one update -> N updates

`record` writes down what the reference does; `climb` has another model do the same and yields a
Rung per claim. No rung stops the climb, unless there is nothing to compare: then only the first is
there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from training.parity.distance import relative_distance, ulp_distance
from training.parity.tolerances import TOLERANCES

Arrays = Mapping[str, np.ndarray]
Batch = tuple[np.ndarray, np.ndarray]

NAMES = (
    *("variables", "initial weights", "forward", "loss", "gradients"),
    *("one update", "all updates"),
)
"""The rungs in order."""


class Climber(Protocol):
    """What can be recorded or climb: weights, slots and gradients go by TensorFlow 1's names."""

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained variables."""
        ...

    def slots(self) -> dict[str, np.ndarray]:
        """Return copies of the optimizer's slots."""
        ...

    def step(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Run one update; return the loss before it."""
        ...


@dataclass(frozen=True)
class Trace:
    """What a model did: its observation of the first batch, then one update per batch."""

    weights: Arrays
    observed: Any
    """logits (or None), loss and gradients of the first batch."""
    losses: Sequence[np.ndarray]
    after_one: Arrays
    """Weights and slots after the first update."""
    after_each: Sequence[Arrays]
    """Weights after every update."""


@dataclass(frozen=True)
class Rung:
    """One claim. Distances are the largest of any tensor; `where` names the tensor.

    `max_rel` is relative to the largest number of the same tensor. `max_ulp` counts float32
    numbers, so it is None in float64.
    """

    name: str
    ok: bool
    """Identical in every bit; in float64: no further apart than rounding."""
    max_ulp: int | None = 0
    max_abs: float = 0.0
    max_rel: float = 0.0
    where: str | None = None
    note: str = ""


def record(reference: Climber, observed: Any, batches: Sequence[Batch]) -> Trace:
    """Return what `reference` does on `batches`, from the weights that it has."""
    weights = reference.weights()
    losses, after_each, after_one = [], [], {}
    for index, (x, y) in enumerate(batches):
        losses.append(reference.step(x, y))
        after_each.append(reference.weights())
        if index == 0:
            after_one = {**after_each[0], **reference.slots()}
    return Trace(weights, observed, losses, after_one, after_each)


def climb(climber: Any, reference: Trace, batches: Sequence[Batch], **look: Any) -> Iterator[Rung]:
    """Yield the rungs of `climber`, which has the reference's initial weights already.

    Lazy: a caller who wants the first failing rung pays for no more. `look` goes to `observe`.
    """
    weights = climber.weights()
    yield _variables(weights, reference.weights)
    yield rung("initial weights", weights, reference.weights)
    x, y = batches[0]
    observed, first = climber.observe(x, y, **look), reference.observed
    if first.logits is not None:
        yield rung("forward", {"logits": observed.logits}, {"logits": first.logits})
    yield rung("loss", {"loss": observed.loss}, {"loss": first.loss})
    yield rung("gradients", observed.gradients, first.gradients)

    losses = [climber.step(x, y)]
    after = climber.weights()
    slots = climber.slots()
    both = {
        name: array for name, array in {**after, **slots}.items() if name in reference.after_one
    }
    yield rung("one update", both, {name: reference.after_one[name] for name in both})
    rungs = [_step(0, losses[0], after, reference)]
    for index, (x, y) in enumerate(batches[1:], start=1):
        losses.append(climber.step(x, y))
        rungs.append(_step(index, losses[-1], climber.weights(), reference))
    yield _worst(rungs)


def _variables(weights: Arrays, reference: Arrays) -> Rung:
    wrong = [
        name
        for name in reference
        if name not in weights
        or weights[name].shape != reference[name].shape
        or weights[name].dtype != reference[name].dtype
    ]
    note = f"{len(reference)} variables, {sum(a.size for a in reference.values()):,} numbers"
    return Rung("variables", not wrong, where=wrong[0] if wrong else None, note=note)


def _step(index: int, loss: np.ndarray, weights: Arrays, reference: Trace) -> Rung:
    ours = {"loss": loss, **weights}
    theirs = {"loss": reference.losses[index], **reference.after_each[index]}
    return rung("all updates", ours, theirs)


def _worst(steps: Sequence[Rung]) -> Rung:
    """The rung of all updates: the largest distance of any, and where the first difference is."""
    first = next((index for index, rung in enumerate(steps) if not rung.ok), None)
    worst = max(steps, key=lambda rung: (rung.max_rel, rung.max_ulp or 0))
    return Rung(
        "all updates",
        first is None,
        max((rung.max_ulp or 0) for rung in steps) if worst.max_ulp is not None else None,
        max(rung.max_abs for rung in steps),
        max(rung.max_rel for rung in steps),
        None if first is None else f"step {first + 1}, {steps[first].where}",
        note=f"{len(steps)} updates",
    )


def rung(name: str, ours: Arrays, theirs: Arrays) -> Rung:
    """Compare tensors of the same names; the rung's distances are those of the worst tensor."""
    largest = max((float(np.abs(array).max(initial=0)) for array in theirs.values()), default=0.0)
    measured = [
        _measure(name, tensor, np.asarray(ours[tensor]), np.asarray(theirs[tensor]), largest)
        for tensor in theirs
    ]
    worst = max(measured, key=lambda rung: (not rung.ok, rung.max_rel, rung.max_ulp or 0))
    ulps = [rung.max_ulp for rung in measured if rung.max_ulp is not None]
    return Rung(
        name,
        all(rung.ok for rung in measured),
        max(ulps) if ulps else None,
        max(rung.max_abs for rung in measured),
        max(rung.max_rel for rung in measured),
        None if all(rung.ok for rung in measured) else worst.where,
    )


def _measure(name: str, tensor: str, ours: np.ndarray, theirs: np.ndarray, largest: float) -> Rung:
    if ours.shape != theirs.shape:
        note = f"{tensor} {list(ours.shape)} against {list(theirs.shape)}"
        return Rung(name, False, None, np.inf, np.inf, note)
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    max_abs = float(np.nan_to_num(difference, nan=np.inf, posinf=np.inf).max(initial=0))
    scale = float(np.abs(theirs).max(initial=0))
    max_rel = float(relative_distance(scale + max_abs, scale)) if max_abs else 0.0
    if theirs.dtype != np.float64:
        ulp = int(ulp_distance(ours, theirs).max(initial=0))
        same = ours.dtype == theirs.dtype and ulp == 0
        return Rung(name, same, ulp, max_abs, max_rel, None if same else tensor)
    after_steps = name == "all updates"
    tolerance = (
        TOLERANCES["float64_ladder_after_steps"] if after_steps else TOLERANCES["float64_ladder"]
    )
    # Where a gradient is zero but for rounding, its own size is no measure: the others' is.
    floor = 1e-3 * largest if name == "gradients" else 0.0
    ok = max_abs <= tolerance.relative * max(scale, floor)
    return Rung(name, ok, None, max_abs, max_rel, None if ok else tensor)
