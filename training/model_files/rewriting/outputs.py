"""What a graph and the model written of it give, compared: the proof where nothing is trained."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from training.errors import UserError, first_line
from training.model_files import pair
from training.model_files.graphs import drawn
from training.model_files.rewriting.forward import Inferring
from training.parity import ladder

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Arrays = Mapping[str, np.ndarray]
ROWS = 32
"""Of a batch that is drawn to compare outputs, where the graph leaves them open."""


class Proof(NamedTuple):
    """How far the model's outputs are from the graph's."""

    verdict: str
    """As of `check`."""
    rungs: tuple[ladder.Rung, ...]
    """In float32; and in float64, where bits differ."""
    reason: str = ""
    """Why nothing is proven."""


@dataclass(frozen=True)
class Compared:
    """A graph and a model on the same numbers."""

    read: Inferring
    make: "Callable[[], keras.Model]"
    values: Arrays
    """Variable -> value."""
    rows: Arrays
    """Tensor of an input -> what it is fed."""
    session: Any

    def rung(self, graph: "tf.Graph", model: "keras.Model") -> ladder.Rung:
        """Return how far `model` is from `graph`, in the precision that both have."""
        from keras_models import transfer
        from tf1_compat.network import answer
        from tf1_compat.state import State

        theirs = answer(graph, self.read.network, self.values, self.rows, self.session)
        transfer.load_state(model, State(self.values), self.read.weight_map, weights_only=True)
        return ladder.rung("inference", {"outputs": self._given_by(model)}, {"outputs": theirs})

    def _given_by(self, model: "keras.Model") -> np.ndarray:
        import keras
        import tensorflow as tf

        from keras_models.writing import names

        inputs = self.read.network.inputs
        fed = [self.rows[one.tensor] for one in inputs]
        fed = [
            rows.astype(keras.config.floatx()) if rows.dtype.kind == "f" else rows for rows in fed
        ]

        @tf.function(
            autograph=False,
            input_signature=[tf.TensorSpec([None, *rows.shape[1:]], rows.dtype) for rows in fed],
        )
        def infer(*given: tf.Tensor) -> tf.Tensor:
            named = dict(zip(names.of_inputs(self.read.network).values(), given, strict=True))
            return model(named if len(given) > 1 else given[0], training=False)

        return infer(*fed).numpy()

    def wide(self, as_rounded: bool) -> ladder.Rung:
        """Return the same in float64, constants as written, or as rounded."""
        from keras_models.clones import copies, kernels, variants
        from tf1_compat import float64

        numbers = copies.numbers_in_float32() if as_rounded else contextlib.nullcontext()
        with variants.floatx("float64"), kernels.of_float64(), numbers:
            model = self.make()
            for layer in model.layers:
                copies.exactly(layer)
            return self.rung(float64.twin(self.read.function, as_rounded=as_rounded), model)


def prove(
    read: Inferring, written: Path, seed: int, session: Any
) -> "tuple[Callable[[], keras.Model], Proof]":
    """Return what makes the model that was written, and how far its outputs are from the graph's.

    For drawn inputs; where the graph's variables have no values, both sides have drawn ones.
    """
    make = pair.run_file(written)["keras_model"]
    return make, _compare(read, make, np.random.default_rng(seed), session)


def _compare(
    read: Inferring, make: "Callable[[], keras.Model]", rng: np.random.Generator, session: Any
) -> Proof:
    import tensorflow as tf

    model = make()
    values = read.values or _drawn(read, rng)
    fed = drawn.inputs(read.network, read.function, rng, ROWS)
    compared = Compared(read, make, values, fed, session)
    try:
        narrow = compared.rung(read.function, model)
    except tf.errors.OpError as error:
        raise UserError(f"{read.source.graph}: the graph fails: {first_line(error)}") from error
    if narrow.ok:
        return Proof("identical", (narrow,))
    try:
        rungs = (narrow, compared.wide(as_rounded=False))
        if not rungs[-1].ok:
            rungs = (narrow, compared.wide(as_rounded=True))
    except (tf.errors.OpError, ValueError, TypeError) as error:
        return Proof("undecided", (narrow,), f"the run in float64 failed: {first_line(error)}")
    return Proof("equivalent" if rungs[-1].ok else "different", rungs)


def _drawn(read: Inferring, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return numbers for variables without values: positive ones, as a variance is."""
    made = {name: read.function.get_operation_by_name(name) for name in read.weight_map}
    shapes = {name: [size.size for size in op.get_attr("shape").dim] for name, op in made.items()}
    return {name: rng.uniform(0.01, 0.1, of).astype(np.float32) for name, of in shapes.items()}
