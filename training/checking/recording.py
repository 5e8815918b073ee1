"""What the TensorFlow 1 side of a pair does on its batches, recorded."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.graph import GraphProgram
from training.checking import beginning, randomness
from training.errors import UserError, first_line
from training.model_files.pair import Pair
from training.parity import ladder
from training.parity.ladder import Batch, Trace


class Recording:
    """A pair's graph, and what it does on batches from where both sides begin.

    `weights` are the beginning's. Without them they are the graph's own initial ones; a variable
    that starts as a constant, such as a bias of zeros, has N(0, 0.1) added on both sides, or a
    mistake could hide behind the zeros. `held` are variables that nobody trains, such as those of
    frozen layers. The graph is fed `fixed` besides, by tensor. `dropped` is which share each of its
    dropouts drops then. Raises UserError for a graph that gives another loss when run again, and
    for data that it refuses.
    """

    def __init__(
        self,
        pair: Pair,
        batches: Sequence[Batch],
        seed: int,
        config: tf.compat.v1.ConfigProto,
        fixed: Mapping[str, Any],
        weights: Mapping[str, np.ndarray] | None,
    ) -> None:
        self.pair, self.batches, self.seed, self.config = pair, batches, seed, config
        self.fixed, self.streams = {**pair.fixed, **fixed}, beginning.streams(seed)
        known = (pair.graph, pair.inspection, pair.structure)
        self.program = GraphProgram(*known, config, self.fixed, self.streams)
        with self._graph_refusal():
            self.dropped = self.program.dropout_rates(*batches[0])
        self.drawn = self.program.weights()
        self.weights = weights or beginning.unhidden(self.drawn, seed)
        self.held = self.program.read(pair.structure.held)
        self.trace = self.record(self.program, batches)

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
