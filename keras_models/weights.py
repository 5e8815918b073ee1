"""Layers that are one weight: what TensorFlow 1 graphs have as a variable by itself."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE


class _Weight(keras.layers.Layer):
    """A weight of `shape`, which is broadcast over the rows of what the layer is called with."""

    def __init__(
        self,
        shape: Sequence[int],
        weight_initializer: Any = "glorot_uniform",
        weight_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.shape = tuple(shape)
        self.weight_initializer = keras.initializers.get(weight_initializer)
        self.weight_regularizer = keras.regularizers.get(weight_regularizer)

    def build(self, input_shape: Any) -> None:
        """Create the weight."""
        self.weight = self.add_weight(
            self.shape,
            self.weight_initializer,
            regularizer=self.weight_regularizer,
            name="weight",
        )

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {
            "shape": self.shape,
            "weight_initializer": keras.initializers.serialize(self.weight_initializer),
            "weight_regularizer": keras.regularizers.serialize(self.weight_regularizer),
        }


@keras.saving.register_keras_serializable(package=PACKAGE)
class AddedWeight(_Weight):
    """inputs + weight, in the dtype of the layer: positions, or a bias of the whole."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return inputs + weight, [N, ...]."""
        return inputs + self.weight


@keras.saving.register_keras_serializable(package=PACKAGE)
class SubtractedWeight(_Weight):
    """inputs - weight, in the dtype of the layer: thresholds."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return inputs - weight, [N, ...]."""
        return inputs - self.weight


@keras.saving.register_keras_serializable(package=PACKAGE)
class MultipliedWeight(_Weight):
    """inputs * weight, in the dtype of the layer: slopes, scales, or a vector to project on."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return inputs * weight, [N, ...]."""
        return inputs * self.weight
