"""Mistakes that a rewrite can hold: edits of a recipe for its Keras side, and what names each."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.checking.mutations import mistaken_updates
from tests.checking.mutations.mistake import Mistake, Words
from tests.checking.mutations.recipe import Net, Part, Place, Recipe, part


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


FAMILIES: dict[str, tuple[Callable[[Recipe], Iterator[Mistake]], ...]] = {
    "layers": (_in_parts, _order, _extra),
    "loss": (_in_loss, _in_penalties),
    "updates": mistaken_updates.EVERY,
}
"""What mistakes are in, in the order in which a model computes."""
