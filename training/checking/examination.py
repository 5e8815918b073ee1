"""A pair under examination: both sides on the same batches from the same weights.

The TensorFlow 1 side is recorded once in float32 and, when first asked for, once in float64; any
variant of the Keras side can then be held against it.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models import variants
from keras_models.rewrite import Pairing, Rewrite, Unmatched, pair_up
from tf1_compat.graph import GraphProgram
from training.errors import UserError, first_line
from training.model_files.pair import Pair
from training.parity import ladder
from training.parity.ladder import Batch, Rung, Trace

SPREAD = 0.1
"""Standard deviation of what is added to a constant initial weight."""


@dataclass(frozen=True)
class OptimizerStart:
    """What the graph's optimizer starts with."""

    hyperparameters: Mapping[str, float | bool]
    slots: Mapping[str, np.ndarray]
    applied: Mapping[str, np.ndarray]
    """Variable -> the gradient that is applied first, after any clipping."""
    rates: tuple[float, ...]
    """Learning rate at every step."""


class Examination:
    """A pair with its batches and weights.

    Weights are the graph's own initial ones; a variable that starts as a constant, such as a bias
    of zeros, has N(0, 0.1) added on both sides, or a mistake could hide behind the zeros. Raises
    UserError for a graph that gives another loss when run again, and for data that it refuses.
    """

    def __init__(
        self, pair: Pair, batches: Sequence[Batch], seed: int, config: tf.compat.v1.ConfigProto
    ) -> None:
        self.pair, self.batches = pair, batches
        self.optimizer_name = type(pair.sample.optimizer).__name__
        self.program = GraphProgram(pair.graph, pair.inspection, config)
        self.weights, self.unhidden = _unhidden(self.program.weights(), seed)
        self.trace = self._record(self.program, batches)

    def _record(self, program: GraphProgram, batches: Sequence[Batch]) -> Trace:
        program.reset()
        program.load_weights(self.weights)
        try:
            observed, again = (program.observe(*batches[0]) for _ in range(2))
        except (tf.errors.OpError, ValueError) as error:
            raise UserError(f"{self.pair.path}: the graph fails: {first_line(error)}") from error
        if observed.loss.tobytes() != again.loss.tobytes():
            raise UserError(
                f"{self.pair.path}: the graph's loss is {observed.loss}, then {again.loss} for the "
                "same batch.\nSwitch its randomness off, for example with a keep_prob that "
                "defaults to 1.0."
            )
        return ladder.record(program, observed, batches)

    @property
    def rule(self) -> str | None:
        """The graph's update rule, where it is one that is known."""
        updates = self.pair.inspection.updates
        return updates[0].rule if updates else None

    def fresh_model(self) -> keras.Model:
        """Return a new model of the user's, its weights made."""
        model = self.pair.keras_model()
        if not model.built:
            with self._refusal():
                model(tf.constant(self.batches[0][0][:1]))
        return model

    @contextlib.contextmanager
    def _refusal(self) -> Iterator[None]:
        """Turn what Keras has against the batches into a UserError."""
        try:
            yield
        except (ValueError, TypeError, tf.errors.OpError) as error:
            x, y = self.batches[0]
            raise UserError(
                f"{self.pair.path}: the Keras model cannot be trained on what the graph takes, x "
                f"{list(x.shape)} {x.dtype} and y {list(y.shape)} {y.dtype}: {first_line(error)}"
            ) from error

    def user_rungs(self) -> list[Rung]:
        """Climb the whole ladder with the user's model; UserError where it refuses the batches."""
        model = self.fresh_model()
        with self._refusal():
            return self.rungs(model)

    def pairing(self, model: keras.Model) -> Pairing:
        """Pair the variables; raises Unmatched where one is left over."""
        return pair_up(self.pair.inspection.shapes, model, self.pair.weight_map)

    def rungs(self, model: keras.Model) -> list[Rung]:
        """Climb the whole ladder in the dtype of the pair, as `fit` would run the model."""
        try:
            pairing = self.pairing(model)
        except Unmatched as unmatched:
            return [Rung("variables", False, None, 0.0, 0.0, None, note=str(unmatched))]
        return list(self._climb(Rewrite(model, pairing), self.trace, self.batches))

    def _climb(self, rewrite: Rewrite, trace: Trace, batches: Sequence[Batch]) -> Iterator[Rung]:
        rewrite.load_weights(trace.weights)
        return ladder.climb(rewrite, trace, batches, probabilities=self.pair.probabilities)

    @cached_property
    def wide_batches(self) -> list[Batch]:
        """The batches with every float in float64."""
        return [(_wide(x), _wide(y)) for x, y in self.batches]

    @cached_property
    def wide_program(self) -> GraphProgram:
        """The graph in float64."""
        return self.program.in_float64()

    @cached_property
    def wide_trace(self) -> Trace:
        """What the graph does in float64."""
        return self._record(self.wide_program, self.wide_batches)

    @cached_property
    def wide_start(self) -> OptimizerStart:
        """How the graph's optimizer starts, in float64."""
        program, first = self.wide_program, self.wide_batches[0]
        program.reset()
        program.load_weights(self.weights)
        values, slots = program.hyperparameters(*first), program.slots()
        applied = program.applied_gradients(*first)
        rates = []
        for x, y in self.wide_batches:
            rates.append(float(program.hyperparameters(x, y).get("learning_rate", 0.0)))
            program.step(x, y)
        return OptimizerStart(values, slots, applied, tuple(rates))

    def wide_rewrite(self, model: keras.Model, pairing: Pairing) -> Rewrite:
        """Return a float64 model, run eagerly, with the initial weights."""
        rewrite = Rewrite(model, pairing, traced=False)
        rewrite.load_weights(self.wide_trace.weights)
        return rewrite

    def wide_rungs(self, model: keras.Model, pairing: Pairing) -> Iterator[Rung]:
        """Climb in float64, where identical means no further apart than rounding; lazy."""
        return self._climb(
            Rewrite(model, pairing, traced=False), self.wide_trace, self.wide_batches
        )

    def wide_observation(self, model: keras.Model, pairing: Pairing) -> Any:
        """Return logits, loss and gradients of a float64 model on the first batch."""
        x, y = self.wide_batches[0]
        rewrite = self.wide_rewrite(model, pairing)
        return rewrite.observe(x, y, probabilities=self.pair.probabilities)


def _unhidden(
    weights: dict[str, np.ndarray], seed: int
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the weights with every constant one spread, and the names of those."""
    rng = np.random.default_rng(seed)
    spread, names = {}, []
    for name, array in weights.items():
        noise = SPREAD * rng.standard_normal(array.shape)
        if np.ptp(array) == 0 and array.dtype.kind == "f":
            names.append(name)
            array = (array + noise).astype(array.dtype)
        spread[name] = array
    return spread, tuple(names)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float32 else array


@contextlib.contextmanager
def in_float64() -> Iterator[None]:
    """Let Keras make and run everything in float64."""
    with variants.floatx("float64"):
        yield
