"""The gradient of a kernel, made the quicker way round where that has the same bits."""

from typing import Any

import tensorflow as tf


def same_either_way(x: tf.Tensor, units: int) -> bool:
    """Return whether (gradient^T x)^T has every bit of x^T gradient on this machine.

    `x` is [N, inputs], the gradient [N, units]. In which order a product adds up follows from its
    shape, not from its numbers: random ones tell it. With AVX-512, oneDNN takes 0.6 of the time for
    the first where N is large; with AVX2 the same.
    """
    gradient = tf.random.stateless_uniform([len(x), units], [0, 0], -1, 1, x.dtype)
    plain, turned = tf.matmul(x, gradient, transpose_a=True), _turned(x, gradient)
    return plain.numpy().tobytes() == turned.numpy().tobytes()


@tf.custom_gradient
def turned_dense(inputs: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """Return inputs @ kernel + bias, [N, units], as AddV2Dense; the kernel's gradient is turned."""

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        of_bias = tf.reduce_sum(upstream, axis=0)
        # Every op here takes all cores: this sum beside the next product would hold both up.
        with tf.control_dependencies([of_bias]):
            upstream = tf.identity(upstream)
        of_inputs = tf.matmul(upstream, kernel, transpose_b=True)  # pruned where nobody asks
        return of_inputs, _turned(inputs, upstream), of_bias

    return tf.nn.bias_add(tf.matmul(inputs, kernel), bias), gradient


def _turned(x: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    return tf.transpose(tf.matmul(gradient, x, transpose_a=True))
