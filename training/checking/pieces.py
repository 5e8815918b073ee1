"""Keras' pieces swapped for TensorFlow 1's arithmetic, to explain a distance that is rounding."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from keras_models import translation
from keras_models.clones import variants
from keras_models.exact import (
    AddV2Conv2D,
    AddV2Dense,
    BiasAddConv2D,
    BiasAddDense,
    TF1BatchNorm,
    TF1FusedBatchNorm,
    TF1GRUCell,
    TF1LSTMCell,
    TF1RNNCell,
)
from training.checking.examination import Examination
from training.checking.search import Explanation, distance, first_failing, height
from training.parity import ladder
from training.parity.ladder import Rung
from training.parity.tolerances import TOLERANCES

Piece = tuple[str, Callable[[keras.Model], keras.Model | None]]


def _without_xla(model: keras.Model) -> keras.Model | None:
    return variants.variant(model) if model.jit_compile else None


def _with_tf1_optimizer(model: keras.Model) -> keras.Model | None:
    optimizer = translation.translate(model.optimizer)
    return variants.variant(model, optimizer=optimizer) if optimizer else None


ADDV2 = {layers.Dense: AddV2Dense, layers.Conv2D: AddV2Conv2D}
BIAS_ADD = {layers.Dense: BiasAddDense}
GATED = {layers.Conv2D: BiasAddConv2D}
PLAIN = {layers.BatchNormalization: TF1BatchNorm}
FUSED = {layers.BatchNormalization: TF1FusedBatchNorm, TF1BatchNorm: TF1FusedBatchNorm}
KEPT: Mapping[type, type] = {kind: kind for kind in (TF1BatchNorm, TF1FusedBatchNorm)}


CELLS = {layers.LSTM: TF1LSTMCell, layers.GRU: TF1GRUCell, layers.SimpleRNN: TF1RNNCell}
OF_LAYER = ("name", "return_sequences", "return_state", "go_backwards", "stateful", "unroll")
"""Settings of a recurrent layer that are not its cell's."""


def _with_one_kernel(model: keras.Model) -> keras.Model | None:
    if not any(type(layer) in CELLS for layer in model.layers):
        return None

    def swap(layer: keras.Layer, config: dict[str, Any]) -> keras.Layer | None:
        if type(layer) not in CELLS:
            return None
        cell = CELLS[type(layer)](layer.units, activation=config["activation"])
        return layers.RNN(cell, **{name: config[name] for name in OF_LAYER})

    return variants.variant(model, swap)


def _exchange(kinds: Mapping[type, type], **options: Any) -> Callable[[keras.Model], Any]:
    return partial(variants.exchanged, kinds=kinds, **options)


PIECES: tuple[Piece, ...] = (
    ("XLA (jit_compile) fuses and reorders", _without_xla),
    (
        "bias_add: Keras adds a bias with another op than TensorFlow 1's +, and its gradient sums "
        "in another order",
        _exchange(ADDV2),
    ),
    (
        "bias of one unit: Keras adds it with AddV2, TensorFlow 1's bias_add sums its gradient in "
        "another order",
        _exchange(BIAS_ADD),
    ),
    (
        "bias of a convolution: for Keras oneDNN sums its gradient up within the kernel's, "
        "TensorFlow 1's optimizers kept the two apart",
        _exchange(GATED),
    ),
    (
        "batch norm: Keras moves its averages to a weighted sum, TensorFlow 1 took a share of the "
        "difference off them",
        _exchange(PLAIN),
    ),
    ("fused batch norm: Keras normalizes in several ops, TensorFlow 1 in one", _exchange(FUSED)),
    (
        "recurrent cells: Keras multiplies inputs and state by a kernel each, TensorFlow 1 both by "
        "one, and adds a forget bias at each step",
        _with_one_kernel,
    ),
    *(
        (
            f"decay of moving averages: {decay} in TensorFlow 1",
            _exchange(KEPT, rounded_momentum=rounded),
        )
        for rounded, decay in (
            (False, "float32(1 - momentum)"),
            (True, "float32(1) - float32(momentum)"),
        )
    ),
    ("", _with_tf1_optimizer),
)
"""What a piece of Keras does, and the model without it; None where it has no such piece."""

ONE_KERNEL = "Keras updates in separate steps, TensorFlow 1 in one fused kernel"
OPTIMIZER_PIECES = {
    "Adam": "Adam: Keras computes 1 - beta in float64 and beta^t by pow, TensorFlow 1 both in "
    "float32, the powers as running products",
    "Momentum": "momentum: Keras accumulates learning rate times gradient, TensorFlow 1 the "
    "gradient",
    "GradientDescent": f"SGD: {ONE_KERNEL}",
}
"""TensorFlow 1's optimizer -> what Keras' does otherwise, where that is more than ONE_KERNEL."""


def explain(
    examination: Examination, model: keras.Model, rungs: Sequence[Rung]
) -> tuple[Sequence[Rung], list[Explanation]]:
    """Return what rounds otherwise, and the rungs without it.

    Keras' pieces are swapped for exact ones while that makes a further rung hold, then TensorFlow's
    own graph optimizers are switched off. Proves nothing: that the distance is rounding was shown
    before.
    """
    rungs, kept, model = _swapped(examination, model, rungs)
    failing = first_failing(rungs)
    again = _unoptimized(examination, model) if failing else None
    if failing is None or again is None or height(first_failing(again)) <= height(failing):
        return rungs, kept
    left = first_failing(again)
    reached = "0" if left is None else f"{left.name} is the first that is left"
    evidence = f"{distance(failing)}; {reached} without them, and with tf.gradients"
    return again, [*kept, Explanation(GRAPPLER, evidence)]


GRAPPLER = (
    "graph optimizers: TensorFlow's Grappler rewrites a session's graph and a tf.function "
    "differently, and a tape adds gradients up in another order; not the model's arithmetic"
)


def _unoptimized(examination: Examination, model: keras.Model) -> list[Rung] | None:
    """Climb with Grappler off on both sides, and TensorFlow 1's way to differentiate in Keras.

    None where `fit` runs a train_step of the user's, which differentiates by itself.
    """
    with _without_grappler(), examination.masked():
        other = examination.without_grappler()
        climber = other.rewrite(model, other.pairing(model), taped=False)
        if climber.own_train_step:
            return None
        return ladder.until_one_fails(other.climb(climber, other.trace, other.batches))


@contextlib.contextmanager
def _without_grappler() -> Iterator[None]:
    options = tf.config.optimizer
    before = options.get_experimental_options().get("disable_meta_optimizer", False)
    options.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        options.set_experimental_options({"disable_meta_optimizer": before})


def _another(left: Rung | None) -> bool:
    """Whether it is another model with the piece in it, such as by variables paired otherwise."""
    if left is None or left.name not in ("forward", "loss", "gradients"):
        return False
    return left.max_rel > TOLERANCES["float64_of_float32"].relative


def _swapped(
    examination: Examination, model: keras.Model, rungs: Sequence[Rung]
) -> tuple[Sequence[Rung], list[Explanation], keras.Model]:
    """Swap pieces; return the rungs then, what was swapped, and the model, fresh."""
    kept: list[Explanation] = []
    waiting = list(PIECES)
    progress = True
    while progress and (failing := first_failing(rungs)):
        progress = False
        for name, exact in waiting:
            candidate = exact(model)
            if candidate is None:
                continue
            again = examination.rungs(candidate)
            left = first_failing(again)
            if height(left) > height(failing) and not _another(left):
                rule = translation.rule(candidate.optimizer) or "Adam"
                said = name or OPTIMIZER_PIECES.get(rule, f"{rule}: {ONE_KERNEL}")
                kept.append(Explanation(said, f"{distance(failing)}; 0 with the exact piece"))
                # What was climbed has been trained; the next piece wants it fresh.
                model, rungs, progress = variants.variant(candidate), again, True
                waiting.remove((name, exact))
                break
    return rungs, kept, model
