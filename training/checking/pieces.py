"""Keras' pieces swapped for TensorFlow 1's arithmetic, to explain a distance that is rounding."""

from collections.abc import Callable, Sequence

import keras

from keras_models import translation
from keras_models.clones import variants
from training.checking.examination import Examination
from training.checking.search import Explanation, distance, first_failing, height
from training.parity.ladder import Rung

Piece = tuple[str, Callable[[keras.Model], keras.Model | None]]


def _without_xla(model: keras.Model) -> keras.Model | None:
    return variants.variant(model) if model.jit_compile else None


def _with_tf1_optimizer(model: keras.Model) -> keras.Model | None:
    optimizer = translation.translate(model.optimizer)
    return variants.variant(model, optimizer=optimizer) if optimizer else None


PIECES: tuple[Piece, ...] = (
    ("XLA (jit_compile) fuses and reorders", _without_xla),
    (
        "bias_add: Keras adds a bias with another op than TensorFlow 1's +, and its gradient sums "
        "in another order",
        variants.with_addv2,
    ),
    ("", _with_tf1_optimizer),
)
"""What a piece of Keras does, and the model without it; None where it has no such piece."""

OPTIMIZER_PIECES = {
    "Adam": "Adam: Keras computes 1 - beta in float64 and beta^t by pow, TensorFlow 1 both in "
    "float32, the powers as running products",
    "RMSProp": "RMSProp: Keras updates in separate steps, TensorFlow 1 in one fused kernel",
    "Adagrad": "Adagrad: Keras updates in separate steps, TensorFlow 1 in one fused kernel",
    "Momentum": "momentum: Keras accumulates learning rate times gradient, TensorFlow 1 the "
    "gradient",
    "GradientDescent": "SGD: Keras updates in separate steps, TensorFlow 1 in one fused kernel",
}


def swap(
    examination: Examination, model: keras.Model, rungs: Sequence[Rung]
) -> tuple[Sequence[Rung], list[Explanation]]:
    """Swap Keras' pieces for exact ones while that makes a further rung hold.

    Proves nothing: that the distance is rounding was shown before.
    """
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
            if height(first_failing(again)) > height(failing):
                said = name or OPTIMIZER_PIECES[translation.rule(candidate.optimizer) or "Adam"]
                kept.append(Explanation(said, f"{distance(failing)}; 0 with the exact piece"))
                # What was climbed has been trained; the next piece wants it fresh.
                model, rungs, progress = variants.variant(candidate), again, True
                waiting.remove((name, exact))
                break
    return rungs, kept
