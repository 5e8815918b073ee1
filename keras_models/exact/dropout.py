"""Dropout by the random numbers of TensorFlow 1's op, which its two seeds determine."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE


def dropped(
    inputs: tf.Tensor, rate: float, noise_shape: tuple[int | None, ...] | None, seed: Any
) -> tf.Tensor:
    """Return inputs without a share `rate`; `seed` has both of the op's."""
    shape = tf.shape(inputs)
    if noise_shape is not None:
        shape = [shape[i] if size is None else size for i, size in enumerate(noise_shape)]
    numbers = tf.raw_ops.RandomUniform(shape=shape, dtype=inputs.dtype, seed=seed[0], seed2=seed[1])
    dropping = tf.constant(rate, inputs.dtype)
    return inputs * (1 / (1 - dropping)) * tf.cast(numbers >= dropping, inputs.dtype)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Dropout(keras.layers.Dropout):
    """`tf.nn.dropout` and `tf.layers.dropout`: the same numbers are dropped at the same updates.

    `seed` and `seed2` are the attributes of the graph's RandomUniform op: the graph's seed, or
    87654321 where only the op had one, and the op's. An op that had neither was random; set both in
    the graph first. The stream begins where a function is traced, such as `fit`'s, as it did in a
    new session. Inputs of any shape -> the same, in the dtype of the layer. A `keep_prob` fed as
    float32 is the rate `float(np.float32(1) - np.float32(keep_prob))`.
    """

    def __init__(
        self,
        rate: float,
        seed: int,
        seed2: int,
        noise_shape: tuple[int | None, ...] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(0.0, noise_shape, seed, **options)  # 0: no generator of Keras' own
        self.rate, self.seed2 = rate, seed2
        if not 0 <= rate < 1:
            raise ValueError(f"rate={rate}: expected a number from 0 to below 1.")
        if not seed and not seed2:
            raise ValueError(
                "seed=0 and seed2=0: expected one that is not, or nothing is repeated."
            )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return inputs, in training without those that are dropped, the others scaled up."""
        if not (training and self.rate):
            return inputs
        return dropped(inputs, self.rate, self.noise_shape, (self.seed, self.seed2))

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {"seed2": self.seed2}
