"""Copies of a Sequential or functional model, layer by layer, with some of them changed."""

from collections.abc import Callable, Iterator
from typing import Any

import keras


def leaves(model: keras.Model) -> Iterator[Any]:
    """Yield the layers of a model, and of the models in it, in the order in which they compute."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


def copied(
    model: keras.Model, change: Callable[[Any], Any], *, weights: bool = True, without: Any = None
) -> keras.Model:
    """Return a functional model of the same wiring, every layer what `change` makes of it.

    With `weights`, copies have those of their layers, but for the copy of `without`. It takes
    float32. Raises ValueError for a model that is not Sequential or functional, and for one in it.
    """
    made: dict[int, Any] = {}

    def each(layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer):  # an operation of keras.ops has no weights
            return layer
        if id(layer) not in made:
            inside = isinstance(layer, keras.Model)
            made[id(layer)] = _wired(layer, each) if inside else change(layer)
        return made[id(layer)]

    copy = _wired(model, each)
    if weights:
        for layer in leaves(model):
            ours = made.get(id(layer), layer)
            if layer is not without and ours is not layer and type(ours) is type(layer):
                _assign(ours, layer)
    return copy


def _wired(model: keras.Model, each: Callable[[Any], Any]) -> keras.Model:
    inputs = keras.Input(model.inputs[0].shape[1:], name=model.inputs[0].name)
    if isinstance(model, keras.Sequential):
        tensor = inputs
        for layer in model.layers:
            tensor = each(layer)(tensor)
        return keras.Model(inputs, tensor, name=model.name)
    if len(model.inputs) != 1 or not hasattr(model, "_run_through_graph"):
        kind = type(model).__name__
        raise ValueError(f"{model.name} is {kind}; expected Sequential or functional")
    given = keras.tree.pack_sequence_as(model.input, [inputs])
    return keras.models.clone_model(
        model, input_tensors=given, clone_function=each, call_function=_called
    )


def _called(layer: Any, *given: Any, **named: Any) -> Any:
    """Call a layer as the one that it stands for was; Identity knows no mask."""
    return layer(given[0]) if isinstance(layer, keras.layers.Identity) else layer(*given, **named)


def _assign(copy: Any, layer: Any) -> None:
    if getattr(layer, "lora_enabled", False):
        copy.kernel.assign(layer.kernel)  # with LoRA in it
        if layer.bias is not None:
            copy.bias.assign(layer.bias)
        return
    for ours, theirs in zip(copy.weights, layer.weights, strict=True):
        ours.assign(theirs)
