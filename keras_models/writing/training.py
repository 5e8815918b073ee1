"""Optimizers as Keras source: one row each."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from keras_models import translation
from keras_models.exact import TF1Optimizer
from keras_models.pairing import WeightMap
from keras_models.pairing.recipes import leaves
from keras_models.writing.expressions import Calling
from tf1_compat.network import Averages, Network, Optimizer, Rate


class Optimizing(NamedTuple):
    """A rule in Keras' own optimizer."""

    name: str
    """In keras.optimizers."""
    defaults: Mapping[str, Any]
    """Options, in the order in which they are written where they are not so."""
    exactly: Mapping[str, Any] = {}
    """Options that make it what TensorFlow 1 does."""


STOCK = {
    "GradientDescent": Optimizing("SGD", {}),
    "Momentum": Optimizing("SGD", {"momentum": 0.0, "nesterov": False}),
    "Adam": Optimizing(
        "Adam", {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    ),
}
WHY_NOT = {
    "Momentum": "Keras' SGD keeps the rate within its momentum, so that a new rate comes late",
    "RMSProp": "Keras' RMSprop begins its averages with 0, TensorFlow 1's with 1",
    "Adagrad": "Keras' Adagrad adds an epsilon under the root",
}
"""Rule -> why its exact piece stands in the place of Keras' own."""
OF_ROWS = "TensorFlow 1's way with the rows of an embedding"
OF_AVERAGES = "Averages of weights begin with the initial ones, and fit ends with them as weights"
RATES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "exponential": ("ExponentialDecay", {"staircase": False}),
    "polynomial": ("PolynomialDecay", {"end_learning_rate": 0.0001, "power": 1.0}),
    "inverse_time": ("InverseTimeDecay", {"staircase": False}),
    "cosine": ("CosineDecay", {"alpha": 0.0}),
    "piecewise": ("PiecewiseConstantDecay", {}),
    "noam": ("NoamDecay", {}),
    "warmup": ("LinearWarmup", {}),
}
OWN_RATES = ("noam", "warmup")
"""Kinds that are in SCHEDULES."""
SCHEDULES = "keras_models.schedules"
CLIPS = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}


class Trainer(NamedTuple):
    """An optimizer as source."""

    made: Calling
    pieces: tuple[str, ...] = ()
    """The classes to import for it."""
    whys: tuple[str, ...] = ()
    """Why they stand where Keras' own would train otherwise."""


def trainer(network: Network, mapped: WeightMap, to_the_bit: bool) -> Trainer:
    """Return the optimizer, or its piece; `mapped` is TensorFlow 1 variable -> Keras path."""
    each = [_trainer(one, network.averages, to_the_bit) for one in network.optimizers]
    found = (one.learning_rate for one in network.optimizers)
    own = {RATES[one.kind][0] for one in found if isinstance(one, Rate) and one.kind in OWN_RATES}
    if len(each) == 1:
        return each[0]._replace(pieces=(*each[0].pieces, *own))
    keyed = {
        _pattern(_paths(mapped, one.variables), _paths(mapped, mapped)): made.made
        for one, made in zip(network.optimizers[1:], each[1:], strict=True)
    }
    chosen = Calling("keras.optimizers.OptimizerMap", [each[0].made, keyed])
    return Trainer(
        Calling("keras.optimizers.MultiOptimizer", [chosen]),
        (*dict.fromkeys(piece for one in each for piece in one.pieces), *own),
        tuple(dict.fromkeys(why for one in each for why in one.whys)),
    )


def _paths(mapped: WeightMap, names: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(path for name in names for path in leaves(mapped[name]))]


def _pattern(paths: Sequence[str], every: Sequence[str]) -> str:
    """Return what paths of a model's variables match that end in these, whole layers as such."""
    whole = {path.rpartition("/")[0] for path in paths}
    its = {path for path in every if path.rpartition("/")[0] in whole}
    names = sorted(whole) if its <= {*paths} else sorted(paths)
    one_of = names[0] if len(names) == 1 else f"({'|'.join(names)})"
    return f"(.*/)?{one_of}" + ("/.*" if its <= {*paths} else "")


def _trainer(found: Optimizer, averages: Averages | None, to_the_bit: bool) -> Trainer:
    clips = {CLIPS[kind]: bound for kind, bound in found.clips.items()}
    falls = isinstance(found.learning_rate, Rate)
    own = found.by_rows or averages or (found.rule == "Momentum" and falls)
    row = None if own or to_the_bit else STOCK.get(found.rule)
    if row is not None:
        return Trainer(_made(f"keras.optimizers.{row.name}", row.defaults, found, clips))
    kind = translation.RULES[found.rule]
    why = OF_ROWS if found.by_rows else WHY_NOT.get(found.rule, "Keras has none")
    made = _made(kind.__name__, _usual(kind), found, {**clips, **_averages(averages)})
    whys = (OF_AVERAGES if averages else why,) if own or not to_the_bit else ()
    return Trainer(made, (kind.__name__,), whys)


def modules(pieces: Sequence[str]) -> dict[str, str]:
    """Return classes of these names -> the module of each."""
    kinds = {kind.__name__: kind for kind in translation.RULES.values()}
    own = dict.fromkeys((RATES[kind][0] for kind in OWN_RATES), SCHEDULES)
    known = {name: kind.__module__.rpartition(".")[0] for name, kind in kinds.items()} | own
    return {name: known[name] for name in pieces}


def rate(found: float | Rate) -> Any:
    """Return a learning rate."""
    if not isinstance(found, Rate):
        return found
    name, defaults = RATES[found.kind]
    positional = [one for key, one in found.options.items() if key not in defaults]
    named = {key: found.options[key] for key in defaults if found.options[key] != defaults[key]}
    if found.kind in OWN_RATES:
        return Calling(name, [rate(one) for one in positional])
    return Calling(f"keras.optimizers.schedules.{name}", positional, named)


def _averages(found: Averages | None) -> dict[str, Any]:
    """Return the arguments that keep averages of weights."""
    if found is None:
        return {}
    counted = {"ema_num_updates": True} if found.counts else {}
    return {"use_ema": True, "ema_momentum": found.decay, **counted}


def _made(
    name: str, defaults: Mapping[str, Any], found: Optimizer, more: Mapping[str, Any]
) -> Calling:
    options = found.options
    named = {
        key: options[key] for key, usual in defaults.items() if options.get(key, usual) != usual
    }
    usual_rate = found.learning_rate == defaults.get("learning_rate")
    return Calling(name, [] if usual_rate else [rate(found.learning_rate)], {**named, **more})


def _usual(kind: type[TF1Optimizer]) -> dict[str, Any]:
    """Return what a piece takes where nothing is said; None where it has to be."""
    parameters = inspect.signature(kind).parameters
    known = {name: parameters.get(name) for name in kind.hyperparameters}
    return {name: one.default if one else None for name, one in known.items()}
