"""A pair in float64, where what is rounding shrinks by 2^29 and what is another meaning stays."""

import contextlib
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import keras
import numpy as np

from keras_models.clones import copies, kernels, variants
from keras_models.pairing import Pairing
from keras_models.rewrite import Rewrite
from tf1_compat.graph import GraphProgram
from training.checking.batches import taken
from training.model_files.pair import Pair
from training.parity import ladder
from training.parity.ladder import Batch, Rung, Trace
from training.parity.observed import distances
from training.parity.tolerances import TOLERANCES

SHAKEN, TIMES = 2.0**-20, 4
"""How much of a number some hundred roundings of float32 are, and how often all are moved by it."""
LUCK = 2.0
"""Rounding may move what is observed so many times as far."""


class Narrow(Protocol):
    """The pair in float32, which is examined: what its float64 side is made from."""

    pair: Pair
    batches: Sequence[Batch]
    program: GraphProgram
    held: dict[str, np.ndarray]

    def start_over(self, program: GraphProgram) -> None:
        """Set a program of the graph to where both sides begin."""
        ...

    def record(self, program: GraphProgram, batches: Sequence[Batch]) -> Trace:
        """Return what a program of the graph does on `batches`."""
        ...

    def rewrite(self, model: keras.Model, pairing: Pairing, **how: bool) -> Rewrite:
        """Return what climbs for `model`."""
        ...

    def climb(
        self, climber: Any, trace: Trace, batches: Sequence[Batch], noise: Collection[str] = ()
    ) -> Iterator[Rung]:
        """Climb from the weights of `trace`; lazy."""
        ...


@dataclass(frozen=True)
class OptimizerStart:
    """What the graph's optimizer starts with."""

    hyperparameters: Mapping[str, float | bool]
    slots: Mapping[str, np.ndarray]
    applied: Mapping[str, np.ndarray]
    """Variable -> the gradient that is applied first, after any clipping."""
    rates: tuple[float, ...]
    """Learning rate at every step."""
    of_each: Mapping[str, Mapping[str, float | bool]]
    """Variable -> the hyperparameters of its update."""


class Wide:
    """The graph in float64, recorded when first asked for, and what climbs against it.

    `as_rounded`: constants of both sides are the float32 numbers they were rounded to, not those
    that were written; some, such as sqrt(8), cannot be told from the former.
    """

    def __init__(self, examination: Narrow, *, as_rounded: bool = False) -> None:
        self._examination, self.as_rounded = examination, as_rounded

    def of_rows(self, rows: np.ndarray) -> "Wide":
        """Return the same graph on some rows of every batch."""
        fewer = Wide(self._examination, as_rounded=self.as_rounded)
        fewer.program = self.program
        fewer.batches = [taken(batch, rows) for batch in self.batches]
        return fewer

    @cached_property
    def batches(self) -> list[Batch]:
        """The batches with every float in float64."""
        return keras.tree.map_structure(_wide, list(self._examination.batches))

    @cached_property
    def program(self) -> GraphProgram:
        """The graph in float64."""
        return self._examination.program.in_float64(as_rounded=self.as_rounded)

    @cached_property
    def trace(self) -> Trace:
        """What the graph does in float64."""
        return self._examination.record(self.program, self.batches)

    @cached_property
    def noise(self) -> set[str]:
        """The variables whose gradients are zero but for rounding."""
        return ladder.zero_but_for_rounding(self.trace.observed.gradients)

    @cached_property
    def jumps(self) -> Mapping[str, float]:
        """How far what is observed moves where x and weights do by SHAKEN, as float32 rounds."""
        rng, (x, y), found = np.random.default_rng(0), self.batches[0], dict[str, float]()
        self._examination.start_over(self.program)
        for _ in range(TIMES):
            shaken = keras.tree.map_structure(functools.partial(_shaken, rng), x)
            weights = {name: _shaken(rng, one) for name, one in self.trace.weights.items()}
            self.program.assign(weights)
            moved = self.program.observe(shaken, y)
            for name, distance in distances(moved, self.trace.observed):
                found[name] = max(distance, found.get(name, 0.0))
        return found

    @cached_property
    def start(self) -> OptimizerStart:
        """How the graph's optimizer starts, in float64."""
        program, first = self.program, self.batches[0]
        self._examination.start_over(program)
        of_each, slots = program.hyperparameters_of_each(*first), program.slots()
        applied = program.applied_gradients(*first)
        rates = []
        for x, y in self.batches:
            rates.append(float(program.hyperparameters(x, y).get("learning_rate", 0.0)))
            program.step(x, y)
        values = next(iter(of_each.values()), {})
        return OptimizerStart(values, slots, applied, tuple(rates), of_each)

    def rungs(self, climber: Any) -> Iterator[Rung]:
        """Climb in float64, where identical means no further apart than rounding; lazy."""
        return self._examination.climb(climber, self.trace, self.batches, self.noise)

    def rungs_of(self, model: keras.Model, pairing: Pairing) -> Iterator[Rung]:
        """Climb with a float64 model, run eagerly."""
        return self.rungs(self._examination.rewrite(model, pairing, traced=False))

    @cached_property
    def tensors(self) -> Mapping[str, np.ndarray]:
        """What the graph's outputs are made of, on the first batch, by name."""
        self._examination.start_over(self.program)
        return self.program.tensors(*self.batches[0])

    def begun(self, model: keras.Model, pairing: Pairing) -> Rewrite:
        """Return a float64 model as a Rewrite that has the weights of the beginning."""
        rewrite = self._examination.rewrite(model, pairing, traced=False)
        rewrite.load_weights(self.trace.weights)
        rewrite.load_moving(self.trace.averages_at_first)
        rewrite.hold(self._examination.held)
        return rewrite

    def observation(self, model: keras.Model, pairing: Pairing) -> Any:
        """Return logits, loss and gradients of a float64 model on the first batch."""
        rewrite, (x, y) = self.begun(model, pairing), self.batches[0]
        return rewrite.observe(x, y, probabilities=self._examination.pair.probabilities)

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Let Keras make and run everything in float64."""
        numbers = copies.numbers_in_float32() if self.as_rounded else contextlib.nullcontext()
        with variants.floatx("float64"), kernels.of_float64(), numbers:
            yield


def departure(graph: Wide, narrow: Trace, wide: Trace) -> str | None:
    """Return where a side's float64 run is not its own float32 run but for rounding; else None.

    A clone that has lost a setting, or a graph that was changed on its way to float64, proves
    nothing about what it was made of. At the bend of a relu the `graph` in float64 jumps, and so
    may rounding.
    """
    allowed = TOLERANCES["float64_of_float32"].relative
    apart = dict(distances(narrow.observed, wide.observed))
    far = (name for name, one in apart.items() if not one <= allowed)
    return next((one for one in far if not apart[one] <= LUCK * graph.jumps[one]), None)


def _shaken(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    """Return floats, each a little larger or smaller."""
    if array.dtype.kind != "f":
        return array
    return array * (1 + SHAKEN * rng.choice([-1.0, 1.0], array.shape))


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float32 else array
