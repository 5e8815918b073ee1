"""A recipe as a compiled Keras model, in any of the styles in which people write one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, losses, optimizers

from keras_models import tf1_optimizers
from tests.checking.mutations.recipe import Net, Part, Recipe

Stage = Callable[[Any], Any]


@dataclass(frozen=True)
class Style:
    """How a model is written; what it computes is the same."""

    form: str = "functional"
    """functional, sequential, subclassed or nested (its first half is a model in the model)."""
    named: bool = True
    operators: bool = False
    """Activations, sums, products and factors as operators, not as layers."""
    probabilities: bool = False
    """The last layer's activation gives what the loss is taken of."""


PROBABILITIES = {"softmax": "softmax", "sparse": "softmax", "sigmoid": "sigmoid"}


def maker(recipe: Recipe, style: Style = Style()) -> Callable[[], keras.Model]:
    """Return what makes the recipe's compiled model."""

    def keras_model() -> keras.Model:
        keras.utils.clear_session(free_memory=False)
        writer = _Writer(recipe, style)
        model = writer.model()
        model.compile(
            _optimizer(recipe.optimizer),
            _loss(recipe.loss, probabilities=style.probabilities),
            loss_weights=recipe.loss.options.get("weight"),
        )
        return model

    return keras_model


class _Writer:
    """Writes one model; every layer that it makes is kept, for a subclassed model to own."""

    def __init__(self, recipe: Recipe, style: Style) -> None:
        self.recipe, self.style = recipe, style
        self.made: list[layers.Layer] = []

    def model(self) -> keras.Model:
        """Return the model, not compiled."""
        dtype = keras.config.floatx() if self.recipe.ids is None else "int32"
        inputs = keras.Input(self.recipe.shape, dtype=dtype)
        stages = self.stages(self.recipe.net)
        if self.style.probabilities:
            of = PROBABILITIES[self.recipe.loss.kind]
            stages.append(self.keep(layers.Activation(of)))
        if self.style.form == "sequential":
            return keras.Sequential([inputs, *stages])
        if self.style.form == "subclassed":
            return Subclassed(self.made, stages)
        if self.style.form == "nested":
            half = len(stages) // 2
            inner = keras.Model(inputs, _through(inputs, stages[:half]), name="inner")
            outer = keras.Input(self.recipe.shape, dtype=dtype)
            return keras.Model(outer, _through(inner(outer), stages[half:]))
        return keras.Model(inputs, _through(inputs, stages))

    def stages(self, net: Net) -> list[Stage]:
        """Return what takes the outputs of one part to those of the next."""
        return [stage for one in net for stage in self._stages(one)]

    def keep(self, layer: layers.Layer) -> Any:
        """Return the layer, which the model has to own."""
        self.made.append(layer)
        return layer

    def _options(self, one: Part, *without: str) -> dict[str, Any]:
        options = {k: v for k, v in one.options.items() if k not in without}
        return options | ({"name": one.name} if self.style.named and one.name else {})

    def _weighted(self, one: Part) -> dict[str, Any]:
        """Return the options of a layer with a kernel."""
        options: dict[str, Any] = {"use_bias": one.options.get("bias", True)}
        if one.name in self.recipe.penalties:
            options["kernel_regularizer"] = keras.regularizers.L2(self.recipe.penalties[one.name])
        if not self.style.operators:
            options["activation"] = one.options.get("activation", "linear")
        return options | {"trainable": one.name not in self.recipe.frozen}

    def _activated(self, layer: layers.Layer, one: Part) -> list[Stage]:
        of = one.options.get("activation", "linear")
        if not self.style.operators or of == "linear":
            return [self.keep(layer)]
        return [self.keep(layer), getattr(keras.ops, of)]

    def _stages(self, one: Part) -> list[Stage]:
        options, operators = self._options, self.style.operators
        match one.kind:
            case "dense":
                given = options(one, "bias", "activation") | self._weighted(one)
                return self._activated(layers.Dense(**given), one)
            case "conv":
                return self._conv(one)
            case "pool":
                kind = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
                made = kind[one.options["of"]](one.options["size"], padding=one.options["padding"])
            case "reduce":
                return [self._reduce(one)]
            case "batch_norm":
                made = layers.BatchNormalization(**options(one))
            case "layer_norm":
                made = layers.LayerNormalization(**options(one))
            case "attention":
                return [self._attention(one)]
            case "dropout":
                made = layers.Dropout(**options(one))
            case "add" | "concat" | "multiply":
                return [self._branches(one)]
            case "flatten":
                made = layers.Flatten()
            case "activation":
                if operators:
                    return [getattr(keras.ops, one.options["of"])]
                made = layers.Activation(one.options["of"], **options(one, "of"))
            case "leaky_relu":
                made = layers.LeakyReLU(one.options["slope"], **options(one, "slope"))
            case "scale":
                if operators:
                    return [lambda x: x * one.options["by"]]
                made = layers.Rescaling(one.options["by"], **options(one, "by"))
            case "pad":
                made = layers.ZeroPadding2D(1)
            case "column":
                return [lambda x: x[:, one.options["at"]]]
            case "embedding":
                given = options(one, "ids", "width")
                made = layers.Embedding(one.options["ids"], one.options["width"], **given)
        return [self.keep(made)]

    def _conv(self, one: Part) -> list[Stage]:
        kind = layers.Conv1D if len(self.recipe.shape) == 1 else layers.Conv2D
        layer = kind(
            one.options["filters"],
            one.options["size"],
            strides=one.options.get("strides", 1),
            padding=one.options.get("padding", "same"),
            dilation_rate=one.options.get("dilation", 1),
            **({"name": one.name} if self.style.named else {}),
            **self._weighted(one),
        )
        return self._activated(layer, one)

    def _reduce(self, one: Part) -> Stage:
        if self.style.operators:
            operation = {"max": keras.ops.max, "average": keras.ops.mean}[one.options["of"]]
            return lambda x: operation(x, list(range(1, len(x.shape) - 1)))
        dims = "1D" if len(self.recipe.shape) == 1 else "2D"
        kind = {"max": "GlobalMaxPooling", "average": "GlobalAveragePooling"}[one.options["of"]]
        return self.keep(getattr(layers, f"{kind}{dims}")())

    def _attention(self, one: Part) -> Stage:
        query, key, value = (
            self.keep(layers.Dense(one.options["width"], use_bias=False, name=f"{one.name}_{of}"))
            for of in ("query", "key", "value")
        )

        def attend(x: Any) -> Any:
            keys = keras.ops.transpose(key(x), [0, 2, 1])
            scores = keras.ops.matmul(query(x), keys) / one.options["divisor"]
            return keras.ops.matmul(keras.ops.softmax(scores), value(x))

        return attend

    def _branches(self, one: Part) -> Stage:
        branches = [self.stages(net) for net in one.inner]
        kinds = {"add": layers.Add, "concat": layers.Concatenate, "multiply": layers.Multiply}
        if not self.style.operators:
            merge = self.keep(kinds[one.kind](**self._options(one, "itself")))
        else:
            merge = {
                "add": sum,
                "concat": lambda parts: keras.ops.concatenate(parts, -1),
                "multiply": lambda parts: parts[0] * parts[1],
            }[one.kind]
        itself = [[]] if one.kind == "add" and one.options.get("itself", True) else []

        return lambda x: merge([_through(x, stages) for stages in [*itself, *branches]])


def _through(x: Any, stages: list[Stage]) -> Any:
    for stage in stages:
        x = stage(x)
    return x


class Subclassed(keras.Model):
    """A model that owns its layers and has a call of its own."""

    def __init__(self, made: list[layers.Layer], stages: list[Stage]) -> None:
        super().__init__()
        self.made = made
        self.through = lambda x: _through(x, stages)

    def call(self, inputs: Any) -> Any:
        return self.through(inputs)


def _loss(one: Part, *, probabilities: bool) -> losses.Loss:
    logits: dict[str, Any] = {"from_logits": not probabilities}
    if "from_logits" in one.options:
        logits = {"from_logits": one.options["from_logits"]}
    given: dict[str, Any] = {
        "reduction": "sum" if one.options.get("sum") else "sum_over_batch_size"
    }
    smoothing = {"label_smoothing": one.options.get("smoothing", 0.0)}
    match one.kind:
        case "softmax":
            return losses.CategoricalCrossentropy(**logits, **smoothing, **given)
        case "sparse":
            return losses.SparseCategoricalCrossentropy(**logits, **given)
        case "sigmoid":
            return losses.BinaryCrossentropy(**logits, **smoothing, **given)
        case "mse":
            return losses.MeanSquaredError(**given)
        case "mae":
            return losses.MeanAbsoluteError(**given)
        case _:
            return losses.Huber(one.options["delta"], **given)


def _schedule(one: Part, rate: float) -> Any:
    schedules = optimizers.schedules
    if one.kind == "exponential":
        return schedules.ExponentialDecay(rate, **one.options)
    if one.kind == "inverse_time":
        return schedules.InverseTimeDecay(rate, **one.options)
    if one.kind == "polynomial":
        return schedules.PolynomialDecay(rate, **one.options)
    return schedules.PiecewiseConstantDecay(
        list(one.options["boundaries"]), list(one.options["values"])
    )


NAMES = {"beta1": "beta_1", "beta2": "beta_2", "decay": "rho", "use_nesterov": "nesterov"}
OPTIMIZERS: dict[str, tuple[type[optimizers.Optimizer], dict[str, float]]] = {
    "sgd": (optimizers.SGD, {}),
    "momentum": (optimizers.SGD, {}),
    "adam": (optimizers.Adam, {"epsilon": 1e-8}),
    "adagrad": (optimizers.Adagrad, {"epsilon": 0.0}),
    "adadelta": (optimizers.Adadelta, {"epsilon": 1e-8}),
    "ftrl": (optimizers.Ftrl, {}),
    "ftrl_of_rows": (tf1_optimizers.TF1Ftrl, {}),
    "rmsprop": (tf1_optimizers.TF1RMSProp, {}),
    "proximal_adagrad": (tf1_optimizers.TF1ProximalAdagrad, {}),
    "proximal_sgd": (tf1_optimizers.TF1ProximalGradientDescent, {}),
}
"""Keras' own where it is TensorFlow 1's algorithm, and what it starts with there."""


def _optimizer(one: Part) -> optimizers.Optimizer:
    kind, defaults = OPTIMIZERS[one.kind]
    options = defaults | {NAMES.get(name, name): value for name, value in one.options.items()}
    clip, schedule = options.pop("clip", None), options.pop("schedule", None)
    if schedule:
        options["learning_rate"] = _schedule(schedule, options["learning_rate"])
    if clip:
        options[clip.kind] = clip.options["limit"]
    if one.kind == "momentum" and schedule:  # Keras' own is another algorithm under such a rate
        kind = tf1_optimizers.TF1Momentum
    return kind(**options)
