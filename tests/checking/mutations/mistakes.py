"""Mistakes that a rewrite can hold: edits of a recipe for its Keras side, and what names each."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.checking.mutations.recipe import Net, Part, Place, Recipe, part

Words = tuple[str, ...]


class Mistake(NamedTuple):
    """A wrong recipe for the Keras side; a cause names it that has all `words` in it."""

    name: str
    recipe: Recipe
    words: Words
    family: str = ""
    """Where it is: the layers, the loss, ..."""


def of(recipe: Recipe) -> Iterator[Mistake]:
    """Yield every mistake that is tried on `recipe`."""
    for family, makers in FAMILIES.items():
        for make in makers:
            for mistake in make(recipe):
                yield mistake._replace(family=family)


def _in_parts(recipe: Recipe) -> Iterator[Mistake]:
    for place, one in recipe.parts():
        yield from _in_part(recipe, place, one)


ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid", "elu", "softplus")
SETTINGS: dict[str, dict[str, tuple[float, ...]]] = {
    "batch_norm": {"epsilon": (1e-5, 1e-2), "momentum": (0.99, 0.5)},
    "layer_norm": {"epsilon": (1e-3, 1e-12)},
    "leaky_relu": {"slope": (0.3, 0.01)},
    "scale": {"by": (1.0, 3.0)},
    "attention": {"divisor": (1.0, 4.0)},
    "dropout": {"rate": (0.3, 0.8)},
}
NAMED: dict[tuple[str, str], str] = {
    ("leaky_relu", "slope"): "negative_slope",
    ("scale", "by"): "scale",
    ("attention", "divisor"): "divide",
    ("dropout", "rate"): "rate of layer",
}
"""What a setting is called where it is not called by its own name."""


def _in_part(recipe: Recipe, place: Place, one: Part) -> Iterator[Mistake]:
    def edited(name: str, words: Words, **options: Any) -> Mistake:
        return Mistake(name, recipe.replaced(place, one.having(**options)), words)

    name = one.name or f"{one.kind} {place[-1]}"
    if one.kind in ("dense", "conv"):
        own = one.options.get("activation", "linear")
        in_tf1 = "none" if own == "linear" else own
        for other in [a for a in ACTIVATIONS if a != own][:3]:
            words = (f"activation of layer {name}", f"{in_tf1} in TensorFlow 1")
            yield edited(f"{name}: {other} for {own}", words, activation=other)
        bias = one.options.get("bias", True)
        words = (f"layer {name} has {'no' if bias else 'a'} bias",)
        yield edited(f"{name}: bias {'forgotten' if bias else 'added'}", words, bias=not bias)
    if one.kind == "activation":
        words = (f"activation of layer {name}", f"{one.options['of']} in TensorFlow 1")
        yield edited(f"{name}: tanh", words, of="tanh")
    if one.kind in ("conv", "pool"):
        own = one.options.get("padding", "same")
        other = "valid" if own == "same" else "same"
        yield edited(
            f"{name}: padding", ("padding of layer", f"{own} in TensorFlow 1"), padding=other
        )
    if one.kind == "conv":
        own = one.options.get("dilation", 1)
        yield edited(f"{name}: dilation", ("dilation", name), dilation=3 - own)
        if one.options.get("strides", 1) == 1:
            yield edited(f"{name}: strides", ("strides", name), strides=2)
    if one.kind in ("pool", "reduce"):
        other = "max" if one.options["of"] == "average" else "average"
        yield edited(f"{name}: {other}", ("pooling: layer",), of=other)
    if one.kind == "dropout":
        words = ("dropout: in TensorFlow 1, none in Keras",)
        yield Mistake("dropout forgotten", recipe.replaced(place), words)
        *above, last = place
        if last:
            before = (*above, last - 1)
            other = dict(recipe.parts())[before]
            moved = recipe.replaced(before, one).replaced(place, other)
            yield Mistake(f"dropout before {other.name}", moved, ("order", one.name))
    if one.kind == "concat":
        yield Mistake(
            f"{name}: order of branches",
            recipe.replaced(place, part(one.kind, name, *one.inner[::-1], **one.options)),
            ("order", name),
        )
    for setting, values in SETTINGS.get(one.kind, {}).items():
        for value in values:
            words = (NAMED.get((one.kind, setting), setting),)
            yield edited(f"{name}: {setting} {value:g}", words, **{setting: value})


def _extra(recipe: Recipe) -> Iterator[Mistake]:
    def with_(first: Net = (), last: Net = ()) -> Recipe:
        return recipe.having(net=(*first, *recipe.net, *last))

    if recipe.ids is None:
        more = part("scale", "more", by=1 / 255)
        words = ("layer more (Rescaling) has no counterpart",)
        yield Mistake("scaled once more", with_(first=(more,)), words)
    for of in ("softmax", "relu"):
        more = part("activation", "more", of=of)
        words = ("more",)
        yield Mistake(f"{of} at the end", with_(last=(more,)), words)
    if all(one.kind != "dropout" for one in recipe.net):
        more = part("dropout", "more", rate=0.3)
        words = ("dropout: in Keras, none in TensorFlow 1",)
        yield Mistake("dropout added", with_(last=(more,)), words)


def _order(recipe: Recipe) -> Iterator[Mistake]:
    """An activation before batch norm instead of after it."""
    for place, one in recipe.parts():
        if one.kind != "batch_norm":
            continue
        *above, last = place
        after = (*above, last + 1)
        following = dict(recipe.parts()).get(after)
        if following is not None and following.kind == "activation":
            swapped = recipe.replaced(place, following).replaced(after, one)
            words = ("order", one.name, following.name)
            yield Mistake(f"{following.name} before {one.name}", swapped, words)


def _in_loss(recipe: Recipe) -> Iterator[Mistake]:
    loss = recipe.loss

    def edited(name: str, words: Words, **options: Any) -> Mistake:
        return Mistake(name, recipe.having(loss=loss.having(**options)), words)

    if loss.kind in ("softmax", "sparse", "sigmoid"):
        yield edited("from_logits", ("from_logits=False",), from_logits=False)
    if loss.kind in ("softmax", "sigmoid"):
        for amount in (0.0, 0.2):
            yield edited(f"smoothing {amount}", ("label smoothing",), smoothing=amount)
    yield edited("summed", ("reduction: a sum over the batch in Keras",), sum=True)
    yield edited("halved", ("factor", "2 times Keras'"), weight=loss.options.get("weight", 1.0) / 2)
    if loss.kind == "huber":
        for delta in (1.0, 0.25):
            yield edited(f"delta {delta:g}", ("delta of the loss",), delta=delta)
    true = {
        "softmax": "CategoricalCrossentropy",
        "sigmoid": "BinaryCrossentropy",
        "mse": "MeanSquaredError",
        "mae": "MeanAbsoluteError",
        "huber": "Huber",
    }
    for other in ("mse", "mae", "huber", "sigmoid", "softmax"):
        if (
            loss.kind in true
            and other != loss.kind
            and not (other == "softmax" and loss.kind != "sigmoid")
        ):
            options = {"delta": 1.0} if other == "huber" else {}
            kept = {k: v for k, v in loss.options.items() if k == "weight"}
            changed = recipe.having(loss=part(other, "", **options, **kept))
            words = ("loss:", f"{true[loss.kind]} in TensorFlow 1")
            yield Mistake(f"{other} for {loss.kind}", changed, words)


def _in_penalties(recipe: Recipe) -> Iterator[Mistake]:
    own = recipe.penalties
    if own:
        words = ("regularizer", "none in Keras")
        yield Mistake("penalties forgotten", recipe.having(penalties={}), words)
        half = {name: strength / 2 for name, strength in own.items()}
        yield Mistake("penalties halved", recipe.having(penalties=half), ("regularizer", "l2"))
        less = dict(list(own.items())[1:])
        words = ("regularizer", f"{next(iter(own))}/kernel")
        yield Mistake("one penalty forgotten", recipe.having(penalties=less), words)
    else:
        name = next(one.name for _, one in recipe.parts() if one.kind in ("dense", "conv"))
        words = (f"regularizer in Keras only: {name}",)
        yield Mistake("penalty added", recipe.having(penalties={name: 0.01}), words)


RULES = {
    "adam": "Adam",
    "sgd": "GradientDescent",
    "momentum": "Momentum",
    "rmsprop": "RMSProp",
    "adagrad": "Adagrad",
}
KERAS_NAMES = {"beta1": "beta_1", "beta2": "beta_2", "decay": "rho", "use_nesterov": "nesterov"}


def _in_optimizer(recipe: Recipe) -> Iterator[Mistake]:
    own = recipe.optimizer

    def edited(name: str, words: Words, **options: Any) -> Mistake:
        return Mistake(name, recipe.having(optimizer=own.having(**options)), words)

    if "schedule" not in own.options:
        for factor in (0.5, 2, 10):
            rate = own.options["learning_rate"] * factor
            words = (f"learning_rate: {rate:g} in Keras",)
            yield edited(f"learning rate {rate:g}", words, learning_rate=rate)
    others: dict[str, dict[str, tuple[Any, ...]]] = {
        "adam": {"beta1": (0.8,), "beta2": (0.99,), "epsilon": (1e-2,), "amsgrad": (True,)},
        "momentum": {"momentum": (0.5, 0.0), "use_nesterov": (None,)},
        "rmsprop": {"decay": (0.99,), "momentum": (0.9,), "epsilon": (0.1,), "initial_ms": (0.0,)},
        "adagrad": {"initial_accumulator_value": (0.5,), "epsilon": (1e-2,)},
        "sgd": {"momentum": (0.9,)},
    }
    for setting, values in others[own.kind].items():
        for value in values:
            if value is None:
                value = not own.options.get(setting, False)
            shown = value if isinstance(value, bool) else f"{value:g}"
            words = (f"{KERAS_NAMES.get(setting, setting)}: {shown} in Keras",)
            yield edited(f"{setting} {value}", words, **{setting: value})
    for setting, value in (("weight_decay", 0.01), ("clipnorm", 0.01), ("clipvalue", 1e-3)):
        if "clip" not in own.options or setting == "weight_decay":
            words = (f"{setting}: {value:g} in Keras, none in TensorFlow 1",)
            yield edited(f"{setting} added", words, **{setting: value})
    for kind in ("adam", "sgd", "rmsprop", "adagrad"):
        if kind not in (own.kind, "sgd" if own.kind == "momentum" else ""):
            kept = {
                k: v for k, v in own.options.items() if k in ("learning_rate", "clip", "schedule")
            }
            words = ("optimizer:", f"{RULES[own.kind]} in TensorFlow 1")
            changed = recipe.having(optimizer=part(kind, "", **kept))
            yield Mistake(f"{kind} for {own.kind}", changed, words)


def _in_rate(recipe: Recipe) -> Iterator[Mistake]:
    own = recipe.optimizer
    schedule = own.options.get("schedule")
    if schedule is None:
        return
    words = ("learning rate",)
    changes: dict[str, tuple[Any, ...]] = {
        "exponential": {"decay_steps": (3, 100), "decay_rate": (0.5,), "staircase": (False,)},
        "piecewise": {
            "boundaries": ((999, 2000), (1000, 3000)),
            "values": ((0.01, 0.001, 0.001), (0.01, 0.005, 0.0001)),
        },
    }[schedule.kind]
    for setting, values in changes.items():
        for value in values:
            changed = own.having(schedule=schedule.having(**{setting: value}))
            yield Mistake(f"schedule: {setting} {value}", recipe.having(optimizer=changed), words)
    constant = part(own.kind, "", **{k: v for k, v in own.options.items() if k != "schedule"})
    yield Mistake("schedule forgotten", recipe.having(optimizer=constant), words)


def _in_clipping(recipe: Recipe) -> Iterator[Mistake]:
    own = recipe.optimizer
    clip = own.options.get("clip")
    if clip is None:
        return
    words = (f"gradient clipping: {clip.kind} {clip.options['limit']:g} in TensorFlow 1",)
    without = part(own.kind, "", **{k: v for k, v in own.options.items() if k != "clip"})
    yield Mistake("clip forgotten", recipe.having(optimizer=without), words)
    limit = clip.options["limit"]
    for other in (part(clip.kind, limit=limit * 2), part("clipnorm", limit=limit)):
        changed = recipe.having(optimizer=own.having(clip=other))
        yield Mistake(f"clip: {other.kind} {other.options['limit']:g}", changed, words)


def _frozen(recipe: Recipe) -> Iterator[Mistake]:
    names = [one.name for _, one in recipe.parts() if one.kind in ("dense", "conv")]
    if recipe.frozen:
        yield Mistake("not frozen", recipe.having(frozen=()), ("are trained", recipe.frozen[0]))
        first, rest = recipe.frozen[0], recipe.frozen[1:]
        yield Mistake("one not frozen", recipe.having(frozen=rest), ("is trained", first))
        return
    words = (f"layer {names[0]} is frozen (trainable=False)",)
    yield Mistake("first frozen", recipe.having(frozen=tuple(names[:1])), words)
    if len(names) > 2:
        words = (*names[:2], "are frozen (trainable=False)")
        yield Mistake("two frozen", recipe.having(frozen=tuple(names[:2])), words)


FAMILIES: dict[str, tuple[Callable[[Recipe], Iterator[Mistake]], ...]] = {
    "layers": (_in_parts, _order, _extra),
    "loss": (_in_loss, _in_penalties),
    "updates": (_in_optimizer, _in_rate, _in_clipping, _frozen),
}
"""What mistakes are in, in the order in which a model computes."""
