"""A stack of Dense layers, such as the article's model: ReLU between them, logits at the end.

    model = stack.rebuild(model)                 # the same function, uncompiled, LoRA merged
    model = stack.rebuild(model, classes=5)      # with a new head of 5 logits
    stack.rescale(model, 1 / 16)                 # smaller weights, the same predictions

Anything else is a NotAStack, which fine-tuning takes as a `network`.
"""

import itertools
import math

import keras
import numpy as np

from tf1_compat.hyperparameters import N_INPUT


class NotAStack(ValueError):
    """A model is not a stack of Dense layers; the message says where it differs."""


def layers(model: keras.Model) -> list[keras.layers.Dense]:
    """Return the Dense layers of `model`, first to last.

    Raises NotAStack unless it is [N, 784] -> Dense, ReLU -> ... -> Dense, linear, one after the
    other, in float32. Dropout between them does nothing when nobody trains, and is passed over.
    """
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    dropped = {id(layer.output): layer.input for layer in dropouts}
    skipped = (keras.layers.InputLayer, keras.layers.Dropout)
    found = [layer for layer in model.layers if not isinstance(layer, skipped)]
    for layer in found:
        if not isinstance(layer, keras.layers.Dense):
            raise NotAStack(f"layer {layer.name} is {type(layer).__name__}; expected Dense only")
        if layer.dtype_policy.name != "float32":
            raise NotAStack(f"layer {layer.name} is {layer.dtype_policy.name}; expected float32")
        if not layer.use_bias:
            raise NotAStack(f"layer {layer.name} has no bias")
    if not found or len(model.inputs) != 1 or tuple(model.inputs[0].shape[1:]) != (N_INPUT,):
        shapes = ", ".join(str(list(one.shape[1:])) for one in model.inputs)
        raise NotAStack(f"the model takes {shapes}; expected one input of [{N_INPUT}] pixels")
    wired = [] if isinstance(model, keras.Sequential) else itertools.pairwise(found)
    for below, above in wired:
        entering = dropped.get(id(above.input), above.input)
        if above.kernel.shape[0] != below.units or entering is not below.output:
            raise NotAStack(f"layer {above.name} does not take what {below.name} gives")
    for layer in found[:-1]:
        if layer.activation is not keras.activations.relu:
            raise NotAStack(f"layer {layer.name} has {_name(layer)}; expected relu")
    if found[-1].activation is not keras.activations.linear:
        raise NotAStack(
            f"the last layer, {found[-1].name}, has {_name(found[-1])}; expected logits, so no "
            "activation: set model.layers[-1].activation = keras.activations.linear and save again"
        )
    return found


def is_one(model: keras.Model) -> bool:
    """Say whether `layers` takes the model."""
    try:
        layers(model)
    except NotAStack:
        return False
    return True


def _name(layer: keras.layers.Dense) -> str:
    return f"the activation {getattr(layer.activation, '__name__', layer.activation)}"


def rebuild(model: keras.Model, classes: int | None = None, seed: int = 0) -> keras.Model:
    """Return an uncompiled copy of the stack: nothing of LoRA, optimizer or frozen flags is left.

    LoRA kernels are merged. `classes` asks for a new head of as many logits, Glorot uniform from
    `seed`, biases 0. Layers keep their names and classes.
    """
    old = layers(model)
    copies = [
        type(layer)(layer.units, activation=layer.activation, name=layer.name) for layer in old
    ]
    if classes is not None:
        copies[-1] = new_layer(classes, "linear", old[-1].name, seed)
    rebuilt = _stacked(model, copies)
    for layer, copy in zip(old if classes is None else old[:-1], copies, strict=False):
        copy.kernel.assign(layer.kernel)  # with LoRA in it, where there is LoRA
        copy.bias.assign(layer.bias)
    return rebuilt


def fresh(like: keras.Model, classes: int, seed: int) -> keras.Model:
    """Return a stack of the same widths as Keras would start it: Glorot uniform, biases 0."""
    *below, top = layers(like)
    seeds = itertools.count(seed * (len(below) + 1))
    drawn = [new_layer(layer.units, "relu", layer.name, next(seeds)) for layer in below]
    return _stacked(like, [*drawn, new_layer(classes, "linear", top.name, next(seeds))])


def _stacked(like: keras.Model, new: list[keras.layers.Dense]) -> keras.Model:
    """Return `new` layers one after the other, under the names of `like`."""
    tensor = inputs = keras.Input([N_INPUT], name=like.inputs[0].name)
    for layer in new:
        tensor = layer(tensor)
    return keras.Model(inputs, tensor, name=like.name)


def new_layer(units: int, activation: str, name: str, seed: int) -> keras.layers.Dense:
    """Return a Dense layer with Keras' own initial weights, drawn from `seed`."""
    glorot = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(units, activation=activation, kernel_initializer=glorot, name=name)


def hidden(model: keras.Model) -> keras.Model:
    """Return the part of the stack below its head: [N, 784] -> [N, width] float32."""
    return keras.Model(model.inputs[0], layers(model)[-1].input)


def rescale(model: keras.Model, scale: float) -> float:
    """Multiply every kernel by `scale`, biases so that predictions stay; return the logits' factor.

    ReLU is positively homogeneous, relu(s x) = s relu(x) for s > 0, so with kernels times s and the
    bias of layer l (from 1) times s^l, logits of L layers are multiplied by s^L and no prediction
    changes (Neyshabur, Salakhutdinov, Srebro: Path-SGD, 2015, section 2). For a power of two every
    float32 in the network is multiplied exactly, short of underflow.
    """
    if not (scale > 0 and math.isfinite(scale)):
        raise ValueError(f"scale {scale}: expected a positive number")
    factor = 1.0
    for layer in layers(model):
        factor *= scale
        layer.kernel.assign(layer.kernel.numpy() * np.float32(scale))
        layer.bias.assign(layer.bias.numpy() * np.float32(factor))
    return factor


def suggest_scale(model: keras.Model) -> tuple[float, str]:
    """Return a scale for `rescale`, a power of two of at most 1, and the reason in words.

    It brings the kernels' root mean squares, in the geometric mean over the layers, nearest to
    those of Glorot's initial weights, sqrt(2 / (inputs + units)) (Glorot, Bengio 2010, eq. 12-16).
    A power of two, so that the predictions' sameness can be proven bit for bit; never above 1,
    since weights that are small already are no hindrance.
    """
    logs, words = [], []
    for layer in layers(model):
        kernel = layer.kernel.numpy().astype(np.float64)
        size, wanted = math.sqrt((kernel**2).mean()), math.sqrt(2 / sum(kernel.shape))
        logs.append(math.log2(wanted / size) if size else 0.0)
        words.append(f"{layer.name} {size:.3g} against {wanted:.3g}")
    exponent = min(0, round(sum(logs) / len(logs)))
    return 2.0**exponent, f"kernels' root mean square against Glorot's: {', '.join(words)}"
