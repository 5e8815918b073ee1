"""Train the causes of drift, in float32 and in float64, next to the TensorFlow 1 graph.

Whether oneDNN computes is decided when TensorFlow is imported, so the causes without it are trained
at the same time in a process of their own.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from rich.console import Console

from training.command_line import progress
from training.data import Examples
from training.lanes.history import History
from training.lanes.loop import OnEpoch
from training.lanes.protocol import Trainee
from training.machine import devices, startup
from training.machine.devices import Device
from training.machine.processes import Child
from training.options.ablate import AblateConfig, Cause
from training.parity.tolerances import FLOAT64_EPOCHS
from training.runs.training import SavedTraining

PRECISIONS = ("float32", "float64")
REFERENCE = "tf1"
CPU = Device("CPU", 0)

Histories = Mapping[str, History]
"""Precision -> losses of the reference and of every cause, one more than epochs were asked for."""

STATES = {
    (precision, onednn): f"state-{precision}{'' if onednn else '-onednn-off'}.npz"
    for precision in PRECISIONS
    for onednn in (True, False)
}
"""(precision, whether oneDNN is on) -> the file that holds what its trainings have reached."""


def train(config: AblateConfig, examples: Examples, folder: Path) -> Histories:
    """Train the TensorFlow 1 graph and every cause in both precisions, from what `folder` has on.

    All start from the float32 weights that TensorFlow 1 has for the seed. Entry n of a history
    is the loss after n epochs. Raises UserError at a loss that is not a finite number, and Stopped,
    when all is saved, after Ctrl-C, SIGTERM or SIGHUP.
    """
    from keras_models.drift_causes import CAUSES

    here = [cause for cause in config.causes if CAUSES[cause].onednn]
    elsewhere = [cause for cause in config.causes if not CAUSES[cause].onednn]
    with ExitStack() as stack:
        if elsewhere:
            child = stack.enter_context(Child(_onednn_off))
            others = child.submit(_train, elsewhere, config, examples, folder, here=False)
        found = _train(here, config, examples, folder, here=True)
        merged = {name: dict(history.losses) for name, history in found.items()}
        if elsewhere:
            for name, history in others.result().items():
                merged[name].update(history.losses)
    return {
        name: History({lane: losses[lane] for lane in (REFERENCE, *config.causes)}, {})
        for name, losses in merged.items()
    }


def _onednn_off() -> None:
    """Start a process in which oneDNN is off; TensorFlow must not have been imported yet."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    startup.one_thread_per_op()
    devices.choose("cpu")


def _train(
    causes: Sequence[Cause], config: AblateConfig, examples: Examples, folder: Path, *, here: bool
) -> Histories:
    """Train the causes in lockstep, with the reference if this is `here`, the command's process."""
    notes = Console(stderr=True, quiet=not here)
    histories = {}
    for precision in PRECISIONS:
        trainees = _build(causes, precision, examples, config.seed, here)
        epochs = min(config.epochs, FLOAT64_EPOCHS) if precision == "float64" else config.epochs
        training = SavedTraining(trainees, folder, config.save_every, name=STATES[precision, here])
        with progress.line(epochs + 1, notes, training.begun.last) as show:
            histories[precision] = training.run(epochs + 1, _first_of(show), timed=0)
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
    """Return the trainees of one precision, all from TensorFlow 1's float32 weights."""
    import tensorflow as tf

    from keras_models.drift_causes import CAUSES, VariantTrainee
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
