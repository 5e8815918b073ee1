"""The two pieces that make a Keras model bit-identical to a TensorFlow 1 graph.

`AddV2Dense`: Keras' `Dense` adds its bias with `tf.nn.bias_add`, whose gradient sums the rows in
another order than that of AddV2, which `matmul(x, W) + b` meant in TensorFlow 1. Forward values
are the same; bias gradients differ in the last bits.

`TF1Adam`: Keras' `Adam` computes 1 - beta in float64 and beta^t by `pow`. TensorFlow 1 kept float32
betas, float32 running products of them, and one fused kernel, ApplyAdam
(`tensorflow/python/training/adam.py`, `core/kernels/training_ops.cc`).
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

PACKAGE = "keras_models"


@keras.saving.register_keras_serializable(package=PACKAGE)
class AddV2Dense(keras.layers.Dense):
    """`keras.layers.Dense` whose bias is added as TensorFlow 1's `matmul(x, kernel) + bias` did.

    [N, inputs] -> [N, units], in the dtype of the layer.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return activation(inputs @ kernel + bias)."""
        outputs = tf.matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = add_bias(outputs, tf.convert_to_tensor(self.bias))
        return self.activation(outputs)


@tf.custom_gradient
def add_bias(outputs: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """Return outputs + bias, [..., units], with AddV2's gradient.

    The sum itself has one rounding, whoever makes it; as BiasAdd it is made within the matrix
    product, a pass over [N, units] less.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_bias = tf.reduce_sum(upstream, axis=list(range(upstream.shape.rank - 1)))
        # Every op here takes all cores: this sum beside the next product would hold both up.
        with tf.control_dependencies([of_bias]):
            return tf.identity(upstream), of_bias

    return tf.nn.bias_add(outputs, bias), gradient


def rounded(value: Any, precision: str, dtype: str) -> tf.Tensor:
    """Return `value` rounded to `precision` in `dtype`; TensorFlow casts Python's by float32."""
    number = np.float64(value) if isinstance(value, float) else value
    return tf.cast(tf.cast(number, precision), dtype)


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Adam(keras.optimizers.Optimizer):
    """`tf.compat.v1.train.AdamOptimizer` as a Keras optimizer, with its defaults.

    Per variable a slot m and a slot v in the variable's dtype; per optimizer two float32 scalars,
    `beta1_power` and `beta2_power`, that hold beta^(t+1) after t updates, as in a TensorFlow 1
    checkpoint. Learning rate, betas and epsilon are float32 whatever the dtype of the variables:
    TensorFlow 1 made them so.
    """

    precision = "float32"
    """What hyperparameters and beta powers are rounded to; float64 is for a float64 twin."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        name: str = "tf1_adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        if self.gradient_accumulation_steps:
            raise ValueError(
                f"gradient_accumulation_steps={self.gradient_accumulation_steps}: expected None, "
                "for TensorFlow 1's Adam updates at every step."
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the slots m and v of every variable and the two beta powers."""
        if self.built:
            return
        super().build(variables)
        self._m, self._v = self.add_optimizer_variables(variables, ["m", "v"])
        self.beta1_power = self._scalar("beta1_power", self.beta_1)
        self.beta2_power = self._scalar("beta2_power", self.beta_2)

    def _scalar(self, name: str, value: float) -> keras.Variable:
        initializer = keras.initializers.Constant(np.float64(value))
        return self.add_variable((), initializer=initializer, dtype=self.precision, name=name)

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        """Update every variable, then advance the beta powers by one float32 product each."""
        super().apply(grads, trainable_variables)
        for power, beta in ((self.beta1_power, self.beta_1), (self.beta2_power, self.beta_2)):
            power.assign(tf.convert_to_tensor(power) * tf.constant(beta, self.precision))

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Apply one fused Adam update to `variable`, in place."""
        dtype = variable.dtype
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._m[index].value.handle,
            v=self._v[index].value.handle,
            beta1_power=self._as_tf1(self.beta1_power, dtype),
            beta2_power=self._as_tf1(self.beta2_power, dtype),
            lr=self._as_tf1(learning_rate, dtype),
            beta1=self._as_tf1(self.beta_1, dtype),
            beta2=self._as_tf1(self.beta_2, dtype),
            epsilon=self._as_tf1(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )

    def _as_tf1(self, scalar: Any, dtype: str) -> tf.Tensor:
        """Return `scalar` rounded to float32, as TensorFlow 1 did, in `dtype`."""
        return rounded(scalar, self.precision, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to make the optimizer again (learning rate included)."""
        config = super().get_config()
        config.update(beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
        return config
