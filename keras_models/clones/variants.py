"""Variants of a compiled Keras model: other layers, another loss, another optimizer, float64.

Every variant is a clone, freshly initialized; the model that was given stays as it is.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
from keras.layers import Layer
from keras.optimizers import Optimizer

from keras_models.clones import copies

Change = Callable[[Layer, dict[str, Any]], Layer | None]
"""(layer, its config) -> another layer, or None to rebuild it from the config, edited or not."""
Call = Callable[..., Any]
"""(layer or operation, what it is given) -> outputs; calls it, or does something else instead."""

OWN = ("train_step", "compute_loss")
"""What a model's class may do otherwise than Keras', and `fit` runs."""


def variant(
    model: keras.Model,
    change: Change | None = None,
    *,
    call: Call | None = None,
    optimizer: Optimizer | None = None,
    loss: Any = None,
    loss_weights: Any = None,
    plain: bool = False,
) -> keras.Model:
    """Return a compiled clone of `model` with what is given changed, in the model's dtype.

    `plain`: with Keras' own train_step and compute_loss in place of the model's. Raises ValueError
    for a model that Keras cannot clone, such as a subclassed one.
    """

    made: dict[int, Layer] = {}

    def rebuilt(layer: Layer) -> Layer:
        if not isinstance(layer, Layer):
            return layer  # an operation between layers, which has neither state nor dtype
        if isinstance(layer, keras.Model):  # nested
            return _cloned(layer, rebuilt)
        # A layer that has another of the model, as that of tied weights has, has its clone.
        others = {name: made[id(one)] for name, one in vars(layer).items() if id(one) in made}
        config = layer.get_config() | others
        new = (change(layer, config) if change else None) or type(layer).from_config(config)
        made[id(layer)] = copies.exactly(new)
        return made[id(layer)]

    clone = _cloned(model, rebuilt, call)
    if plain:
        clone = keras.Model(clone.inputs, clone.outputs)
    elif lost := [
        name for name in OWN if getattr(type(clone), name) is not getattr(type(model), name)
    ]:
        raise ValueError(f"the clone has lost the model's own {lost[0]}")
    clone.compile(
        optimizer=optimizer or copies.copy_of(model.optimizer),
        loss=model.loss if loss is None else loss,
        loss_weights=loss_weights or model.get_compile_config()["loss_weights"],
        jit_compile=False,
    )
    return clone


def _cloned(
    model: keras.Model, rebuilt: Callable[[Any], Any], call: Call | None = None
) -> keras.Model:
    """Clone `model` as its own class; a functional one's inputs are in the dtype of `floatx`."""

    def fresh(tensor: Any) -> Any:
        dtype = keras.config.floatx() if tensor.dtype.startswith("float") else tensor.dtype
        return keras.Input(batch_shape=tensor.shape, dtype=dtype, name=tensor.name)

    if call is not None and isinstance(model, keras.Sequential):
        model = model._functional
    in_order, inputs = isinstance(model, keras.Sequential), None
    if keras.config.floatx() != "float32" and getattr(model, "inputs", None):  # they would narrow
        inputs = keras.tree.map_structure(fresh, model.inputs[0] if in_order else model.input)
    with _not_compiled(model):
        options = {} if in_order else {"call_function": call or _called}
        clone = keras.models.clone_model(model, inputs, clone_function=rebuilt, **options)
    kind = type(model)
    if in_order and type(clone) is not kind:
        begin = keras.Input(batch_shape=model.input_shape) if inputs is None else inputs
        clone = kind([*([begin] if model.built else []), *clone.layers])
    return clone


def _called(operation: Any, *given: Any, **options: Any) -> Any:
    """Call a layer with those options that it takes: it may stand for one of another kind."""
    if isinstance(operation, Layer):
        takes = inspect.signature(operation.call).parameters
        if not any(one.kind is one.VAR_KEYWORD for one in takes.values()):
            options = {name: value for name, value in options.items() if name in takes}
    return operation(*given, **options)


@contextlib.contextmanager
def _not_compiled(model: keras.Model) -> Iterator[None]:
    """Keep `clone_model` from compiling the clone as well, which takes as long as cloning."""
    compiled, model.compiled = model.compiled, False
    try:
        yield
    finally:
        model.compiled = compiled


def in_float64(model: keras.Model) -> keras.Model:
    """Return a variant that computes in float64; to be made and used within `floatx("float64")`.

    Its loss and its optimizer are the user's own: what is to be judged is what `fit` would run.
    """

    def widen(layer: Layer, config: dict[str, Any]) -> None:
        _widen(config)

    return variant(model, widen, loss=copies.copy_of_loss(model.loss))


def _widen(config: Any) -> None:
    """Set every dtype in a layer's config, and in those of layers within it, to float64."""
    if isinstance(config, list | tuple):
        for one in config:
            _widen(one)
    elif isinstance(config, dict):
        for name, value in config.items():
            if name == "dtype" and (isinstance(value, dict) or str(value).startswith("float")):
                config[name] = "float64"
            else:
                _widen(value)


def recompiled_in_float64(model: keras.Model) -> keras.Model:
    """Compile a model that was made within `floatx("float64")` for float64, and return it.

    For models that cannot be cloned. Raises TypeError where a weight is of another dtype.
    """
    if other := [weight.path for weight in model.weights if weight.dtype != "float64"]:
        raise TypeError(f"{other[0]} has a dtype of its own")
    copies.exactly(model)
    model.compile(
        copies.copy_of(model.optimizer),
        copies.copy_of_loss(model.loss),
        model.get_compile_config()["loss_weights"],
        jit_compile=False,
    )
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


def exchanged(
    model: keras.Model, kinds: Mapping[type[Layer], type[Layer]], **options: Any
) -> keras.Model | None:
    """Return a variant with other layers for those of these kinds; None where there is none.

    They take the configs, and `options`. A layer that says it has no bias is left out of account.
    """
    if not any(type(layer) in kinds and getattr(layer, "use_bias", True) for layer in model.layers):
        return None

    def swap(layer: Layer, config: dict[str, Any]) -> Layer | None:
        kind = kinds.get(type(layer))
        return kind.from_config(config | options) if kind else None

    return variant(model, swap)
