"""The parity ladder: ever stronger claims about two models, each with its own result.

    variables -> copied weights -> forward -> loss -> gradients -> one update -> N updates
    -> moving averages -> inference, where both sides have such

`record` writes down what the reference does; `climb` has another model do the same and yields a
Rung per claim. No rung stops the climb, unless there is nothing to compare: then only the first is
there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from training.parity.distance import relative_distance, ulp_distance
from training.parity.tolerances import TOLERANCES

Arrays = Mapping[str, np.ndarray]
Batch = tuple[Any, Any]
"""x and y, each an array or a list or dict of arrays."""

NAMES = (
    *("variables", "copied weights", "forward", "loss", "gradients"),
    *("one update", "all updates", "moving averages", "inference"),
)
"""The rungs in order."""


class Climber(Protocol):
    """What can be recorded or climb: weights, slots and gradients go by TensorFlow 1's names."""

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained variables."""

    def slots(self) -> dict[str, np.ndarray]:
        """Return copies of the optimizer's slots."""

    def moving(self) -> dict[str, np.ndarray]:
        """Return copies of what moves without being trained."""

    def infer(self, x: Any, moving: Arrays) -> Arrays:
        """Return outputs where nobody trains, with these moving averages; empty: the same."""

    def step(self, x: Any, y: Any) -> np.ndarray:
        """Run one update; return the loss before it."""


@dataclass(frozen=True)
class Trace:
    """What a model did: its observation of the first batch, then one update per batch."""

    weights: Arrays
    observed: Any
    """logits by name, loss and gradients of the first batch."""
    losses: Sequence[np.ndarray]
    after_one: Arrays
    """Weights and slots after the first update."""
    after_each: Sequence[Arrays]
    """Weights after every update."""
    averages_at_first: Arrays = field(default_factory=dict)
    """Moving averages before any update."""
    moving: Sequence[Arrays] = ()
    """Moving averages after every update."""
    averages: Arrays = field(default_factory=dict)
    """Moving averages with which was inferred."""
    inferred: Arrays = field(default_factory=dict)
    """Outputs of the first batch before any update, where nobody trains."""


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
    finite: bool = True
    """No number on either side is NaN or infinite where the other side has the same."""


def record(reference: Climber, observed: Any, batches: Sequence[Batch], averages: Arrays) -> Trace:
    """Return what `reference` does on `batches`, from the weights that it has.

    With these moving averages it infers.
    """
    weights = reference.weights()
    at_first, inferred = reference.moving(), reference.infer(batches[0][0], averages)
    losses, after_each, moving, after_one = [], [], [], {}
    for index, (x, y) in enumerate(batches):
        losses.append(reference.step(x, y))
        after_each.append(reference.weights())
        moving.append(reference.moving())
        if index == 0:
            after_one = {**after_each[0], **reference.slots()}
    return Trace(
        *(weights, observed, losses, after_one, after_each, at_first, moving, averages, inferred)
    )


class Kept:
    """A climber that keeps what it did, as a Trace."""

    def __init__(self, climber: Any) -> None:
        self._climber = climber
        self._observed: Any = None
        self._losses: list[np.ndarray] = []
        self._weights: list[Arrays] = []
        self._slots: Arrays = {}

    def load_weights(self, weights: Arrays) -> None:
        """Set the trained variables."""
        self._climber.load_weights(weights)

    def load_moving(self, averages: Arrays) -> None:
        """Set the moving averages."""
        self._climber.load_moving(averages)

    def hold(self, values: Arrays) -> None:
        """Set what nobody trains."""
        self._climber.hold(values)

    def observe(self, x: Any, y: Any, **look: Any) -> Any:
        """Look at a batch; nothing is updated."""
        self._observed = self._climber.observe(x, y, **look)
        return self._observed

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained variables."""
        found = self._climber.weights()
        self._weights.append(found)
        return found

    def slots(self) -> dict[str, np.ndarray]:
        """Return copies of the optimizer's slots."""
        self._slots = self._climber.slots()
        return dict(self._slots)

    def moving(self) -> dict[str, np.ndarray]:
        """Return copies of what moves without being trained."""
        return dict(self._climber.moving())

    def infer(self, x: Any, moving: Arrays, **look: Any) -> Any:
        """Return outputs where nobody trains."""
        return self._climber.infer(x, moving, **look)

    def step(self, x: Any, y: Any) -> np.ndarray:
        """Run one update; return the loss before it."""
        self._losses.append(self._climber.step(x, y))
        return self._losses[-1]

    @property
    def trace(self) -> Trace:
        """What was done so far."""
        first, *after = self._weights or [{}]
        after_one = {**after[0], **self._slots} if after else {}
        return Trace(first, self._observed, self._losses, after_one, after)


def climb(
    climber: Any,
    reference: Trace,
    batches: Sequence[Batch],
    noise: Collection[str] = (),
    **look: Any,
) -> Iterator[Rung]:
    """Yield the rungs of `climber`, which has the reference's initial weights already.

    Lazy: a caller who wants the first failing rung pays for no more. `look` goes to `observe`
    and `infer`.
    `noise` are variables whose gradients are zero but for rounding: what an optimizer makes of such
    a gradient is not compared; and moving averages that are not, either.
    """
    weights = climber.weights()
    yield _variables(weights, reference.weights)
    yield rung("copied weights", weights, reference.weights)
    x, y = batches[0]
    observed, first = climber.observe(x, y, **look), reference.observed
    if first.logits:
        yield rung("forward", observed.logits, first.logits)
    yield rung("loss", {"loss": observed.loss}, {"loss": first.loss})
    yield rung("gradients", observed.gradients, first.gradients)

    inferred = climber.infer(x, reference.averages, **look) if reference.inferred else {}
    rungs, moved = [], []
    for index, (x, y) in enumerate(batches):
        step_loss, after = climber.step(x, y), climber.weights()
        moved.append(climber.moving())
        if index == 0:
            both = {
                name: array
                for name, array in {**after, **climber.slots()}.items()
                if name in reference.after_one and name.rpartition(" of ")[2] not in noise
            }
            yield rung("one update", both, {name: reference.after_one[name] for name in both})
        rungs.append(_step(index, step_loss, after, reference, noise))
    yield _worst(rungs)
    if averages := [name for name in moved[0] if name not in noise]:
        yield _worst(
            [
                rung("moving averages", one, {name: other[name] for name in averages})
                for one, other in zip(moved, reference.moving, strict=True)
            ]
        )
    if inferred:
        yield rung("inference", inferred, reference.inferred)


def until_one_fails(rungs: Iterable[Rung]) -> list[Rung]:
    """Return rungs up to the first that fails; those above say nothing, and are not climbed."""
    found = []
    for one in rungs:
        found.append(one)
        if not one.ok:
            break
    return found


def zero_but_for_rounding(gradients: Arrays) -> set[str]:
    """Return the variables whose float64 gradient is nothing beside the largest of all.

    Such as that of a bias in front of batch normalization: the sum of many numbers that cancel.
    """
    sizes = {name: float(np.abs(array).max(initial=0)) for name, array in gradients.items()}
    largest = max(sizes.values(), default=0.0)
    allowed = TOLERANCES["float64_ladder"].relative * largest
    return {name for name, size in sizes.items() if size <= allowed}


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


def _step(
    index: int, loss: np.ndarray, weights: Arrays, reference: Trace, noise: Collection[str]
) -> Rung:
    kept = {name: array for name, array in weights.items() if name not in noise}
    after = reference.after_each[index]
    theirs = {"loss": reference.losses[index], **{name: after[name] for name in kept}}
    return rung("all updates", {"loss": loss, **kept}, theirs)


def _worst(steps: Sequence[Rung]) -> Rung:
    """The rung of all steps: the largest distance of any, and where the first difference is."""
    first = next((index for index, rung in enumerate(steps) if not rung.ok), None)
    worst = max(steps, key=lambda rung: (rung.max_rel, rung.max_ulp or 0))
    return Rung(
        worst.name,
        first is None,
        max((rung.max_ulp or 0) for rung in steps) if worst.max_ulp is not None else None,
        max(rung.max_abs for rung in steps),
        max(rung.max_rel for rung in steps),
        None if first is None else f"step {first + 1}, {steps[first].where}",
        note=f"{len(steps)} updates",
        finite=all(rung.finite for rung in steps),
    )


def rung(name: str, ours: Arrays, theirs: Arrays) -> Rung:
    """Compare tensors of the same names; the rung's distances are those of the worst tensor."""
    largest = max((float(np.abs(array).max(initial=0)) for array in theirs.values()), default=0.0)
    measured = [
        _measure(name, tensor, np.asarray(ours[tensor]), np.asarray(theirs[tensor]), largest)
        for tensor in theirs
        if tensor in ours
    ]
    if len(measured) < len(theirs):
        lacking = next(tensor for tensor in theirs if tensor not in ours)
        where = f"{lacking}, one of {len(theirs)} outputs; Keras has {len(ours)}"
        return Rung(name, False, None, np.inf, np.inf, where)
    worst = max(measured, key=lambda rung: (not rung.ok, rung.max_rel, rung.max_ulp or 0))
    ulps = [rung.max_ulp for rung in measured if rung.max_ulp is not None]
    return Rung(
        name,
        all(rung.ok for rung in measured),
        max(ulps) if ulps else None,
        max(rung.max_abs for rung in measured),
        max(rung.max_rel for rung in measured),
        None if all(rung.ok for rung in measured) else worst.where,
        finite=all(rung.finite for rung in measured),
    )


def _measure(name: str, tensor: str, ours: np.ndarray, theirs: np.ndarray, largest: float) -> Rung:
    if ours.shape != theirs.shape:
        note = f"{tensor} {list(ours.shape)} against {list(theirs.shape)}"
        return Rung(name, False, None, np.inf, np.inf, note)
    if not np.isfinite(theirs).all() and not np.isfinite(ours).all():
        return Rung(name, False, None, np.inf, np.inf, tensor, "not finite", finite=False)
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    max_abs = float(np.nan_to_num(difference, nan=np.inf, posinf=np.inf).max(initial=0))
    scale = float(np.abs(theirs).max(initial=0))
    max_rel = float(relative_distance(scale + max_abs, scale)) if max_abs else 0.0
    if theirs.dtype != np.float64:
        ulp = int(ulp_distance(ours, theirs).max(initial=0))
        same = ours.dtype == theirs.dtype and ulp == 0
        return Rung(name, same, ulp, max_abs, max_rel, None if same else tensor)
    after_steps = name in ("all updates", "moving averages")
    tolerance = (
        TOLERANCES["float64_ladder_after_steps"] if after_steps else TOLERANCES["float64_ladder"]
    )
    # Where a gradient is zero but for rounding, its own size is no measure: the others' is.
    floor = largest if name == "gradients" else 0.0
    ok = max_abs <= tolerance.relative * max(scale, floor)
    return Rung(name, ok, None, max_abs, max_rel, None if ok else tensor)
