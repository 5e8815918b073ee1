"""Train the causes of drift, in float32 and in float64, next to the TensorFlow 1 graph.

Whether oneDNN computes is decided when TensorFlow is imported, so the causes without it are trained
at the same time in a process of their own.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing

import numpy as np
from rich.console import Console

from training import devices, loop, progress, startup
from training.children import Child
from training.config import Cause
from training.data import Examples
from training.devices import Device
from training.history import History
from training.loop import OnEpoch, Trainee
from training.tolerances import FLOAT64_EPOCHS

PRECISIONS = ("float32", "float64")
REFERENCE = "tf1"
CPU = Device("CPU", 0)

Histories = Mapping[str, History]
"""Precision -> losses of the reference and of every cause, one more than epochs were asked for."""


def train(causes: Sequence[Cause], examples: Examples, epochs: int, seed: int) -> Histories:
    """Train the TensorFlow 1 graph and every cause: `epochs` in float32, fewer in float64.

    Entry n of a history is the loss after n epochs. All start from the float32 weights that
    TensorFlow 1 has for `seed`. Raises UserError at a loss that is not a finite number.
    """
    from keras_models.drift import CAUSES

    here = [cause for cause in causes if CAUSES[cause].onednn]
    elsewhere = [cause for cause in causes if not CAUSES[cause].onednn]
    with ExitStack() as stack:
        if elsewhere:
            child = stack.enter_context(Child(_onednn_off))
            others = child.submit(_train, elsewhere, examples, epochs, seed, reference=False)
        found = _train(here, examples, epochs, seed, reference=True)
        merged = {name: dict(history.losses) for name, history in found.items()}
        if elsewhere:
            for name, history in others.result().items():
                merged[name].update(history.losses)
    return {
        name: History({lane: losses[lane] for lane in (REFERENCE, *causes)}, {})
        for name, losses in merged.items()
    }


def _onednn_off() -> None:
    """Start a process in which oneDNN is off; TensorFlow must not have been imported yet."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    startup.one_thread_per_op()
    devices.choose("cpu")


def _train(
    causes: Sequence[Cause], examples: Examples, epochs: int, seed: int, *, reference: bool
) -> Histories:
    """Train the causes in this process, and the reference where asked for, all in lockstep."""
    notes = Console(stderr=True, quiet=not reference)
    histories = {}
    for precision, updates in (("float32", epochs), ("float64", min(epochs, FLOAT64_EPOCHS))):
        trainees = _build(causes, precision, examples, seed, reference)
        with progress.line(updates + 1, notes) as show:
            histories[precision] = loop.train(trainees, updates + 1, _first_of(show), timed=0)
    return histories


def _first_of(show: OnEpoch) -> OnEpoch:
    """Show the first lane's loss only: a line does not hold all."""

    def on_epoch(epoch: int, losses: Mapping[str, np.floating]) -> None:
        name, loss = next(iter(losses.items()))
        show(epoch, {name: loss})

    return on_epoch


def _build(
    causes: Sequence[Cause], precision: str, examples: Examples, seed: int, reference: bool
) -> list[Trainee]:
    """Return the trainees of one precision, all from TensorFlow 1's float32 weights for `seed`."""
    import tensorflow as tf

    from keras_models.drift import CAUSES, VariantTrainee
    from tf1_compat.program import Program

    config = devices.session_config(CPU)
    with closing(Program(*examples, seed=seed, config=config)) as program:
        initial = program.weights()
    trainees: list[Trainee] = []
    if reference:
        dtype = tf.as_dtype(precision)
        trainees.append(Program(*examples, seed=seed, config=config, dtype=dtype))
        trainees[0].load_weights(initial)
    with tf.device(CPU.name):
        data = {dtype: [tf.constant(a, dtype) for a in examples] for dtype in PRECISIONS}
    for cause in causes:
        variant = CAUSES[cause]
        if precision == "float64":
            variant = variant._replace(dtype=precision)
        x, y = data[variant.dtype]  # one copy, shared by all
        trainees.append(VariantTrainee(cause, variant, x, y, initial, seed))
    return trainees
