"""Each layer is found by the ops of a small graph, which no name gives away."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tests.tf1_compat.network.graphs import images, read, variable
from tf1_compat.network import Given, NotCovered

tf1 = tf.compat.v1
Build = Callable[[], Any]


def conv1d() -> Any:
    x = tf.expand_dims(images(9, 2), 1)
    return tf.squeeze(
        tf.nn.conv2d(x, tf.expand_dims(variable("c/kernel", 3, 2, 4), 0), 1, "SAME"), [1]
    )


def unfused() -> Any:
    x, training = images(4), tf1.placeholder(tf.bool, [], "training")
    gamma, beta, average, spread = (variable(f"bn/{name}", 4) for name in ("g", "b", "m", "v"))
    trained = tf1.get_collection_ref(tf1.GraphKeys.TRAINABLE_VARIABLES)
    trained[:] = trained[:2]
    mean, variance = tf.nn.moments(x, [0])
    for old, value in ((average, mean), (spread, variance)):
        move = tf1.assign_sub(old, (old - value) * (1 - tf.constant(0.9)))
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, move)
    tf1.disable_control_flow_v2()
    both = (
        (lambda: mean, lambda: tf.identity(average)),
        (
            lambda: variance,
            lambda: tf.identity(spread),
        ),
    )
    mean, variance = (tf1.cond(training, *one) for one in both)
    tf1.enable_control_flow_v2()
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 0.01)


def residual() -> Any:
    x = images(4)
    return x + tf.nn.relu(tf.matmul(x, variable("a/kernel", 4, 4)))


def shared() -> Any:
    kernel, x = variable("a/kernel", 4, 4), images(4)
    return tf.matmul(tf.matmul(x, kernel), kernel)


def tied() -> Any:
    kernel = variable("W", 4, 2)
    code = tf.nn.relu(tf.matmul(images(4), kernel) + variable("b", 2))
    return tf.matmul(code, tf.transpose(kernel)) + variable("c", 4)


def embedded() -> Any:
    ids = tf1.placeholder(tf.int32, [None], "ids")
    found = tf.nn.embedding_lookup(variable("tables/user", 7, 3), ids)
    return tf.concat([found, images(2)], 1)


def cnn() -> Any:
    x = tf.pad(images(6, 6, 2), [[0, 0], [1, 1], [1, 1], [0, 0]])
    x = tf.nn.depthwise_conv2d(x, variable("d/kernel", 3, 3, 2, 2), [1, 2, 2, 1], "VALID")
    x = tf.nn.max_pool2d(tf.nn.elu(x), 3, 1, "SAME")
    return tf.reduce_mean(x, [1, 2])


def reshaped() -> Any:
    x = tf.reshape(images(8), [-1, 2, 2, 2])
    x = tf.nn.bias_add(tf.nn.conv2d(x, variable("c/w", 1, 1, 2, 3), 1, "SAME"), variable("c/b", 3))
    return tf.reshape(tf.nn.tanh(x), [tf.shape(x)[0], -1])


def larger() -> Any:
    x = images(4, 4, 2)
    x = tf.nn.conv2d_transpose(x, variable("c/w", 3, 3, 5, 2), [tf.shape(x)[0], 8, 8, 5], 2)
    return tf.nn.relu(tf.nn.bias_add(x, variable("c/b", 5)))


def dilated() -> Any:
    return tf.nn.atrous_conv2d(images(9, 9, 2), variable("c/w", 3, 3, 2, 4), 2, "VALID")


def separable() -> Any:
    kernels = variable("c/depthwise", 3, 3, 2, 2), variable("c/pointwise", 1, 1, 4, 5)
    return tf.nn.separable_conv2d(images(6, 6, 2), *kernels, [1, 1, 1, 1], "SAME")


def over_steps() -> Any:
    x = tf.tensordot(images(5, 4), variable("d/kernel", 4, 3), 1)
    return tf.nn.relu(tf.nn.bias_add(x, variable("d/bias", 3)))


def two_products() -> Any:
    x = images(4)
    both = tf.matmul(x, variable("W", 4, 2)) + tf.matmul(tf.tanh(x), variable("U", 4, 2))
    return both + variable("b", 2)


def number_of_each() -> Any:
    ids = tf1.placeholder(tf.int32, [None], "ids")
    return tf.nn.embedding_lookup(variable("biases", 7), ids)


def flat_bias() -> Any:
    return tf.matmul(images(4), variable("W", 4, 2)) + variable("b", 1, 2)


def weights_alone() -> Any:
    x = images(5, 4) + tf.expand_dims(variable("position", 5, 4), 0)
    x = tf.maximum(x, 0.0) * variable("slopes", 4)
    return tf.tensordot(x, variable("direction", 4), 1) - variable("whole")


def grouped() -> Any:
    x, kernel = images(4, 4, 4), variable("c/w", 3, 3, 2, 6)
    halves = zip(tf.split(x, 2, 3), tf.split(kernel, 2, 3), strict=True)
    x = tf.concat([tf.nn.conv2d(*one, 1, "SAME") for one in halves], 3)
    x = tf.nn.bias_add(x, variable("c/b", 6))
    return tf.nn.relu(tf.reshape(x, tf.shape(x)))


def averaged_by_assigning() -> Any:
    x = images(4)
    gamma, beta, average, spread = (variable(f"bn/{name}", 4) for name in ("g", "b", "m", "v"))
    trained = tf1.get_collection_ref(tf1.GraphKeys.TRAINABLE_VARIABLES)
    trained[:] = trained[:2]
    statistics = tf.nn.moments(x, [0])
    for old, value in zip((average, spread), statistics, strict=True):
        move = tf1.assign(old, old * 0.9 + value * (1 - 0.9))
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, move)
    return tf.nn.batch_normalization(x, *statistics, beta, gamma, 0.001)


LAYERS: dict[str, tuple[Build, list[tuple[str, dict[str, Any]]]]] = {
    "conv1d": (conv1d, [("conv1d", {"filters": 4, "kernel_size": 3, "padding": "same"})]),
    "batch norm of plain ops": (
        unfused,
        [("batch_normalization", {"momentum": 0.9, "epsilon": 0.01, "scale": True})],
    ),
    "residual": (residual, [("dense", {"activation": "relu", "use_bias": False}), ("add", {})]),
    "tied": (
        tied,
        [("dense", {"units": 2}), ("transposed_dense", {"tied_to": "W", "use_bias": True})],
    ),
    "shared": (shared, [("dense", {"units": 4}), ("dense", {"units": 4})]),
    "embedding": (
        embedded,
        [("embedding", {"input_dim": 7, "output_dim": 3}), ("concatenate", {"axis": -1})],
    ),
    "images": (
        cnn,
        [
            ("zero_padding2d", {"padding": ((1, 1), (1, 1))}),
            ("depthwise_conv2d", {"strides": (2, 2), "depth_multiplier": 2, "activation": "elu"}),
            ("max_pooling2d", {"pool_size": (3, 3), "strides": (1, 1), "padding": "same"}),
            ("global_average_pooling2d", {"keepdims": False}),
        ],
    ),
    "transposed": (
        larger,
        [("conv2d_transpose", {"filters": 5, "strides": (2, 2), "activation": "relu"})],
    ),
    "dilated": (dilated, [("conv2d", {"dilation_rate": (2, 2), "padding": "valid"})]),
    "separable": (separable, [("separable_conv2d", {"filters": 5, "depth_multiplier": 2})]),
    "dense over steps": (over_steps, [("dense", {"units": 3, "activation": "relu"})]),
    "products with one bias": (
        two_products,
        [
            ("dense", {"use_bias": False}),
            ("activation", {"activation": "tanh"}),
            ("dense", {"use_bias": True}),
            ("add", {}),
        ],
    ),
    "a number of each": (
        number_of_each,
        [("embedding", {"input_dim": 7, "output_dim": 1}), ("squeeze", {"axis": -1})],
    ),
    "weights alone": (
        weights_alone,
        [
            ("added_weight", {"shape": [5, 4]}),
            ("at_least", {"x2": 0.0}),
            ("multiplied_weight", {"shape": [4]}),
            ("multiplied_weight", {"shape": [4]}),
            ("total", {"axis": -1}),
            ("subtracted_weight", {"shape": []}),
        ],
    ),
    "groups of channels": (
        grouped,
        [
            ("conv2d", {"filters": 6, "groups": 2, "kernel_size": (3, 3), "use_bias": True}),
            ("activation", {"activation": "relu"}),
        ],
    ),
    "averages by assigning": (averaged_by_assigning, [("batch_normalization", {"momentum": 0.9})]),
    "bias with two axes": (flat_bias, [("dense", {"units": 2, "use_bias": True})]),
    "reshaped": (
        reshaped,
        [
            ("reshape", {"target_shape": (2, 2, 2)}),
            ("conv2d", {"kernel_size": (1, 1), "use_bias": True, "activation": "tanh"}),
            ("flatten", {}),
        ],
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_found_by_their_ops(name: str) -> None:
    build, expected = LAYERS[name]
    calls = read(build()).calls
    assert [call.layer.kind for call in calls] == [kind for kind, _ in expected]
    for call, (_, options) in zip(calls, expected, strict=True):
        assert call.layer.options | options == call.layer.options


def test_a_layer_that_is_called_twice_is_one_layer() -> None:
    first, second = (call.layer for call in read(shared()).calls)
    assert first is second


def test_averages_that_no_update_moves_are_refused() -> None:
    outputs = unfused()
    tf1.get_default_graph().clear_collection(tf1.GraphKeys.UPDATE_OPS)
    with pytest.raises(NotCovered, match="no average of this statistic is moved by the train op"):
        read(outputs)


def test_how_a_layer_was_computed_is_told_for_exact_pieces() -> None:
    x = tf.nn.conv2d(images(4, 4, 2), variable("c/w", 1, 1, 2, 3), 1, "SAME")
    x = tf.nn.bias_add(x, variable("c/b", 3))
    gamma, beta, average, spread = (variable(f"bn/{name}", 3) for name in ("g", "b", "m", "v"))
    trained = tf1.get_collection_ref(tf1.GraphKeys.TRAINABLE_VARIABLES)
    trained[-2:] = []
    x, mean, variance = tf1.nn.fused_batch_norm(x, gamma, beta, epsilon=0.01)[:3]
    for old, value in ((average, mean), (spread, variance)):
        move = tf1.assign_sub(old, (old - value) * (1 - tf.constant(0.9)))
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, move)
    rows = tf1.nn.dropout(tf.reshape(x, [-1, 48]), rate=0.25, seed=3)
    found = read(
        tf.matmul(rows, variable("d/w", 48, 2)) + variable("d/b", 2), given=Given(exact=True)
    )
    ops = {call.layer.kind: call.layer.ops for call in found.calls}
    assert ops["conv2d"] == {"bias_by_plus": False, "shape_asked": False}
    assert ops["dense"] == {"bias_by_plus": True, "shape_asked": False}
    expected = {"fused": True, "rounded_momentum": True, "switched": False}
    assert ops["batch_normalization"] == expected
    assert ops["dropout"]["seeds"][1] == 3
    assert not ops["dropout"]["rounded_rate"]


def test_normalization_by_averages_is_that_of_a_layer_that_nobody_trains() -> None:
    x = tf.nn.conv2d(images(4, 4, 2), variable("c/w", 1, 1, 2, 3), 1, "SAME")
    parts = [variable(f"bn/{name}", 3) for name in ("gamma", "beta", "mean", "variance")]
    x = tf1.nn.fused_batch_norm(x, *parts, 0.01, is_training=False)[0]
    outputs = tf.matmul(tf.reshape(x, [-1, 48]), variable("d/w", 48, 2))
    (last,) = tf1.trainable_variables("d/")
    found = read(outputs, var_list=[last])
    frozen = {
        call.layer.kind for call in found.calls if not call.layer.options.get("trainable", True)
    }
    assert frozen == {"conv2d", "batch_normalization"}


def test_normalization_by_averages_is_refused_where_its_scale_is_trained() -> None:
    parts = [variable(f"bn/{name}", 3) for name in ("gamma", "beta", "mean", "variance")]
    x = tf1.nn.fused_batch_norm(images(4, 4, 3), *parts, 0.01, is_training=False)[0]
    with pytest.raises(NotCovered, match="nothing trains it; but bn/beta, bn/gamma of its layer"):
        read(tf.reshape(x, [-1, 48]), var_list=tf1.trainable_variables()[:2])
