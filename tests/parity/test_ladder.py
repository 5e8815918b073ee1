"""A rung says what differs, where first, and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tf1_compat.graph import Observation
from training.parity import ladder
from training.parity.ladder import Rung

BATCHES = [(np.zeros(1), np.zeros(1))] * 3


@dataclass
class Scripted:
    """A climber that moves its weight by `steps`, one a step."""

    steps: tuple[float, ...] = (1.0, 2.0, 3.0)
    gradient: float = 0.5
    dtype: str = "float32"
    weight: Mapping[str, np.ndarray] = field(init=False)
    taken: int = 0

    def __post_init__(self) -> None:
        self.weight = {"a": np.ones(2, self.dtype), "b": np.full(2, 4, self.dtype)}

    def weights(self) -> dict[str, np.ndarray]:
        return dict(self.weight)

    def slots(self) -> dict[str, np.ndarray]:
        return {"slot m of a": np.zeros(2, self.dtype)}

    def moving(self) -> dict[str, np.ndarray]:
        return {"mean": self.weight["b"]}

    def infer(self, x: np.ndarray, moving: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"logits": moving["mean"] * self.gradient}

    def observe(self, x: np.ndarray, y: np.ndarray) -> Observation:
        number = np.array(self.gradient, self.dtype)
        logits = {"logits": np.ones(3, self.dtype)}
        return Observation(logits, np.ones((), self.dtype), {"a": number})

    def step(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        moved = np.array([0, self.steps[self.taken]], self.dtype)
        self.weight = {**self.weight, "b": self.weight["b"] + moved}
        self.taken += 1
        return np.ones((), self.dtype)


def climb(climber: Any, reference: Any) -> dict[str, Rung]:
    trace = ladder.record(reference, reference.observe(*BATCHES[0]), BATCHES, reference.moving())
    return {rung.name: rung for rung in ladder.climb(climber, trace, BATCHES)}


def test_twins_are_identical_on_every_rung() -> None:
    rungs = climb(Scripted(), Scripted())
    assert tuple(rungs) == ladder.NAMES
    assert all(rung.ok and rung.max_ulp == 0 and rung.max_rel == 0 for rung in rungs.values())


def test_no_rung_stops_the_climb_and_the_first_different_step_is_named() -> None:
    rungs = climb(Scripted(steps=(1.0, 2.5, 3.0), gradient=0.25), Scripted())
    assert tuple(rungs) == ladder.NAMES
    wrong = [name for name, rung in rungs.items() if not rung.ok]
    assert wrong == ["gradients", "all updates", "moving averages", "inference"]
    gradients = rungs["gradients"]
    assert (gradients.where, gradients.max_ulp, gradients.max_abs) == ("a", 2**23, 0.25)
    assert gradients.max_rel == 0.5
    assert rungs["all updates"].where == "step 2, b"
    assert rungs["all updates"].max_abs == 0.5
    assert rungs["all updates"].max_rel == 0.5 / 7


def test_one_last_bit_fails_in_float32_and_is_rounding_in_float64() -> None:
    for dtype, ok in (("float32", False), ("float64", True)):
        off = float(np.nextafter(np.array(0.5, dtype), np.array(1, dtype)))
        rung = climb(Scripted(gradient=off, dtype=dtype), Scripted(dtype=dtype))["gradients"]
        assert rung.ok is ok
        assert rung.max_ulp == (None if ok else 1)


def test_one_in_a_billion_is_no_rounding_in_float64() -> None:
    off = climb(Scripted(gradient=0.5 + 1e-9, dtype="float64"), Scripted(dtype="float64"))
    assert not off["gradients"].ok


def test_not_a_number_is_a_difference() -> None:
    for dtype in ("float32", "float64"):
        rung = climb(Scripted(gradient=np.nan, dtype=dtype), Scripted(dtype=dtype))["gradients"]
        assert not rung.ok


def test_shape_and_dtype_are_rungs_of_their_own() -> None:
    wide = Scripted(dtype="float64")
    assert climb(wide, Scripted())["variables"].where == "a"
