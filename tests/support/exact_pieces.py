"""A net with each exact layer in it: in TensorFlow 1's ops, in Keras, and without its point."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_models import exact
from tests.support import exact_cells as cells
from tests.support.exactness import (
    CLASSES,
    GRAPH_SEED,
    Cost,
    Loss,
    Net,
    cross_entropy,
    keras_cross_entropy,
    variable,
)

tf1 = tf.compat.v1
layers = keras.layers
Layers = Callable[[], Sequence[keras.Layer]]


class Piece(NamedTuple):
    """An exact layer in a net, or an exact loss behind it."""

    inputs: Sequence[int]
    net: Net
    ours: Layers
    without: Layers
    """The same with the point of the piece taken out."""
    cost: Cost = cross_entropy
    loss: Loss = keras_cross_entropy
    loss_without: Loss = keras_cross_entropy


def ends(outputs: Any) -> Any:
    """[N, ...] -> [N, CLASSES]: the rectified numbers of a row times a kernel."""
    size = tf.TensorShape(outputs.shape[1:]).num_elements()
    flat = tf.reshape(tf.nn.relu(outputs), [-1, size])
    return tf.matmul(flat, variable("out", size, CLASSES))


def ended(*first: keras.Layer) -> Sequence[keras.Layer]:
    return [*first, layers.ReLU(), layers.Flatten(), layers.Dense(CLASSES, use_bias=False)]


def convolved(x: Any) -> Any:
    kernel, bias = variable("kernel", 3, 3, 2, 8), variable("bias", 8)
    return ends(tf.nn.conv2d(x, kernel, strides=1, padding="SAME") + bias)


def gated(x: Any) -> Any:
    kernel, bias = variable("kernel", 3, 3, 2, 8), variable("bias", 8)
    return ends(tf.nn.bias_add(tf.nn.conv2d(x, kernel, strides=1, padding="SAME"), bias))


def separated(x: Any) -> Any:
    filters = variable("depthwise_kernel", 3, 3, 2, 1), variable("pointwise_kernel", 1, 1, 2, 8)
    outputs = tf.nn.separable_conv2d(x, *filters, [1, 1, 1, 1], "SAME")
    return ends(tf.nn.bias_add(outputs, variable("bias", 8)))


def conv2d(kind: type[keras.Layer]) -> Layers:
    return lambda: ended(kind(8, 3, padding="same"))


def normalized(fused: bool, before: Net, decay: Callable[[Any], Any]) -> Net:
    """A batch normalization of momentum 0.9 behind `before`; its averages move by `decay`."""

    def net(x: Any) -> Any:
        hidden = before(x)
        gamma, beta = variable("gamma", 4, start=1.0), variable("beta", 4)
        averages = [
            variable("moving_mean", 4, trainable=False),
            variable("moving_variance", 4, start=1.0, trainable=False),
        ]
        if fused:
            images = hidden if hidden.shape.rank == 4 else tf.reshape(hidden, [-1, 1, 1, 4])
            outputs, *statistics = tf1.nn.fused_batch_norm(images, gamma, beta, epsilon=1e-3)
            outputs = outputs if hidden.shape.rank == 4 else tf.reshape(outputs, [-1, 4])
        else:
            statistics = tf.nn.moments(hidden, list(range(hidden.shape.rank - 1)))
            outputs = tf.nn.batch_normalization(hidden, *statistics, beta, gamma, 1e-3)
        for average, value in zip(averages, statistics, strict=True):
            moved = tf1.assign_sub(average, (average - value) * decay(0.9))
            tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, moved)
        return ends(outputs)

    return net


def once_rounded(momentum: float) -> Any:
    """As `assign_moving_average` of a number."""
    return tf.constant(1.0 - momentum)


def twice_rounded(momentum: float) -> Any:
    """As `assign_moving_average` of a tensor, which `tf.layers` gave it where it fused."""
    return 1.0 - tf.constant(momentum)


def conv(x: Any) -> Any:
    return tf.nn.conv2d(x, variable("kernel", 3, 3, 2, 4), strides=1, padding="SAME")


def dense(x: Any) -> Any:
    return tf.matmul(x, variable("kernel", 5, 4))


def convolution() -> keras.Layer:
    return layers.Conv2D(4, 3, padding="same", use_bias=False)


def after_conv(kind: type[keras.Layer], **options: Any) -> Layers:
    return lambda: ended(convolution(), kind(momentum=0.9, **options))


def after_dense(kind: type[keras.Layer], **options: Any) -> Layers:
    return lambda: ended(layers.Dense(4, use_bias=False), kind(momentum=0.9, **options))


def recurrent(cell: Callable[[int], cells.Step], states: int = 1, static: bool = False) -> Net:
    def net(x: Any) -> Any:
        made = cells.Cell(cell(x.shape[-1]), states)
        if static:
            steps = tf1.nn.static_rnn(made, tf.unstack(x, axis=1), dtype=tf.float32)[0]
            return ends(tf.stack(steps, 1))
        return ends(tf1.nn.dynamic_rnn(made, x, dtype=tf.float32)[0])

    return net


def rnn(kind: type[keras.Layer], layer: type[keras.Layer] = layers.RNN) -> Layers:
    return lambda: ended(layer(kind(cells.UNITS), return_sequences=True))


def two_products(kind: type[keras.Layer]) -> type[keras.Layer]:
    """A cell that multiplies inputs and state each by its part of the kernel, as Keras does."""

    class Apart(kind):  # type: ignore[misc, valid-type]
        def _linear(self, inputs: Any, state: Any, kernel: Any, bias: Any) -> Any:
            kernel, size = tf.convert_to_tensor(kernel), inputs.shape[-1]
            both = tf.matmul(inputs, kernel[:size]) + tf.matmul(state, kernel[size:])
            return tf.nn.bias_add(both, tf.convert_to_tensor(bias))

    return Apart


def dropped(x: Any) -> Any:
    return ends(tf1.nn.dropout(x, rate=0.4, seed=7))


def dropout(seed2: int) -> Layers:
    return lambda: ended(exact.TF1Dropout(0.4, GRAPH_SEED, seed2))


def resized(align_corners: bool) -> Net:
    return lambda x: ends(tf1.image.resize_bilinear(conv(x), [9, 7], align_corners))


def resize(kind: type[keras.Layer], *settings: Any) -> Layers:
    return lambda: ended(convolution(), kind(*settings))


SEQUENCES = (5, 3)
IMAGES, ROWS = (6, 6, 2), (5,)
STOCK = layers.BatchNormalization
PLAIN, FUSED = exact.TF1BatchNorm, exact.TF1FusedBatchNorm

PIECES = {
    "BiasAddConv2D": Piece(IMAGES, gated, conv2d(exact.BiasAddConv2D), conv2d(layers.Conv2D)),
    "BiasAddSeparableConv2D": Piece(
        *(IMAGES, separated),
        *(conv2d(exact.BiasAddSeparableConv2D), conv2d(layers.SeparableConv2D)),
    ),
    "AddV2Conv2D": Piece(IMAGES, convolved, conv2d(exact.AddV2Conv2D), conv2d(layers.Conv2D)),
    "TF1BatchNorm": Piece(
        *(ROWS, normalized(False, dense, once_rounded)), after_dense(PLAIN), after_dense(STOCK)
    ),
    "TF1BatchNorm on images": Piece(
        *(IMAGES, normalized(False, conv, once_rounded)), after_conv(PLAIN), after_conv(FUSED)
    ),
    "TF1BatchNorm, rounded twice": Piece(
        *(ROWS, normalized(False, dense, twice_rounded)),
        *(after_dense(PLAIN, rounded_momentum=True), after_dense(PLAIN)),
    ),
    "TF1FusedBatchNorm": Piece(
        *(IMAGES, normalized(True, conv, twice_rounded)), after_conv(FUSED), after_conv(PLAIN)
    ),
    "TF1FusedBatchNorm, rounded once": Piece(
        *(IMAGES, normalized(True, conv, once_rounded)),
        *(after_conv(FUSED, rounded_momentum=False), after_conv(FUSED)),
    ),
    "TF1FusedBatchNorm on rows": Piece(
        *(ROWS, normalized(True, dense, once_rounded)),
        *(after_dense(FUSED, rounded_momentum=False), after_dense(STOCK)),
    ),
    "TF1RNNCell": Piece(
        SEQUENCES,
        recurrent(cells.basic),
        rnn(exact.TF1RNNCell),
        rnn(two_products(exact.TF1RNNCell)),
    ),
    "TF1LSTMCell": Piece(
        SEQUENCES,
        recurrent(cells.lstm, 2),
        rnn(exact.TF1LSTMCell),
        rnn(two_products(exact.TF1LSTMCell)),
    ),
    "TF1GRUCell": Piece(
        SEQUENCES, recurrent(cells.gru), rnn(exact.TF1GRUCell), rnn(two_products(exact.TF1GRUCell))
    ),
    "TF1StaticRNN": Piece(
        *(SEQUENCES, recurrent(cells.lstm, 2, static=True)),
        *(rnn(exact.TF1LSTMCell, exact.TF1StaticRNN), rnn(exact.TF1LSTMCell)),
    ),
    "TF1ResizeBilinear": Piece(
        *(IMAGES, resized(False)),
        *(resize(exact.TF1ResizeBilinear, (9, 7)), resize(layers.Resizing, 9, 7)),
    ),
    "TF1ResizeBilinear, corners aligned": Piece(
        *(IMAGES, resized(True)),
        resize(exact.TF1ResizeBilinear, (9, 7), True),
        resize(exact.TF1ResizeBilinear, (9, 7)),
    ),
    "TF1LocalResponseNormalization": Piece(
        *(IMAGES, lambda x: ends(tf.nn.local_response_normalization(conv(x), beta=0.75))),
        lambda: ended(convolution(), exact.TF1LocalResponseNormalization(beta=0.75)),
        lambda: ended(convolution(), exact.TF1LocalResponseNormalization()),
    ),
    "TF1Loss": Piece(
        *(ROWS, lambda x: ends(dense(x))),
        *(lambda: ended(layers.Dense(4, use_bias=False)),) * 2,
        tf1.losses.huber_loss,
        lambda: exact.TF1Loss("huber_loss"),
        keras.losses.Huber,
    ),
    "TF1Dropout": Piece(ROWS, dropped, dropout(seed2=7), dropout(seed2=8)),
}
