"""A pair under examination: both sides on the same batches from the same weights.

The TensorFlow 1 side is recorded once in float32 (`training/checking/recording.py`), and in float64
(`training/checking/wide.py`); any variant of the Keras side can then be held against it.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models import draws, masks
from keras_models.exact import TF1FusedBatchNorm
from keras_models.pairing import Pairing, Unmatched, pair_held, pair_moving, pair_up, with_gates
from keras_models.rewrite import Rewrite
from training.checking import beginning
from training.checking.batches import taken
from training.checking.recording import Given, Recording
from training.checking.wide import Wide
from training.errors import UserError
from training.model_files.users_code import blamed, line_of, message, place
from training.parity import ladder
from training.parity.ladder import Batch, Rung, Trace


class Examination(Recording):
    """A pair with its batches and weights: a graph recorded, and a Keras model to be held to it.

    `pairing` is that of every copy of the Keras model, where it is known.
    """

    def __init__(self, given: Given, pairing: Pairing | None = None) -> None:
        super().__init__(given)
        self._pairing = pairing
        self.optimizer_name = type(self.pair.sample.optimizer).__name__
        self.wide = Wide(self)

    def scaled(self, factor: float) -> "Examination":
        """Return the same examination on batches whose x is `factor` times as large."""
        return self._having(batches=[beginning.larger(batch, factor) for batch in self.batches])

    def wider(self, factor: float) -> tuple[list[Batch], dict[str, np.ndarray]]:
        """Return a few batches, and weights, of x and constants spread `factor` times as wide."""
        weights = beginning.unhidden(self.drawn, self.seed, factor)
        return beginning.widened(self.batches, factor), weights

    def widened(self, factor: float) -> "Examination":
        """Return the same examination of what is `wider`."""
        batches, weights = self.wider(factor)
        return self._having(batches=batches, weights=weights)

    def paired(self, pairing: Pairing) -> "Examination":
        """Return the same examination with variables paired as said."""
        return Examination(self.given, pairing)

    def fed(self, fixed: Mapping[str, Any]) -> "Examination":
        """Return the same examination with other placeholders of the graph fed as well."""
        return self._having(fixed={**self.fixed, **fixed})

    def without_grappler(self) -> "Examination":
        """Return the same examination with TensorFlow's graph optimizers off in the graph."""
        config = tf.compat.v1.ConfigProto()
        config.CopyFrom(self.given.config)
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        return self._having(config=config)

    def _having(self, **changes: Any) -> "Examination":
        """Return the same examination of other batches, or with something else that it is given."""
        return Examination(self.given._replace(**changes), self._pairing)

    @contextlib.contextmanager
    def masked(self) -> Iterator[None]:
        """Let Keras models have the graph's random numbers, and drop nothing where it does not."""
        dropping = self.streams["uniform"] if any(self.dropped) else None
        with draws.made_of(self.streams), masks.given(dropping):
            yield

    @cached_property
    def _asked(self) -> tuple[list[float], list[str]]:
        model = self.fresh_model()
        with masks.given(None) as rates, draws.made_of(self.streams) as kinds, self._refusal():
            model(self._x(self.batches[0]), training=True)
        return rates, kinds

    @property
    def keras_dropped(self) -> list[float]:
        """The rates of dropout in Keras, in the order of the calls."""
        return self._asked[0]

    @property
    def keras_drawn(self) -> list[str]:
        """The kinds of random numbers that Keras draws for anything else, in that order."""
        return self._asked[1]

    def fresh_model(self) -> keras.Model:
        """Return a new model of the user's, its weights made."""
        model = self.pair.keras_model()
        if not model.built:
            with self._refusal():
                model(self._x(taken(self.batches[0], np.arange(1))))
        return model

    def _x(self, batch: Batch) -> Any:
        return keras.tree.map_structure(tf.constant, batch[0])

    @contextlib.contextmanager
    def _refusal(self) -> Iterator[None]:
        """Turn what Keras has against the batches, or the user's code raises, into a UserError."""
        path, (x, y) = self.pair.path, map(_shown, self.batches[0])
        try:
            yield
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise UserError(
                f"{place(error, path)}: the Keras model cannot be trained on what the graph takes, "
                f"x {x} and y {y}: {message(error)}"
            ) from error
        except Exception as error:
            if line_of(error, path) is None:
                raise
            with blamed(path, "the Keras model"):
                raise

    def user_climb(self) -> tuple[list[Rung], Trace | None]:
        """Climb the whole ladder with the user's model; return the rungs, and what it did.

        Raises UserError where it refuses the batches.
        """
        model = self.fresh_model()
        with self._refusal():
            return self._climbed(model)

    def pairing(self, model: keras.Model) -> Pairing:
        """Pair the variables; raises Unmatched where one is left over."""
        pair, shapes = self.pair, self.pair.inspection.shapes
        return self._pairing or pair_up(shapes, model, pair.weight_map, pair.structure.gates)

    @cached_property
    def biased(self) -> set[str]:
        """Moving variances over n - 1, as TensorFlow 1's fused batch norm takes them; Keras: n."""
        if not any("FusedBatchNorm" in kind for kind in self.pair.op_types):
            return set()
        variances = {name for name in self.pair.structure.moving if "var" in _last(name)}
        model = self.fresh_model()
        try:
            found, _ = self.pairing_of_moving(model, self.pairing(model))
        except Unmatched:
            return variances
        layers, weights = model._flatten_layers(), list(model.weights)
        too = {id(one.moving_variance) for one in layers if isinstance(one, TF1FusedBatchNorm)}
        ours = {name: id(weights[match.places[0]]) for name, match in found.items()}
        return {name for name in variances if ours.get(name) not in too}

    def pairing_of_moving(
        self, model: keras.Model, pairing: Pairing
    ) -> tuple[Pairing, Sequence[str]]:
        """Pair the moving averages; return them, and the paths in Keras that are left over."""
        moving, shadows = self.trace.moving[0], self.pair.structure.shadows
        shapes = {name: array.shape for name, array in moving.items() if name not in shadows}
        return pair_moving(shapes, model, pairing)

    def rewrite(self, model: keras.Model, pairing: Pairing, **how: bool) -> Rewrite:
        """Return what climbs for `model`; see Rewrite for `how`."""
        moving, _ = self.pairing_of_moving(model, pairing)
        shapes = {name: array.shape for name, array in self.held.items()}
        held = with_gates(pair_held(shapes, model, pairing), self.pair.structure.gates)
        return Rewrite(model, pairing, moving, held, self.pair.structure.shadows, **how)

    def rungs(self, model: keras.Model) -> list[Rung]:
        """Climb up to a rung that fails in the dtype of the pair, as `fit` would run the model."""
        return self._climbed(model, ladder.until_one_fails)[0]

    def _climbed(
        self, model: keras.Model, taken: Callable[[Iterable[Rung]], list[Rung]] = list
    ) -> tuple[list[Rung], Trace | None]:
        """Return the rungs, and what the model did where its variables could be paired."""
        try:
            kept = ladder.Kept(self.rewrite(model, self.pairing(model)))
        except Unmatched as unmatched:
            return [Rung("variables", False, None, 0.0, 0.0, None, note=str(unmatched))], None
        return taken(self.climb(kept, self.trace, self.batches)), kept.trace

    def climb(
        self, climber: Any, trace: Trace, batches: Sequence[Batch], noise: Collection[str] = ()
    ) -> Iterator[Rung]:
        """Climb from the weights of `trace`; lazy, see `ladder.climb`."""
        climber.load_weights(trace.weights)
        climber.load_moving(trace.averages_at_first)
        climber.hold(self.held)
        noise = {*noise, *self.biased}
        return ladder.climb(climber, trace, batches, noise, probabilities=self.pair.probabilities)


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _shown(tree: Any) -> str:
    return ", ".join(f"{list(array.shape)} {array.dtype}" for array in keras.tree.flatten(tree))
