"""A loss of pairs as siamese networks had it."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Contrastive(keras.losses.Loss):
    """d^2 of pairs whose label is `alike`, max(margin - d, 0)^2 of the others, of distances d.

    Any shape -> the same. With `squared`, outputs are s in d = sqrt(s + epsilon), and pairs that
    are alike lose s. R. Hadsell, S. Chopra, Y. LeCun, CVPR 2006, equation 4, without its halves.
    """

    def __init__(
        self,
        margin: float = 1.0,
        alike: int = 1,
        squared: bool = False,
        epsilon: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.settings = {"margin": margin, "alike": alike, "squared": squared, "epsilon": epsilon}

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each pair."""
        squares, distances = tf.square(y_pred), y_pred
        if self.settings["squared"]:
            squares, distances = y_pred, tf.sqrt(y_pred + self.settings["epsilon"])
        alike = y_true if self.settings["alike"] else 1 - y_true
        beyond = tf.square(tf.maximum(self.settings["margin"] - distances, 0))
        return alike * squares + (1 - alike) * beyond

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | self.settings
