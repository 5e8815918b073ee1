"""Every trap: TensorFlow 1's line, the Keras line that is off, and the one to write instead.

Held against what genuine TensorFlow 1.15.5 gave, which measured/traps-tf115.json keeps.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from docs.figures.traps import keras_3 as sides
from docs.figures.traps.inputs import inputs


class Trap(NamedTuple):
    """A line of the page's table; `statement` is the number of what the page says of it."""

    statement: int
    tensorflow_1: str
    written: str
    instead: str
    side: Callable[[str, sides.Arrays], sides.Found]


BATCH_NORM = "keras.layers.BatchNormalization()"
CROSS_ENTROPY = "keras.losses.CategoricalCrossentropy(from_logits=True"
LSTM = "keras.layers.LSTM(u"
TRAPS = {
    "update_ops": Trap(
        4,
        "tf.layers.batch_normalization(x, training=training)",
        BATCH_NORM,
        "keras.layers.BatchNormalization(momentum=1.0)",
        sides.predictions,
    ),
    "fused_batch_norm": Trap(
        7,
        "tf.layers.batch_normalization(images, training=True)",
        BATCH_NORM,
        "keras_models.exact.TF1FusedBatchNorm()",
        sides.averages("images"),
    ),
    "dropout": Trap(
        8,
        "tf.nn.dropout(x, keep_prob=0.9)",
        "keras.layers.Dropout(0.9)",
        "keras.layers.Dropout(0.1)",
        sides.kept,
    ),
    "lstm": Trap(
        9,
        "tf.nn.rnn_cell.LSTMCell(u)",
        "layer.set_weights([K[:-u], K[-u:], b])",
        "layer.set_weights(lstm_weights(K, b))",
        sides.lstm,
    ),
    "weighted_loss": Trap(
        11,
        "tf.losses.softmax_cross_entropy(y, logits, w)",
        f"{CROSS_ENTROPY})(y, logits, w)",
        f'{CROSS_ENTROPY}, reduction="sum")(y, logits, w) / np.count_nonzero(w)',
        sides.loss,
    ),
    "momentum": Trap(
        13,
        "tf.train.MomentumOptimizer(rate, 0.9)",
        "keras.optimizers.SGD(rate, momentum=0.9)",
        "keras_models.tf1_optimizers.TF1Momentum(rate, momentum=0.9)",
        sides.dense,
    ),
    "rmsprop": Trap(
        14,
        "tf.train.RMSPropOptimizer(0.01)",
        "keras.optimizers.RMSprop(0.01, epsilon=1e-10)",
        "keras_models.tf1_optimizers.TF1RMSProp(0.01)",
        sides.dense,
    ),
    "adagrad": Trap(
        14,
        "tf.train.AdagradOptimizer(0.1)",
        "keras.optimizers.Adagrad(0.1)",
        "keras_models.tf1_optimizers.TF1Adagrad(0.1)",
        sides.dense,
    ),
    "embedding_adam": Trap(
        18,
        "tf.train.AdamOptimizer(0.01)",
        "keras.optimizers.Adam(0.01, epsilon=1e-8)",
        "SummedAdam(0.01, epsilon=1e-8)",
        sides.embedding,
    ),
    "embedding_adagrad": Trap(
        18,
        "tf.train.AdagradOptimizer(0.1)",
        "keras.optimizers.Adagrad(0.1, epsilon=0.0)",
        "keras_models.tf1_optimizers.TF1Adagrad(0.1)",
        sides.embedding,
    ),
    "contrib_batch_norm": Trap(
        19,
        "tf.contrib.layers.batch_norm(x)",
        BATCH_NORM,
        "keras_models.exact.TF1FusedBatchNorm(momentum=0.999, rounded_momentum=False, scale=False)",
        sides.averages("rows"),
    ),
    "resize": Trap(
        20,
        "tf.image.resize_bilinear(x, [8, 8])",
        "keras.ops.image.resize(x, (8, 8))",
        "tf.compat.v1.image.resize_bilinear(x, [8, 8])",
        sides.value,
    ),
    "resize_corners": Trap(
        20,
        "tf.image.resize_bilinear(x, [8, 8], align_corners=True)",
        "keras.ops.image.resize(x, (8, 8))",
        "tf.compat.v1.image.resize_bilinear(x, [8, 8], align_corners=True)",
        sides.value,
    ),
    "padding": Trap(
        21,
        "tf.layers.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 3, strides=2)",
        '[keras.layers.Conv2D(3, 3, strides=2, padding="same")]',
        "[keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(3, 3, strides=2)]",
        sides.convolution,
    ),
    "gru": Trap(
        22,
        "tf.nn.rnn_cell.GRUCell(u)",
        "keras.layers.GRU(u)",
        "keras.layers.GRU(u, reset_after=False)",
        sides.gru,
    ),
    "outputs": Trap(
        23,
        "outputs, _ = tf.nn.dynamic_rnn(cell, x, n)",
        f"{LSTM}, return_sequences=True)(x, mask=mask)",
        f"{LSTM}, return_sequences=True, zero_output_for_mask=True)(x, mask=mask)",
        sides.masked,
    ),
    "state": Trap(
        23,
        "_, state = tf.nn.dynamic_rnn(cell, x, n)",
        f"{LSTM})(x)",
        f"{LSTM})(x, mask=mask)",
        sides.masked,
    ),
    "masking": Trap(
        23,
        "_, state = tf.nn.dynamic_rnn(cell, x, n)",
        f"{LSTM})(keras.layers.Masking()(x))",
        f"{LSTM})(x, mask=mask)",
        sides.masked,
    ),
    "embedding_momentum": Trap(
        24,
        "tf.train.MomentumOptimizer(0.1, 0.9)",
        "keras.optimizers.SGD(0.1, momentum=0.9)",
        "keras_models.tf1_optimizers.TF1Momentum(0.1, momentum=0.9)",
        sides.rarely,
    ),
}


def distances(name: str, recorded: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return how far both lines of a trap are from TensorFlow 1.15.5, after how many updates.

    The largest difference of each array, relative to its largest number; of these the largest.
    """
    given, trap = inputs(), TRAPS[name]
    lines = {"written": trap.written, "instead": trap.instead}
    found = {which: trap.side(line, given) for which, line in lines.items()}
    return {
        which: {str(updates): _distance(of[updates], recorded[str(updates)]) for updates in of}
        for which, of in found.items()
    }


def _distance(ours: list[np.ndarray], theirs: list) -> float:
    float32 = [np.array(one, np.float32) for one in theirs]
    each = zip(ours, float32, strict=True)
    return max(float(np.abs(one - other).max() / np.abs(other).max()) for one, other in each)
