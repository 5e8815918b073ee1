"""Random networks come back from TensorFlow 1 as the Keras models that they were.

`python -m tests.rewriting` draws hundreds; here is a sample of the same.
"""

import pytest

from tests.rewriting import models, round_trip
from training.parity.tolerances import TOLERANCES

SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_network_comes_back(seed: int) -> None:
    """The same layers, hyperparameters and bits; TensorFlow 1's, but for rounding."""
    there = models.draw(seed)
    back = round_trip.go(there)
    assert round_trip.described(back.model) == round_trip.described(there.model), back.source
    assert back.same
    assert back.distance <= TOLERANCES["round_trip"].relative
