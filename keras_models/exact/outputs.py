"""The loss of a model that gives it itself, of labels that it takes as inputs."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class OutputAsLoss(keras.losses.Loss):
    """The mean of a model's output, or its sum; where `squared`, of the squares of it.

    Output of any shape, [] as well; labels are not looked at.
    """

    def __init__(self, squared: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.squared = squared

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each number, in the shape of the output."""
        return keras.ops.square(y_pred) if self.squared else y_pred

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"squared": self.squared}
