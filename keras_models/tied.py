"""A decoder that has the encoder's weights, as autoencoders with tied weights do."""

from typing import Any

import keras
import tensorflow as tf

from keras_models.exact import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class TransposedDense(keras.layers.Layer):
    """activation(inputs @ kernel^T + bias) with the kernel of `tied_to`, a Dense of the same model.

    [N, units of `tied_to`] -> [N, its inputs], in the dtype of the layer. `tied_to` is to be called
    first.
    """

    def __init__(
        self,
        tied_to: keras.layers.Dense,
        activation: Any = None,
        use_bias: bool = True,
        bias_initializer: Any = "zeros",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.tied_to, self.use_bias = tied_to, use_bias
        self.activation = keras.activations.get(activation)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the bias."""
        size, self.bias = self.tied_to.kernel.shape[:1], None
        if self.use_bias:
            self.bias = self.add_weight(size, self.bias_initializer, name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(inputs @ kernel^T + bias)."""
        outputs = keras.ops.matmul(inputs, keras.ops.transpose(self.tied_to.kernel))
        return self.activation(outputs if self.bias is None else outputs + self.bias)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return super().get_config() | {
            "tied_to": keras.saving.serialize_keras_object(self.tied_to),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TransposedDense":
        """Return the layer; within a model that is loaded `tied_to` is the model's own layer."""
        tied_to = config["tied_to"]
        if isinstance(tied_to, dict):
            tied_to = keras.saving.deserialize_keras_object(tied_to)
        return cls(**{**config, "tied_to": tied_to})
