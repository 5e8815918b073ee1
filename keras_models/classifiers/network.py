"""A classifier that is no plain stack: convolutions, branches, a model within a model.

It has the functions of `stack`, but for rescaling: only where nothing but ReLU stands between Dense
layers do smaller weights keep every prediction.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_models.classifiers import stack
from keras_models.classifiers.copying import copied, leaves
from keras_models.classifiers.stack import NotAStack
from tf1_compat.hyperparameters import N_INPUT

SHAPES = ((N_INPUT,), (28, 28), (28, 28, 1), (1, 28, 28))
"""In which a model may take a picture."""
WHITE = 255.0
FLAT = (keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Reshape, keras.layers.Dropout)
"""What may stand between the Dense layers of a stack, for it changes no number."""
STAYS = (keras.layers.BatchNormalization, keras.layers.Normalization)
"""Layers that are left as they are, in inference: their averages are not of the new rows."""
NO_STACK = "not rescaled: only stacks of Dense layers with ReLU keep their predictions"


class NotAClassifier(ValueError):
    """A model is no classifier of 28 x 28 pixels; the message says why."""


def takes(model: keras.Model) -> tuple[tuple[int, ...], float]:
    """Return the shape in which `model` takes a picture, and which number is white to it.

    White is 255 to whole numbers and to layers that scale by less than 1/50 or subtract more than 1
    on the average; else 1. Raises NotAClassifier for anything but one picture of 28 x 28.
    """
    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if len(shapes) != 1 or shapes[0] not in SHAPES:
        shown = ", ".join(str(list(shape)) for shape in shapes)
        raise NotAClassifier(f"the model takes {shown}; expected one input of 28 x 28 pixels")
    scale = 1.0
    for layer in leaves(model):
        if isinstance(layer, keras.layers.Rescaling):
            scale *= float(np.mean(layer.scale))
        elif isinstance(layer, keras.layers.Normalization):
            scale = 0.0 if float(np.mean(layer.mean)) > 1 else scale
        elif not isinstance(layer, FLAT):
            break
    whole = "int" in keras.backend.standardize_dtype(model.inputs[0].dtype)
    return shapes[0], WHITE if whole or scale < 1 / 50 else 1.0


def of_rows(model: keras.Model) -> keras.Model:
    """Return a copy that takes rows [N, 784] from 0 to 1 and gives logits; dropout is left out.

    Raises NotAClassifier.
    """
    shape, white = takes(model)
    check_end(model)
    for layer in leaves(model):
        if layer.dtype_policy.compute_dtype != "float32":
            raise NotAClassifier(f"layer {layer.name} computes in {layer.dtype_policy.name}")
    end = [*leaves(model)][-1]
    inner = copied(model, lambda layer: linear(layer) if layer is end else _copy(layer))
    paths = [variable.path for variable in inner.weights]
    if len(set(paths)) < len(paths):
        raise NotAClassifier("two of its layers have the same name; expected a name for each")
    if shape == (N_INPUT,) and white == 1:
        return inner
    rows = keras.Input([N_INPUT], name="rows")
    picture = keras.layers.Reshape(shape, name="picture")(rows)
    if white != 1:
        picture = keras.layers.Rescaling(white, name="grey_levels")(picture)
    return keras.Model(rows, inner(picture), name=f"{model.name}_of_rows")


def check_end(model: keras.Model) -> None:
    """Raise NotAClassifier unless `model` gives [N, classes] logits, or the softmax of them."""
    outputs = [tuple(one.shape) for one in model.outputs]
    if len(outputs) != 1 or len(outputs[0]) != 2 or outputs[0][1] is None or outputs[0][1] < 2:
        raise NotAClassifier(f"it gives {outputs}; expected one output of classes")
    if not layers(model):
        raise NotAClassifier("no layer of it has weights; expected one that has learnt")
    last, end = model.outputs[0]._keras_history.operation, [*leaves(model)][-1]
    if not isinstance(last, keras.layers.Layer):
        raise NotAClassifier(f"the operation {last.name} ends it; expected a layer")
    activation = getattr(end, "activation", keras.activations.linear)
    if activation not in (keras.activations.linear, keras.activations.softmax):
        raise NotAClassifier(
            f"layer {end.name} ends it with {activation.__name__}; expected logits or a softmax"
        )


def linear(layer: Any) -> Any:
    """Return a copy of the layer that ends a model, without its softmax."""
    if isinstance(layer, keras.layers.Softmax):
        return keras.layers.Identity(name=layer.name)
    copy = _copy(layer)
    if hasattr(copy, "activation"):
        copy.activation = keras.activations.linear
    return copy


def _copy(layer: Any, change: Callable[[dict[str, Any]], None] = lambda config: None) -> Any:
    """Return a layer with the same weights, LoRA merged, that draws nothing at random."""
    config = layer.get_config()
    for drawn in ("rate", "stddev", "dropout", "recurrent_dropout"):
        if isinstance(config.get(drawn), float):
            config[drawn] = 0.0
    for added in ("lora_rank", "lora_alpha"):
        config.pop(added, None)
    change(config)
    copy = type(layer).from_config(config)
    if isinstance(layer, STAYS):
        copy.trainable = False
    return copy


def as_stack(model: keras.Model) -> keras.Model:
    """Return the Dense layers of `model`, one after the other, where there is nothing else in it.

    Raises NotAStack.
    """
    between = [layer for layer in leaves(model) if not isinstance(layer, FLAT)]
    if other := [one for one in between if not isinstance(one, keras.layers.Dense)]:
        raise NotAStack(f"layer {other[0].name} is {type(other[0]).__name__}; expected Dense only")
    return keras.Sequential([keras.Input([N_INPUT]), *between], name=model.name)


def layers(model: keras.Model) -> list[Any]:
    """Return the layers that can train, first to last; the last is the head."""
    return [one for one in leaves(model) if one.weights and not isinstance(one, STAYS)]


def rebuild(model: keras.Model, classes: int | None = None, seed: int = 0) -> keras.Model:
    """Return an uncompiled copy: nothing of LoRA, optimizer or frozen flags is left.

    `classes` asks for a new head of as many logits, Glorot uniform from `seed`, biases 0. Raises
    NotAClassifier where the head is no Dense layer.
    """
    head = layers(model)[-1]
    if classes is None:
        return copied(model, _copy)
    if not isinstance(head, keras.layers.Dense):
        raise NotAClassifier(
            f"its last layer with weights, {head.name}, is {type(head).__name__}; expected Dense, "
            "in whose place a new one can be put"
        )
    new = stack.new_layer(classes, "linear", head.name, seed)
    return copied(model, lambda layer: new if layer is head else _copy(layer), without=head)


def fresh(like: keras.Model, classes: int, seed: int) -> keras.Model:
    """Return the same network as Keras would start it, every initializer with a seed of its own."""
    seeds = itertools.count(seed * 1000)
    head = layers(like)[-1]

    def change(config: dict[str, Any]) -> None:
        for initializer in _initializers(config):
            initializer["seed"] = next(seeds)
        if config["name"] == head.name:
            config["units"] = classes

    return copied(like, lambda layer: _copy(layer, change), weights=False)


def _initializers(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what configures each initializer of a layer that draws."""
    for value in config.values():
        inner = value.get("config") if isinstance(value, dict) else None
        if isinstance(inner, dict) and "seed" in inner:
            yield inner


def hidden(model: keras.Model) -> keras.Model:
    """Return the part of the network below its head: [N, 784] -> [N, ...] float32."""
    every, head = [*leaves(model)], layers(model)[-1]
    above = {id(layer) for layer in every[every.index(head) :]}
    return copied(model, lambda layer: keras.layers.Identity() if id(layer) in above else layer)


def rescale(model: keras.Model, scale: float) -> float:
    """Return 1; raises NotAStack for any other scale."""
    if scale != 1:
        raise NotAStack(NO_STACK)
    return 1.0


def suggest_scale(model: keras.Model) -> tuple[float, str]:
    """Return 1, and the reason in words."""
    return 1.0, NO_STACK
