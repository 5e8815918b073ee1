"""Which sides of the thresholds inside both models are reached by the numbers they are fed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tf1_compat.reading import thresholds
from tf1_compat.reading.thresholds import Threshold
from training.checking import beginning
from training.checking.examination import Examination
from training.checking.failures import expected
from training.parity.ladder import Batch

FACTORS = (10, 100, 1_000, 10_000)
"""How many times as wide numbers are spread."""


class Missed(NamedTuple):
    """Sides that no number is on, and what helps."""

    sides: list[str]
    """In words, TensorFlow 1's first."""
    factor: int | None
    """How many times as wide a spread reaches most of them; None: no spread reaches any."""
    still: list[str]
    """Those that it does not reach."""


def missed(examination: Examination) -> Missed:
    """Return what the first batches miss, from the outputs and the cost on, and what helps.

    What keeps a logarithm from zero is to stay idle, for it is no part of a model.
    """
    both = _Both(examination)
    reached = both.reached(examination.batches, examination.weights)
    every = [(side, one.guard) for one in both.thresholds for side in one.sides]
    sides = [side for side, _ in every if side not in reached]
    guards = {side for side, guard in every if guard}
    sought, best, most = {*sides} - guards, None, set[str]()
    for factor in FACTORS:
        if most == sought:
            break
        new = both.reached_widely(factor) - reached
        if not new & guards and len(new & sought) > len(most):
            best, most = factor, new & sought
    return Missed(sides, best, [side for side in sides if side not in most])


class _Both:
    """Both sides of a pair, which can be fed any batches from any weights."""

    def __init__(self, examination: Examination) -> None:
        pair, self._examination = examination.pair, examination
        self._theirs = thresholds.of_graph(pair.graph, pair.inspection, pair.fixed)
        self._names = [[tensor.name for tensor in one.compared] for one in self._theirs]
        self._ours = Traced(examination.fresh_model())
        model = self._ours.model
        self._rewrite = examination.rewrite(model, examination.pairing(model))
        self._rewrite.hold(examination.held)

    @property
    def thresholds(self) -> list[Threshold]:
        """Every one; Keras' once there was a batch."""
        return [*self._theirs, *self._ours.found]

    def reached(self, batches: Sequence[Batch], weights: Mapping[str, np.ndarray]) -> set[str]:
        """Return the sides that numbers of the first batches are on."""
        program, found = self._examination.program, set[str]()
        self._examination.start_over(program)
        program.assign(weights)
        self._rewrite.load_weights(weights)
        with self._examination.masked():
            for x, y in batches[: beginning.FEW]:
                found |= thresholds.reached(self._theirs, program.values(self._names, x, y))
                found |= self._ours.reached(x, y)
        return found

    def reached_widely(self, factor: float) -> set[str]:
        """Return the same of numbers spread wider; nothing where a model refuses such."""
        try:
            return self.reached(*self._examination.wider(factor))
        except Exception as error:
            if not expected(error, self._examination.pair.path):
                raise
            return set()


class Traced:
    """A compiled model and its loss in training, as the graph that it is traced as."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.found: list[Threshold] = []
        """Once there was a batch."""
        self._function = tf.function(self._compared, autograph=False)

    def _compared(self, x: Any, y: Any) -> list[list[tf.Tensor]]:
        outputs = self.model(x, training=True)
        loss = self.model.compute_loss(x=x, y=y, y_pred=outputs)
        last = [tensor.op for tensor in tf.nest.flatten([outputs, loss])]
        self.found = thresholds.find(last, " of Keras")
        return [one.compared for one in self.found]

    def reached(self, x: Any, y: Any) -> set[str]:
        """Return the sides that numbers of a batch are on."""
        numbers = self._function(*tf.nest.map_structure(tf.constant, (x, y)))
        return thresholds.reached(self.found, numbers)
