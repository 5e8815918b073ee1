"""Mistakes in how weights are updated: the optimizer, its rate, clipping, who is trained."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.checking.mutations.mistake import Mistake, Words
from tests.checking.mutations.model import NAMES
from tests.checking.mutations.recipe import Recipe, part

RULES = {
    "adam": "Adam",
    "sgd": "GradientDescent",
    "momentum": "Momentum",
    "rmsprop": "RMSProp",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "ftrl": "Ftrl",
    "ftrl_of_rows": "Ftrl",
    "proximal_adagrad": "ProximalAdagrad",
    "proximal_sgd": "ProximalGradientDescent",
}
STRENGTHS = {"l1_regularization_strength": (0.0, 0.1), "l2_regularization_strength": (0.0,)}
FTRL = {
    **STRENGTHS,
    "l2_shrinkage_regularization_strength": (0.1,),
    "learning_rate_power": (-0.4,),
    "initial_accumulator_value": (0.5,),
}
IN_OPTIMIZER: dict[str, dict[str, tuple[Any, ...]]] = {
    "adam": {"beta1": (0.8,), "beta2": (0.99,), "epsilon": (1e-2,), "amsgrad": (True,)},
    "momentum": {"momentum": (0.5, 0.0), "use_nesterov": (None,)},
    "rmsprop": {
        "decay": (0.99,),
        "momentum": (0.9,),
        "epsilon": (0.1,),
        "initial_ms": (0.0,),
        "centered": (None,),
    },
    "adagrad": {"initial_accumulator_value": (0.5,), "epsilon": (1e-2,)},
    "sgd": {"momentum": (0.9,)},
    "adadelta": {"rho": (0.99,), "epsilon": (1e-2,)},
    "ftrl": {**FTRL, "beta": (1.0,)},
    "ftrl_of_rows": FTRL,
    "proximal_adagrad": {**STRENGTHS, "initial_accumulator_value": (0.5,)},
    "proximal_sgd": STRENGTHS,
}
"""Settings that are tried; None: what it is not."""


def _in_optimizer(recipe: Recipe) -> Iterator[Mistake]:
    own = recipe.optimizer

    def edited(name: str, words: Words, **options: Any) -> Mistake:
        return Mistake(name, recipe.having(optimizer=own.having(**options)), words)

    if "schedule" not in own.options:
        for factor in (0.5, 2, 10):
            rate = own.options["learning_rate"] * factor
            words = (f"learning_rate: {rate:g} in Keras",)
            yield edited(f"learning rate {rate:g}", words, learning_rate=rate)
    for setting, values in IN_OPTIMIZER[own.kind].items():
        for value in values:
            if value is None:
                value = not own.options.get(setting, False)
            shown = value if isinstance(value, bool) else f"{value:g}"
            words = (f"{NAMES.get(setting, setting)}: {shown} in Keras",)
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


EVERY: tuple[Callable[[Recipe], Iterator[Mistake]], ...] = (
    _in_optimizer,
    _in_rate,
    _in_clipping,
    _frozen,
)
