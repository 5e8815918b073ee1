"""Keras layers as TensorFlow 1 code wrote them: a small builder for each."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models import exact

tf1 = tf.compat.v1
Builder = Callable[..., Any]
"""(layer, its inputs, one by one) -> the graph's tensor; `variable` gives the layer's weights."""
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "silu": lambda x: x * tf.sigmoid(x),
    "gelu": lambda x: 0.5 * x * (1.0 + tf.math.erf(x / np.float32(math.sqrt(2)))),
    **{
        name: getattr(tf.nn, name)
        for name in (
            *("relu", "relu6", "tanh", "sigmoid", "elu", "selu", "softplus", "softsign"),
            *("softmax", "log_softmax"),
        )
    },
}


def variable(layer: Any, role: str, trainable: bool = True) -> Any:
    """The variable of the weight that a layer calls `role`; made once."""
    (weight,) = (one for one in layer.weights if one.name == role)
    with tf1.variable_scope(layer.name, reuse=tf1.AUTO_REUSE):
        return tf1.get_variable(role, weight.shape, use_resource=False, trainable=trainable)


def finished(layer: Any, x: Any) -> Any:
    """What a bias and an activation make of it."""
    if layer.use_bias:
        x = tf.nn.bias_add(x, variable(layer, "bias"))
    return ACTIVATIONS[layer.activation.__name__](x)


def dense(layer: Any, x: Any) -> Any:
    kernel = variable(layer, "kernel")
    product = tf.matmul(x, kernel) if x.shape.rank == 2 else tf.tensordot(x, kernel, 1)
    return finished(layer, product)


def conv1d(layer: Any, x: Any) -> Any:
    rows, kernel = tf.expand_dims(x, 1), tf.expand_dims(variable(layer, "kernel"), 0)
    found = tf.nn.conv2d(rows, kernel, [1, 1, layer.strides[0], 1], layer.padding.upper())
    return finished(layer, tf.squeeze(found, [1]))


def conv2d(layer: Any, x: Any) -> Any:
    how = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
    if layer.dilation_rate != (1, 1):
        kernel, (rate, _) = variable(layer, "kernel"), layer.dilation_rate
        return finished(layer, tf.nn.atrous_conv2d(x, kernel, rate, how["padding"]))
    return finished(layer, tf.nn.conv2d(x, variable(layer, "kernel"), **how))


def depthwise_conv2d(layer: Any, x: Any) -> Any:
    how = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
    return finished(layer, tf.nn.depthwise_conv2d(x, variable(layer, "kernel"), **how))


def separable_conv2d(layer: Any, x: Any) -> Any:
    kernels = (variable(layer, f"{name}_kernel") for name in ("depthwise", "pointwise"))
    how = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
    return finished(layer, tf.nn.separable_conv2d(x, *kernels, **how))


def conv2d_transpose(layer: Any, x: Any) -> Any:
    shape = layer.compute_output_shape((None, *x.shape[1:]))
    sizes = tf.stack([tf.shape(x)[0], *shape[1:]])
    how = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
    return finished(layer, tf.nn.conv2d_transpose(x, variable(layer, "kernel"), sizes, **how))


def conv3d(layer: Any, x: Any) -> Any:
    strides = [1, *layer.strides, 1]
    return finished(
        layer, tf.nn.conv3d(x, variable(layer, "kernel"), strides, layer.padding.upper())
    )


def pooling(op: Callable[..., Any]) -> Builder:
    def build(layer: Any, x: Any) -> Any:
        how = layer.pool_size, layer.strides, layer.padding.upper()
        if x.shape.rank > 3:
            return op(x, *how)
        (size,), (strides,), padding = how
        return tf.squeeze(op(tf.expand_dims(x, 2), [size, 1], [strides, 1], padding), [2])

    return build


def over_all(op: Callable[..., Any]) -> Builder:
    return lambda layer, x: op(x, list(range(1, x.shape.rank - 1)), keepdims=layer.keepdims)


def zero_padding(layer: Any, x: Any) -> Any:
    sides = layer.padding if x.shape.rank > 3 else [layer.padding]
    return tf.pad(x, [[0, 0], *map(list, sides), [0, 0]])


def up_sampling(layer: Any, x: Any) -> Any:
    size = [old * times for old, times in zip(x.shape[1:3], layer.size, strict=True)]
    return tf1.image.resize_nearest_neighbor(x, size)


def batch_normalization(layer: Any, x: Any) -> Any:
    gamma, beta = variable(layer, "gamma"), variable(layer, "beta")
    averages = [variable(layer, f"moving_{name}", False) for name in ("mean", "variance")]
    mean, spread = tf.nn.moments(x, list(range(x.shape.rank - 1)))
    for old, value in zip(averages, (mean, spread), strict=True):
        move = tf1.assign_sub(old, (old - value) * (1 - np.float32(layer.momentum)))
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, move)
    training = switch("training", tf.bool)
    both = zip((mean, spread), averages, strict=True)
    tf1.disable_control_flow_v2()
    used = [tf1.cond(training, lambda new=new: new, lambda old=old: old + 0) for new, old in both]
    tf1.enable_control_flow_v2()
    return tf.nn.batch_normalization(x, *used, beta, gamma, layer.epsilon)


def switch(name: str, dtype: Any) -> Any:
    """The placeholder of one number that is called so."""
    try:
        return tf1.get_default_graph().get_tensor_by_name(f"{name}:0")
    except KeyError:
        return tf1.placeholder(dtype, [], name)


def row_normalization(layer: Any, x: Any) -> Any:
    axes = [-1]
    if isinstance(layer, keras.layers.GroupNormalization):
        axes = list(range(1, x.shape.rank - (layer.groups != 1)))
    mean, spread = tf.nn.moments(x, axes, keepdims=True)
    gamma = variable(layer, "gamma") if layer.scale else None
    beta = variable(layer, "beta") if layer.center else None
    return tf.nn.batch_normalization(x, mean, spread, beta, gamma, layer.epsilon)


def local_response(layer: Any, x: Any) -> Any:
    return tf1.nn.local_response_normalization(x, **layer.settings)


def dropout(layer: Any, x: Any) -> Any:
    return tf1.nn.dropout(x, keep_prob=switch(f"keep_{1 - layer.rate}", tf.float32))


def concatenate(layer: Any, *inputs: Any) -> Any:
    return tf.concat(inputs, layer.axis)


LAYERS = keras.layers
BUILDERS: dict[type, Builder] = {
    **{LAYERS.Dense: dense, LAYERS.Conv1D: conv1d, LAYERS.Conv2D: conv2d, LAYERS.Conv3D: conv3d},
    **{LAYERS.DepthwiseConv2D: depthwise_conv2d, LAYERS.SeparableConv2D: separable_conv2d},
    **{LAYERS.Conv2DTranspose: conv2d_transpose},
    **dict.fromkeys((LAYERS.MaxPooling1D, LAYERS.MaxPooling2D), pooling(tf.nn.max_pool2d)),
    **dict.fromkeys((LAYERS.AveragePooling1D, LAYERS.AveragePooling2D), pooling(tf.nn.avg_pool2d)),
    **{LAYERS.MaxPooling3D: pooling(tf.nn.max_pool3d)},
    **dict.fromkeys(
        (LAYERS.GlobalAveragePooling1D, LAYERS.GlobalAveragePooling2D), over_all(tf.reduce_mean)
    ),
    **dict.fromkeys(
        (LAYERS.GlobalMaxPooling1D, LAYERS.GlobalMaxPooling2D), over_all(tf.reduce_max)
    ),
    **dict.fromkeys((LAYERS.ZeroPadding1D, LAYERS.ZeroPadding2D), zero_padding),
    LAYERS.UpSampling2D: up_sampling,
    exact.TF1ResizeBilinear: lambda layer, x: tf1.image.resize_bilinear(x, layer.size),
    exact.TF1LocalResponseNormalization: local_response,
    LAYERS.BatchNormalization: batch_normalization,
    **dict.fromkeys((LAYERS.LayerNormalization, LAYERS.GroupNormalization), row_normalization),
    LAYERS.Dropout: dropout,
    LAYERS.Embedding: lambda layer, ids: tf.nn.embedding_lookup(variable(layer, "embeddings"), ids),
    LAYERS.Flatten: lambda _, x: tf.reshape(x, [-1, math.prod(x.shape[1:])]),
    LAYERS.Reshape: lambda layer, x: tf.reshape(x, [-1, *layer.target_shape]),
    LAYERS.Permute: lambda layer, x: tf.transpose(x, [0, *layer.dims]),
    LAYERS.Activation: lambda layer, x: ACTIVATIONS[layer.activation.__name__](x),
    LAYERS.LeakyReLU: lambda layer, x: tf.maximum(np.float32(layer.negative_slope) * x, x),
    LAYERS.Rescaling: lambda layer, x: x * layer.scale + layer.offset,
    LAYERS.Concatenate: concatenate,
    LAYERS.Add: lambda _, one, other: one + other,
    LAYERS.Multiply: lambda _, one, other: one * other,
    LAYERS.Subtract: lambda _, one, other: one - other,
    LAYERS.Maximum: lambda _, one, other: tf.maximum(one, other),
    LAYERS.Minimum: lambda _, one, other: tf.minimum(one, other),
    LAYERS.Dot: lambda _, one, other: tf.matmul(one, other, transpose_b=True),
}
