"""A comparison as TensorBoard's event files, a run a lane with the same tags in each.

    tf1keras compare --tensorboard
    tensorboard --logdir runs

TensorFlow 2.21 does not bring the package tensorboard, which `tf.summary.scalar` and
`tf.summary.histogram` are part of; `tf.summary.write`, which both end in, is TensorFlow's own.
"""

from pathlib import Path
from typing import Any

import numpy as np

from training.experiments.comparison import Comparison
from training.experiments.lockstep import Lockstep
from training.parity.distance import relative_distance, ulp_distance

BUCKETS = 30
"""Of a histogram; TensorBoard's own default."""


def write(folder: Path, comparison: Comparison, lockstep: Lockstep) -> None:
    """Write `folder`/LANE for each lane: losses, distances, test accuracy, weight histograms.

    A loss has its epoch for a step, as in `history.csv`; weights and accuracy after the last update
    have the step that would come next. Losses and distances are in float32.
    """
    import tensorflow as tf

    history = comparison.history
    reference = history.losses[comparison.reference]
    last = history.first + history.epochs
    for trainee in lockstep.trainees:
        lane, losses = trainee.name, history.losses[trainee.name]
        curves = {
            "loss": losses,
            "distance/ulp": ulp_distance(losses, reference),
            "distance/relative": relative_distance(losses, reference),
        }
        writer = tf.summary.create_file_writer(str(folder / lane))
        with writer.as_default():
            for tag, values in curves.items():
                for step, value in enumerate(values.astype(np.float32), history.first):
                    _write("scalars", tag, step, value)
            _write("scalars", "accuracy/test", last, np.float32(comparison.test_accuracy[lane]))
            before, after = lockstep.initial_weights, trainee.weights()
            for step, weights in ((history.first, before), (last, after)):
                for name, array in weights.items():
                    _write("histograms", f"weights/{name}", step, histogram(array))
        writer.close()


def histogram(array: np.ndarray) -> np.ndarray:
    """Return [BUCKETS, 3] float64: left edge, right edge, count of the finite numbers between."""
    counts, edges = np.histogram(array[np.isfinite(array)], BUCKETS)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _write(plugin: str, tag: str, step: int, value: Any) -> None:
    """Write [], a number, or [BUCKETS, 3], a histogram, for the dashboard `plugin`."""
    import tensorflow as tf

    kind = tf.compat.v1.SummaryMetadata
    metadata = kind(plugin_data=kind.PluginData(plugin_name=plugin))
    tf.summary.write(tag, tf.constant(value), step, metadata)
