"""What a comparison found, as `results.json` has it, and its verdict in sentences."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.experiments.checksum import Checksum
from training.experiments.comparison import Comparison
from training.options.lanes import STOCK
from training.parity import distance
from training.parity.distance import relative_distance
from training.parity.tolerances import FIRST_EPOCHS, TOLERANCES

JUDGED = ("exact", "numpy", "portable")
"""What has sentences of its own in a verdict; of every other lane it says how far it drifts."""

JUDGES = {
    "numpy": "the exact arithmetic of the numpy lane, in float64",
    "portable": "the arithmetic of the portable lane, which no machine changes",
}
"""The first of them that trained judges how far every other lane is from it."""


def results(comparison: Comparison) -> dict[str, Any]:
    """Return the table as JSON: per lane losses, distances to the reference, accuracy, speed."""
    lanes = {}
    for lane, losses in comparison.history.losses.items():
        parity = comparison.parity.get(lane)
        lanes[lane] = {
            "first_loss": distance.shortest(losses[0]),
            "last_loss": distance.shortest(losses[-1]),
            "max_ulp": parity.max_ulp if parity else None,
            "max_rel": parity.max_rel if parity else None,
            "test_accuracy": comparison.test_accuracy[lane],
            "seconds_per_epoch": _seconds(comparison.history.seconds_per_epoch[lane]),
        }
    return {
        "reference": comparison.reference,
        "epochs": comparison.history.epochs,
        "lanes": lanes,
        "exact_holds": comparison.exact_holds,
        "precision": comparison.config.precision,
        "workers": comparison.workers,
        "checksum": comparison.checksum and comparison.checksum._asdict(),
        "from_exact_arithmetic": from_exact_arithmetic(comparison.history.losses),
        "stop_below": comparison.config.stop_below,
        "verdict": sentences(comparison),
    }


def from_exact_arithmetic(losses: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return how far each lane's losses are from the numpy lane's, which has float64's rounding.

    Where it did not train, from the portable lane's. Largest relative distance over the first
    FIRST_EPOCHS epochs and over all; {} without either lane.
    """
    judge = _judge(losses)
    if judge is None:
        return {}
    away = {lane: relative_distance(of, losses[judge]) for lane, of in losses.items()}
    return {
        lane: {"first_epochs": float(of[:FIRST_EPOCHS].max()), "all": float(of.max())}
        for lane, of in away.items()
        if lane != judge
    }


def _judge(losses: Mapping[str, np.ndarray]) -> str | None:
    return next((lane for lane in JUDGES if lane in losses), None)


def _seconds(measured: float) -> float | None:
    """None where nothing was left to run, and so to measure."""
    return round(measured, 6) if np.isfinite(measured) else None


def sentences(comparison: Comparison) -> str:
    """Return a sentence: is the exact lane the reference, and how far do the others drift?

    Others where the numpy lane or the portable one judges, where there is a checksum, and where the
    run was to stop below a loss.
    """
    epochs, lane = comparison.history.epochs, comparison.reference
    reference = "the TensorFlow 1 graph" if lane == "tf1" else f"the {lane} lane"
    clauses = []
    if comparison.config.precision == "mixed_bfloat16" and "exact" in comparison.parity:
        clauses.append(
            f"in mixed_bfloat16 the exact lane is away from {reference} by up to "
            f"{comparison.parity['exact'].max_rel:.1e} relative over {_epochs(epochs)}: it rounds "
            "to 8 bits, and no parity is promised"
        )
    elif comparison.exact_holds is None:
        if not comparison.checksum:
            clauses.append("nothing is proven, for the exact lane and a reference did not both run")
    elif comparison.parity["exact"].identical:
        clauses.append(
            f"the exact lane is {reference} bit for bit over {_epochs(epochs)}, losses and weights"
        )
    elif comparison.exact_holds:
        allowed = TOLERANCES["other_kernels"].relative
        clauses.append(
            f"the exact lane follows {reference} over {_epochs(epochs)} "
            f"on {_where(comparison)}, within {allowed:g} relative but not bit for bit"
        )
    else:
        where = comparison.parity["exact"].first_difference
        what = "the final weights" if where is None else f"epoch {comparison.history.first + where}"
        clauses.append(f"the exact lane is NOT {reference}: they differ first in {what}")
    clauses += [_drift(lane, comparison) for lane in comparison.parity if lane not in JUDGED]
    if comparison.checksum:
        clauses.append(_checksum(comparison.checksum))
    sentences = ["; ".join(clauses)]
    judged = from_exact_arithmetic(comparison.history.losses)
    if comparison.config.dropout:
        judged = {lane: away for lane, away in judged.items() if lane not in STOCK}
    if judged:
        judge = JUDGES[str(_judge(comparison.history.losses))]
        sentences.append(_judged(judge, judged, epochs))
    if comparison.config.stop_below is not None:
        sentences.append(_stopped(comparison))
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)


def _where(comparison: Comparison) -> str:
    if comparison.workers > 1:
        return f"{comparison.workers} workers, whose weights are identical to each other"
    return comparison.device.name


def _drift(lane: str, comparison: Comparison) -> str:
    parity = comparison.parity[lane]
    if comparison.config.dropout and lane in STOCK:
        return (
            f"the {lane} lane differs by up to {parity.max_rel:.1e} relative, for it drops out: "
            "no two frameworks draw the same masks, so no parity can hold"
        )
    if not parity.max_ulp:
        return f"the {lane} lane does not drift"
    return f"the {lane} lane drifts by at most {parity.max_rel:.1e} relative"


def _checksum(checksum: Checksum) -> str:
    if checksum.holds is None:
        return f"the portable lane's checksum is {checksum.found}; none is recorded for such a run"
    if checksum.holds:
        return f"the portable lane has the recorded checksum, {checksum.found}"
    return (
        f"the portable lane has NOT the recorded checksum, {checksum.recorded}, "
        f"but {checksum.found}"
    )


def _judged(judge: str, judged: Mapping[str, Mapping[str, float]], epochs: int) -> str:
    """Such as "from the exact arithmetic of the numpy lane, in float64, tf1 is at most ..."."""
    early = min(FIRST_EPOCHS, epochs)
    distances = ", ".join(
        f"{lane} {away['first_epochs']:.1e}"
        + (f" ({away['all']:.1e} in all)" if epochs > early else "")
        for lane, away in judged.items()
    )
    return f"from {judge}, the losses of the first {early} epochs are away by at most: {distances}"


def _stopped(comparison: Comparison) -> str:
    reached = comparison.history.losses[comparison.reference]
    below = f"below {comparison.config.stop_below:g}"
    if reached[-1] < comparison.config.stop_below:
        return f"stopped after {_epochs(len(reached))}: the loss {reached[-1]!s} is {below}"
    return f"the loss did not fall {below} in {_epochs(len(reached))}: it is {reached[-1]!s}"


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
