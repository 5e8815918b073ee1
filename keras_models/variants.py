"""Variants of a compiled Keras model: other layers, another loss, another optimizer, float64.

Every variant is a clone, freshly initialized; the model that was given stays as it is.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Layer
from keras.optimizers import Optimizer

from keras_models import translation
from keras_models.exact import AddV2Dense

Change = Callable[[Layer, dict[str, Any]], Layer | None]
"""(layer, its config) -> another layer, or None to rebuild it from the config, edited or not."""


def variant(
    model: keras.Model,
    change: Change | None = None,
    *,
    optimizer: Optimizer | None = None,
    loss: Any = None,
    loss_weights: Any = None,
) -> keras.Model:
    """Return a compiled clone of `model` with what is given changed, in the model's dtype.

    Raises ValueError for a model that Keras cannot clone, such as a subclassed one.
    """

    def rebuilt(layer: Layer) -> Layer:
        config = layer.get_config()
        return _exactly(
            (change(layer, config) if change else None) or type(layer).from_config(config)
        )

    with _not_compiled(model):
        clone = keras.models.clone_model(model, clone_function=rebuilt)
    clone.compile(
        optimizer=optimizer or copy_of(model.optimizer),
        loss=model.loss if loss is None else loss,
        loss_weights=loss_weights or model.get_compile_config()["loss_weights"],
        jit_compile=False,
    )
    return clone


@contextlib.contextmanager
def _not_compiled(model: keras.Model) -> Iterator[None]:
    """Keep `clone_model` from compiling the clone as well, which takes as long as cloning."""
    model.compiled = False
    try:
        yield
    finally:
        model.compiled = True


def _exactly(layer: Layer) -> Layer:
    """Make the layer's numbers NumPy's, for TensorFlow casts Python's to float64 by float32."""
    regularizers = [value for name, value in vars(layer).items() if name.endswith("_regularizer")]
    for holder in (layer, *regularizers):
        for name, value in list(vars(holder).items() if holder is not None else ()):
            if type(value) is float:
                setattr(holder, name, np.float64(value))
    return layer


def copy_of(thing: Any, **changes: Any) -> Any:
    """Return a fresh optimizer or loss, its config changed, in the dtype of `floatx`."""
    config = {**thing.get_config(), **changes}
    rate = config.get("learning_rate")
    if isinstance(rate, float):  # Keras keeps it in float32: give back the decimal that was written
        short = float(f"{rate:.7g}")
        config["learning_rate"] = short if np.float32(short) == np.float32(rate) else rate
    fresh = type(thing).from_config(config)
    if hasattr(fresh, "precision"):
        fresh.precision = keras.config.floatx()
    return fresh


def in_float64(model: keras.Model) -> keras.Model:
    """Return a variant that computes in float64; to be made and used within `floatx("float64")`."""

    def widen(layer: Layer, config: dict[str, Any]) -> None:
        config["dtype"] = "float64"

    loss = copy_of(model.loss) if isinstance(model.loss, keras.losses.Loss) else model.loss
    # TensorFlow 1's rule with the same meaning, where there is one: Keras' own optimizers take
    # some of their numbers by way of float32.
    optimizer = translation.translate(copy_of(model.optimizer))
    return variant(model, widen, loss=loss, optimizer=optimizer)


def recompiled_in_float64(model: keras.Model) -> keras.Model:
    """Compile a model that was made within `floatx("float64")` for float64, and return it.

    For models that cannot be cloned. Raises TypeError where a weight is of another dtype.
    """
    if other := [weight.path for weight in model.weights if weight.dtype != "float64"]:
        raise TypeError(f"{other[0]} has a dtype of its own")
    loss = copy_of(model.loss) if isinstance(model.loss, keras.losses.Loss) else model.loss
    fresh = copy_of(model.optimizer)
    model.compile(translation.translate(fresh) or fresh, loss, jit_compile=False)
    return model


@contextlib.contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Let Keras take `dtype` wherever nothing else is said."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


class AddV2Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` whose bias is added as TensorFlow 1's `conv2d(x, kernel) + bias` did.

    [N, height, width, channels] -> [N, height, width, filters], in the dtype of the layer.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(convolution + bias)."""
        outputs = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            outputs = tf.raw_ops.AddV2(x=outputs, y=tf.convert_to_tensor(self.bias))
        return self.activation(outputs)


ADDV2: dict[type[Layer], type[Layer]] = {
    keras.layers.Dense: AddV2Dense,
    keras.layers.Conv2D: AddV2Conv2D,
}


def with_addv2(model: keras.Model) -> keras.Model | None:
    """Return a variant that adds every bias with AddV2; None where no layer has a stock one."""
    if not any(type(layer) in ADDV2 and layer.use_bias for layer in model.layers):
        return None

    def swap(layer: Layer, config: dict[str, Any]) -> Layer | None:
        kind = ADDV2.get(type(layer))
        return kind.from_config(config) if kind else None

    return variant(model, swap)
