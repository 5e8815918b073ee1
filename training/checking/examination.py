"""A pair under examination: both sides on the same batches from the same weights.

The TensorFlow 1 side is recorded once in float32, and in float64 by `training/checking/wide.py`;
any variant of the Keras side can then be held against it.
"""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.pairing import Pairing, Unmatched, pair_moving, pair_up
from keras_models.rewrite import Rewrite
from tf1_compat.graph import GraphProgram
from training.checking.wide import Wide
from training.errors import UserError, first_line
from training.model_files.pair import Pair
from training.parity import ladder
from training.parity.ladder import Batch, Rung, Trace

SPREAD = 0.1
"""Standard deviation of what is added to a constant initial weight."""


class Examination:
    """A pair with its batches and weights.

    `pairing` is that of every copy of the Keras model, where it is known; `held` are variables that
    nobody trains, such as those of frozen layers. Weights are the graph's own initial ones; a
    variable that starts as a constant, such as a bias of zeros, has N(0, 0.1) added on both sides,
    or a mistake could hide behind the zeros. Raises UserError for a graph that gives another loss
    when run again, and for data that it refuses.
    """

    def __init__(
        self,
        pair: Pair,
        batches: Sequence[Batch],
        seed: int,
        config: tf.compat.v1.ConfigProto,
        pairing: Pairing | None = None,
    ) -> None:
        self._pairing = pairing
        self.pair, self.batches, self.seed, self._config = pair, batches, seed, config
        self.optimizer_name = type(pair.sample.optimizer).__name__
        self.program = GraphProgram(
            pair.graph, pair.inspection, config, pair.structure.moving, pair.structure.switch
        )
        self.drawn = self.program.weights()
        self.weights = _unhidden(self.drawn, seed)
        self.held = self.program.read(pair.structure.held)
        self.trace = self.record(self.program, batches)
        self.dropout_rates = _dropout_rates(pair.sample)
        self.wide = Wide(self)

    def start_over(self, program: GraphProgram) -> None:
        """Set a program of the graph to where both sides begin."""
        program.reset()
        program.assign({**self.weights, **self.held})

    def record(self, program: GraphProgram, batches: Sequence[Batch]) -> Trace:
        """Return what a program of the graph does on `batches`, from the examination's weights."""
        self.start_over(program)
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
        averages = _above(program.moving(), self.seed)
        return ladder.record(program, observed, batches, averages)

    def scaled(self, factor: float) -> "Examination":
        """Return the same examination on batches whose x is `factor` times as large."""
        batches = [_larger(batch, factor) for batch in self.batches]
        return Examination(self.pair, batches, self.seed, self._config, self._pairing)

    def paired(self, pairing: Pairing) -> "Examination":
        """Return the same examination with variables paired as said."""
        return Examination(self.pair, self.batches, self.seed, self._config, pairing)

    def clips(self, factor: float) -> bool:
        """Whether the graph changes a gradient on its way where x is `factor` times as large."""
        x, y = _larger(self.batches[0], factor)
        self.start_over(self.program)
        raw, applied = self.program.observe(x, y).gradients, self.program.applied_gradients(x, y)
        return any(not np.array_equal(applied[name], raw[name]) for name in applied)

    def graph_rates(self, steps: Sequence[int]) -> np.ndarray | None:
        """Return the graph's learning rate at each update, [steps]; None where it has none."""
        step, rates = self.pair.structure.step, []
        self.program.reset()
        for at in steps:
            if step is not None:
                self.program.assign({step: np.array(at)})
            rates.append(self.program.hyperparameters(*self.batches[0]).get("learning_rate"))
        return None if None in rates else np.array(rates, np.float64)

    @property
    def rule(self) -> str | None:
        """The graph's update rule, where it is one that is known."""
        updates = self.pair.inspection.updates
        return updates[0].rule if updates else None

    def fresh_model(self) -> keras.Model:
        """Return a new model of the user's, its weights made, its dropout off.

        Masks are other random numbers on the other side, and the graph's are off as well.
        """
        model = self.pair.keras_model()
        _without_dropout(model)
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

    def user_climb(self) -> tuple[list[Rung], Trace | None]:
        """Climb the whole ladder with the user's model; return the rungs, and what it did.

        Raises UserError where it refuses the batches.
        """
        model = self.fresh_model()
        with self._refusal():
            return self._climbed(model)

    def pairing(self, model: keras.Model) -> Pairing:
        """Pair the variables; raises Unmatched where one is left over."""
        return self._pairing or pair_up(self.pair.inspection.shapes, model, self.pair.weight_map)

    @property
    def biased(self) -> set[str]:
        """Moving variances over n - 1, as TensorFlow 1's fused batch norm takes them; Keras: n."""
        if not any("FusedBatchNorm" in kind for kind in self.pair.op_types):
            return set()
        return {name for name in self.pair.structure.moving if "var" in name.rpartition("/")[2]}

    def pairing_of_moving(
        self, model: keras.Model, pairing: Pairing
    ) -> tuple[Pairing, Sequence[str]]:
        """Pair the moving averages; return them, and the paths in Keras that are left over."""
        shapes = {name: array.shape for name, array in self.trace.moving[0].items()}
        return pair_moving(shapes, model, pairing)

    def rewrite(self, model: keras.Model, pairing: Pairing, *, traced: bool = True) -> Rewrite:
        """Return what climbs for `model`."""
        moving, _ = self.pairing_of_moving(model, pairing)
        return Rewrite(model, pairing, moving, traced=traced)

    def rungs(self, model: keras.Model) -> list[Rung]:
        """Climb the whole ladder in the dtype of the pair, as `fit` would run the model."""
        return self._climbed(model)[0]

    def _climbed(self, model: keras.Model) -> tuple[list[Rung], Trace | None]:
        """Return the rungs, and what the model did where its variables could be paired."""
        try:
            kept = ladder.Kept(self.rewrite(model, self.pairing(model)))
        except Unmatched as unmatched:
            return [Rung("variables", False, None, 0.0, 0.0, None, note=str(unmatched))], None
        return list(self.climb(kept, self.trace, self.batches)), kept.trace

    def climb(
        self, climber: Any, trace: Trace, batches: Sequence[Batch], noise: Collection[str] = ()
    ) -> Iterator[Rung]:
        """Climb from the weights of `trace`; lazy, see `ladder.climb`."""
        climber.load_weights(trace.weights)
        climber.load_moving(trace.averages_at_first)
        climber.hold(self.held)
        noise = {*noise, *self.biased}
        return ladder.climb(climber, trace, batches, noise, probabilities=self.pair.probabilities)


def _larger(batch: Batch, factor: float) -> Batch:
    x, y = batch
    return x * x.dtype.type(factor), y


def _dropping(model: keras.Model) -> Iterator[tuple[Any, str]]:
    """Yield what drops numbers in `model` while it is trained, and the attribute of its rate."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            yield layer, "rate"
        for name in ("dropout", "recurrent_dropout"):
            if isinstance(vars(layer).get(name), float):
                yield layer, name


def _dropout_rates(model: keras.Model) -> list[float]:
    return [rate for thing, name in _dropping(model) if (rate := getattr(thing, name))]


def _without_dropout(model: keras.Model) -> None:
    for thing, name in _dropping(model):
        setattr(thing, name, 0.0)


def _unhidden(weights: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return the weights with every constant one spread."""
    rng = np.random.default_rng(seed)
    spread = {}
    for name, array in weights.items():
        noise = SPREAD * rng.standard_normal(array.shape)
        if np.ptp(array) == 0 and array.dtype.kind == "f":
            array = (array + noise).astype(array.dtype)
        spread[name] = array
    return spread


def _above(averages: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return moving averages further from zero, where variances stay: 0 and 1 hide too much."""
    rng = np.random.default_rng(seed)
    return {
        name: array + np.abs(SPREAD * rng.standard_normal(array.shape)).astype(np.float32)
        for name, array in averages.items()
    }
