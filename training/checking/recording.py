"""What the TensorFlow 1 side of a pair does on its batches, recorded."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf1_compat.graph import GraphProgram
from training.checking import beginning, randomness
from training.errors import UserError, first_line
from training.model_files.pair import Pair
from training.parity import ladder
from training.parity.ladder import Batch, Trace

LARGEST, SMALL = 1_000, 1e-3
"""Times the first loss, or SMALL where that is less, that a loss may be."""


class Given(NamedTuple):
    """What is examined: a pair, what it is fed, and where both sides begin."""

    pair: Pair
    batches: Sequence[Batch]
    seed: int
    config: tf.compat.v1.ConfigProto
    fixed: Mapping[str, Any] = MappingProxyType({})
    """Tensor -> what it is fed besides."""
    weights: Mapping[str, np.ndarray] | None = None
    """The beginning's; None: the graph's own initial ones. A variable that starts as a constant,
    such as a bias of zeros, has N(0, 0.1) added on both sides then, or a mistake could hide behind
    the zeros."""


class Recording:
    """A pair's graph, and what it does on batches from where both sides begin.

    `held` are variables that nobody trains, such as those of frozen layers. `dropped` is which
    share each of its dropouts drops. Raises UserError for a graph that gives another loss when run
    again, and for data that it refuses.
    """

    def __init__(self, given: Given) -> None:
        pair, batches, seed, config, fixed, weights = given
        self.pair, self.batches, self.seed = pair, batches, seed
        self.fixed, self.streams = {**pair.fixed, **fixed}, beginning.streams(seed)
        known = (pair.graph, pair.inspection, pair.structure)
        self.program = GraphProgram(*known, config, self.fixed, self.streams)
        with self._graph_refusal():
            self.dropped = self.program.dropout_rates(*batches[0])
        self.drawn = self.program.weights()
        self.weights = weights or beginning.unhidden(self.drawn, seed)
        self.held = self.program.read(pair.structure.held)
        self.trace = self.record(self.program, batches)
        self.diverging = None
        """The loss that is too large to go on from; None: there is none."""
        if beyond := next((i for i, loss in enumerate(self.trace.losses) if self._far(loss)), 0):
            self.batches, self.diverging = batches[:beyond], float(self.trace.losses[beyond])
            self.trace = self.record(self.program, self.batches)
        self.given = given._replace(fixed=self.fixed, weights=self.weights)

    def _far(self, loss: np.ndarray) -> bool:
        """Whether training diverges: what is rounding grows with the loss then."""
        return not abs(loss) <= LARGEST * max(float(abs(self.trace.losses[0])), SMALL)

    def start_over(self, program: GraphProgram) -> None:
        """Set a program of the graph to where both sides begin."""
        program.reset()
        shadows = self.pair.structure.shadows.items()
        averages = {shadow: self.weights[name] for shadow, name in shadows}
        program.assign({**self.weights, **self.held, **averages})

    def record(self, program: GraphProgram, batches: Sequence[Batch]) -> Trace:
        """Return what a program of the graph does on `batches`, from the examination's weights."""
        self.start_over(program)
        with self._graph_refusal():
            observed, again = (program.observe(*batches[0]) for _ in range(2))
        if observed.loss.tobytes() != again.loss.tobytes():
            raise randomness.refusal(self.pair, observed.loss, again.loss)
        shadows, moving = self.pair.structure.shadows, program.moving()
        of_layers = {name: array for name, array in moving.items() if name not in shadows}
        averages = beginning.above(of_layers, self.seed)
        with self._graph_refusal():
            return ladder.record(program, observed, batches, averages)

    @contextlib.contextmanager
    def _graph_refusal(self) -> Iterator[None]:
        """Turn what the graph has against the batches into a UserError."""
        try:
            yield
        except (tf.errors.OpError, ValueError) as error:
            raise UserError(f"{self.pair.path}: the graph fails: {first_line(error)}") from error

    def rates(self, fixed: Mapping[str, Any]) -> list[float]:
        """Return which share of numbers each dropout of the graph drops where `fixed` is fed."""
        return self.program.dropout_rates(*self.batches[0], fixed)

    @property
    def rule(self) -> str | None:
        """The graph's update rule, where it is one that is known."""
        updates = self.pair.inspection.updates
        return updates[0].rule if updates else None
