"""Two ops on images that Keras has otherwise, or not at all, as layers."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1ResizeBilinear(keras.layers.Layer):
    """`tf.image.resize_bilinear`: [N, height, width, channels] -> [N, *size, channels].

    It samples at the corners of pixels, or with `align_corners` so that the outermost pixels stay
    where they are; Keras samples at their centres. The op gives float32.
    """

    def __init__(self, size: tuple[int, int], align_corners: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.size, self.align_corners = tuple(size), align_corners

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the images, resized."""
        return tf.compat.v1.image.resize_bilinear(inputs, self.size, self.align_corners)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"size": self.size, "align_corners": self.align_corners}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1LocalResponseNormalization(keras.layers.Layer):
    """`tf.nn.local_response_normalization`, or `tf.nn.lrn`, with its defaults.

    [N, height, width, channels] -> the same, each number over (bias + alpha * the sum of the
    squares up to `depth_radius` channels away)^beta. The op has kernels for float32 and float16.
    """

    def __init__(
        self,
        depth_radius: int = 5,
        bias: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.settings = {"depth_radius": depth_radius, "bias": bias, "alpha": alpha, "beta": beta}

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the images, normalized across channels."""
        return tf.nn.local_response_normalization(inputs, **self.settings)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | self.settings
