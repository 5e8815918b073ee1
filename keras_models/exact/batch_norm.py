"""Batch normalization as TensorFlow 1 computed it: of plain ops, and fused.

Keras moves an average to `momentum * average + (1 - momentum) * value`. TensorFlow 1 took
`decay * (average - value)` off it, where the decay is one minus the momentum in float32, rounded in
one of two ways (`tensorflow/python/training/moving_averages.py`). Its fused op also averages the
variance over n - 1 numbers (Bessel's correction), though it normalizes by that over n
(`tensorflow/core/kernels/fused_batch_norm_op.cc`).
"""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE

SMALLEST_EPSILON = 1.001e-5
"""What `tf.nn.fused_batch_norm` takes in place of anything smaller, as cuDNN asks."""
Normalized = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
"""Outputs, and the mean and the variance that the averages are to take, [channels]."""


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1BatchNorm(keras.layers.BatchNormalization):
    """Batch normalization of plain ops, as `tf.layers` had it on rows and with `fused=False`.

    [N, ..., channels] -> the same, in the dtype of the layer. `rounded_momentum`: the decay of the
    averages is float32(1) - float32(momentum), as where `tf.layers` fused, and not
    float32(1 - momentum). Raises ValueError for any axis but the last, for renorm and synchronized,
    which were other ops.
    """

    def __init__(self, *, rounded_momentum: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.rounded_momentum = rounded_momentum
        if self.renorm or self.synchronized:
            raise ValueError(f"{self.name}: renorm or synchronized is set; expected neither.")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create gamma, beta and the averages."""
        if self.axis not in (-1, len(input_shape) - 1):
            raise ValueError(f"{self.name}: axis={self.axis}; expected -1, the last.")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return inputs normalized by their own statistics in training, else by the averages."""
        if not (training and self.trainable):
            return self._by_averages(inputs)
        outputs, mean, variance = self._by_batch(inputs)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            dtype = average.dtype
            average.assign_sub((average.value - tf.cast(value, dtype)) * self._decay(dtype))
        return outputs

    def _decay(self, dtype: str) -> tf.Tensor:
        if self.rounded_momentum:
            return tf.constant(1, dtype) - tf.constant(self.momentum, dtype)
        return tf.constant(1 - self.momentum, dtype)

    def _by_batch(self, inputs: tf.Tensor) -> Normalized:
        mean, variance = tf.nn.moments(inputs, self._reduction_axes)
        return self._by(inputs, mean, variance), mean, variance

    def _by_averages(self, inputs: tf.Tensor) -> tf.Tensor:
        return self._by(inputs, self.moving_mean, self.moving_variance)

    def _by(self, inputs: tf.Tensor, mean: Any, variance: Any) -> tf.Tensor:
        given = (
            None if one is None else tf.cast(one, inputs.dtype)
            for one in (mean, variance, self.beta, self.gamma)
        )
        return tf.nn.batch_normalization(inputs, *given, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"rounded_momentum": self.rounded_momentum}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1FusedBatchNorm(TF1BatchNorm):
    """Batch normalization of one fused op, as `tf.layers` and slim had on images, slim on rows too.

    [N, height, width, channels] or, slim's, [N, channels] -> the same. `rounded_momentum`: false
    for slim's rows, and where `assign_moving_average` was called by hand. `switched`: a placeholder
    said whether it trains, so that Grappler does not make the op one with the ReLU behind it. In
    float64, for which the op has no kernel, of plain ops. Raises ValueError for inputs of another
    rank.
    """

    def __init__(
        self,
        *,
        epsilon: float = 1e-3,
        rounded_momentum: bool = True,
        switched: bool = False,
        **options: Any,
    ) -> None:
        at_least = max(epsilon, SMALLEST_EPSILON)
        super().__init__(epsilon=at_least, rounded_momentum=rounded_momentum, **options)
        self.switched = switched

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create gamma, beta and the averages."""
        if len(input_shape) not in (2, 4):
            raise ValueError(
                f"{self.name}: inputs {list(input_shape)}; expected [N, height, width, channels] "
                "or [N, channels]. TF1BatchNorm takes any rank."
            )
        super().build(input_shape)

    def _by_batch(self, inputs: tf.Tensor) -> Normalized:
        if inputs.dtype != tf.float64:
            outputs, mean, variance = self._fused(inputs)
            apart = tf.ensure_shape(outputs, outputs.shape) if self.switched else outputs
            return apart, mean, variance
        outputs, mean, variance = super()._by_batch(inputs)
        n = tf.cast(tf.size(inputs) // tf.size(mean), inputs.dtype)
        return outputs, mean, variance * n / tf.maximum(n - 1, 1)

    def _by_averages(self, inputs: tf.Tensor) -> tf.Tensor:
        if inputs.dtype == tf.float64:
            return super()._by_averages(inputs)
        mean, variance = map(tf.convert_to_tensor, (self.moving_mean, self.moving_variance))
        # Or Grappler makes a convolution one op with it, as it cannot behind TensorFlow 1's switch.
        inputs = tf.ensure_shape(inputs, inputs.shape)
        return self._fused(inputs, mean=mean, variance=variance, is_training=False)[0]

    def _fused(self, inputs: tf.Tensor, **options: Any) -> Normalized:
        rows = inputs.shape.rank == 2
        ones = tf.ones(inputs.shape[-1])
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            tf.reshape(inputs, [-1, 1, 1, inputs.shape[-1]]) if rows else inputs,
            ones if self.gamma is None else tf.convert_to_tensor(self.gamma),
            0 * ones if self.beta is None else tf.convert_to_tensor(self.beta),
            epsilon=self.epsilon,
            **options,
        )
        return tf.reshape(outputs, [-1, inputs.shape[-1]]) if rows else outputs, mean, variance

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"switched": self.switched}
