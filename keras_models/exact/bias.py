"""Layers whose bias is added as TensorFlow 1's `+`, or its `bias_add`, did.

Keras adds it with `tf.nn.bias_add`, whose gradient sums the rows in another order than that of
AddV2, which `matmul(x, W) + b` and `conv2d(x, W) + b` meant in TensorFlow 1. Forward values are the
same; bias gradients differ in the last bits. `tf.layers` did as Keras does, but for one unit: there
it is Keras that takes AddV2.
"""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact import products
from keras_models.exact.package import PACKAGE


class _AddV2:
    """`apart`: Grappler leaves the activation apart from the product, as in TensorFlow 1's graphs.

    It makes a product, its bias and their activation one op, where a sigmoid rounds otherwise (a
    ReLU rounds nothing). There the gradient of `+` asked for the product's shape and kept it from
    that, as `ensure_shape` does; in graphs that TensorFlow 2 has made it does not ask.
    """

    def __init__(self, *args: Any, apart: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.apart = apart

    def activated(self, outputs: tf.Tensor) -> tf.Tensor:
        """Return activation(outputs)."""
        activation = self.activation  # type: ignore[attr-defined]
        rounds = activation not in (keras.activations.linear, keras.activations.relu)
        return activation(
            tf.ensure_shape(outputs, outputs.shape) if rounds and self.apart else outputs
        )

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"apart": self.apart}  # type: ignore[misc]


@keras.saving.register_keras_serializable(package=PACKAGE)
class AddV2Dense(_AddV2, keras.layers.Dense):
    """`keras.layers.Dense` whose bias is added as TensorFlow 1's `matmul(x, kernel) + bias` did.

    [..., inputs] -> [..., units], in the dtype of the layer, of steps as rows of their own.
    """

    turns_at: int | None = None
    """Of inputs with so many rows the kernel's gradient is made the other way round; not saved.

    For rows of which `products.same_either_way` says that it has the same bits.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return activation(inputs @ kernel + bias)."""
        steps = inputs.shape.rank > 2
        rows = tf.reshape(inputs, [-1, inputs.shape[-1]]) if steps else inputs
        turns = self.turns_at is not None and rows.shape[0] == self.turns_at
        product = products.turned if turns else tf.matmul
        outputs = product(rows, tf.convert_to_tensor(self.kernel))
        if self.bias is not None:
            outputs = add_bias(outputs, tf.convert_to_tensor(self.bias))
        outputs = self.activated(outputs)
        if not steps:
            return outputs
        outputs = tf.reshape(outputs, tf.concat([tf.shape(inputs)[:-1], [self.units]], 0))
        return tf.ensure_shape(outputs, [*inputs.shape[:-1], self.units])


@keras.saving.register_keras_serializable(package=PACKAGE)
class BiasAddDense(keras.layers.Dense):
    """`keras.layers.Dense` as `tf.layers.dense` and `tf.nn.bias_add` did it, with one unit, too.

    [..., inputs] -> [..., units], in the dtype of the layer.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return activation(inputs @ kernel + bias)."""
        outputs = keras.ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias))
        # Keras' sigmoid hands on what it is of, so that Grappler leaves the two apart.
        of_keras = self.activation is keras.activations.sigmoid
        return tf.sigmoid(outputs) if of_keras else self.activation(outputs)


@keras.saving.register_keras_serializable(package=PACKAGE)
class AddV2Conv2D(_AddV2, keras.layers.Conv2D):
    """`keras.layers.Conv2D` whose bias is added as TensorFlow 1's `conv2d(x, kernel) + bias` did.

    [N, height, width, channels] -> [N, height, width, filters], in the dtype of the layer. Raises
    ValueError for channels_first, where `+` would add to another axis.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data_format != "channels_last":
            raise ValueError(f"data_format={self.data_format!r}: expected 'channels_last'.")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(convolution + bias)."""
        outputs = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            outputs = add_bias(outputs, tf.convert_to_tensor(self.bias))
        return self.activated(outputs)


@keras.saving.register_keras_serializable(package=PACKAGE)
class BiasAddConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` as `tf.layers.conv2d` and slim's trained it.

    TensorFlow 1's optimizers waited for all gradients of an op before they took one further; for a
    tape oneDNN sums up the bias's within the kernel's, which rounds differently. [N, height, width,
    channels] -> [N, height, width, filters], in the dtype of the layer.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(convolution + bias)."""
        outputs = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            outputs = _gated_bias_add(outputs, tf.convert_to_tensor(self.bias))
        return self.activation(outputs)


@keras.saving.register_keras_serializable(package=PACKAGE)
class BiasAddSeparableConv2D(keras.layers.SeparableConv2D):
    """`keras.layers.SeparableConv2D` as `tf.layers.separable_conv2d` and slim's trained it.

    Its bias is that of BiasAddConv2D. [N, height, width, channels] -> [N, height, width, filters],
    in the dtype of the layer.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(convolution + bias)."""
        outputs = keras.ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )
        if self.use_bias:
            outputs = _gated_bias_add(outputs, tf.convert_to_tensor(self.bias))
        return self.activation(outputs)


@tf.custom_gradient
def _gated_bias_add(outputs: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """Return outputs + bias, whose gradient is not taken further before the bias has its own."""

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_bias = tf.raw_ops.BiasAddGrad(out_backprop=upstream)
        with tf.control_dependencies([of_bias]):
            return tf.identity(upstream), of_bias

    return tf.nn.bias_add(outputs, bias), gradient


@tf.custom_gradient
def add_bias(outputs: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """Return outputs + bias, [..., units], with AddV2's gradient.

    The sum itself has one rounding, whoever makes it; as BiasAdd it is made within the product, a
    pass over the outputs less.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_bias = tf.reduce_sum(upstream, axis=list(range(upstream.shape.rank - 1)))
        # Every op here takes all cores: this sum beside the next product would hold both up.
        with tf.control_dependencies([of_bias]):
            return tf.identity(upstream), of_bias

    return tf.nn.bias_add(outputs, bias), gradient
