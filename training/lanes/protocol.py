"""What a lane has to be able to do, whoever trains in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tf1_compat.state import State


class Trainee(Protocol):
    """Whatever trains: the TensorFlow 1 session, a Keras model, ..."""

    name: str
    placement: dict[str, dict[str, int]]
    """Device -> op -> number of ops executed there in the first step; empty before it."""

    def step(self) -> np.floating:
        """Run one update on the bound data; return the loss before it."""

    def steps(self, count: int) -> Sequence[np.floating]:
        """Run `count` updates in one call; return the loss before each, [count]."""

    def logits(self, x: np.ndarray) -> np.ndarray:
        """[N, 784] float32 -> [N, 10] float32."""

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays by the article's names."""

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set the trained arrays; the optimizer's state stays as it is."""

    def state(self) -> State:
        """Return copies of weights, optimizer slots and step by TensorFlow 1's checkpoint names."""

    def load_state(self, state: State) -> None:
        """Set them: training goes on from there."""

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of every array that training depends on, random state included."""

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""

    def save(self, folder: Path) -> None:
        """Write the model and its optimizer's state into a run folder, under the trainee's name."""
