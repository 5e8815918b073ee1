"""Optimizers as Keras source: one row each."""

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from keras_models import translation
from keras_models.exact import TF1Optimizer
from keras_models.writing.expressions import Calling
from tf1_compat.network import Network, Optimizer, Rate


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
RATES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "exponential": ("ExponentialDecay", {"staircase": False}),
    "polynomial": ("PolynomialDecay", {"end_learning_rate": 0.0001, "power": 1.0}),
    "piecewise": ("PiecewiseConstantDecay", {}),
}
CLIPS = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}


def optimizer(network: Network) -> tuple[Calling, str | None, str | None]:
    """Return the optimizer, the class to import for it, and why, where Keras' own trains otherwise.

    Both are None where it is Keras' own.
    """
    found = network.optimizer
    clips = {CLIPS[kind]: bound for kind, bound in found.clips.items()}
    falls = isinstance(found.learning_rate, Rate)
    row = None if network.by_rows or (found.rule == "Momentum" and falls) else STOCK.get(found.rule)
    if row is not None:
        return _made(f"keras.optimizers.{row.name}", row.defaults, found, clips), None, None
    kind = translation.RULES[found.rule]
    usual = _usual(kind)
    why = OF_ROWS if network.by_rows else WHY_NOT.get(found.rule, "Keras has none")
    return _made(kind.__name__, usual, found, clips), kind.__name__, why


def module_of(piece: str) -> str:
    """Return where the piece of this name is imported from."""
    (kind,) = (one for one in translation.RULES.values() if one.__name__ == piece)
    return kind.__module__.rpartition(".")[0]


def rate(found: float | Rate) -> Any:
    """Return a learning rate."""
    if not isinstance(found, Rate):
        return found
    name, defaults = RATES[found.kind]
    positional = [one for key, one in found.options.items() if key not in defaults]
    named = {key: found.options[key] for key in defaults if found.options[key] != defaults[key]}
    return Calling(f"keras.optimizers.schedules.{name}", positional, named)


def _made(
    name: str, defaults: Mapping[str, Any], found: Optimizer, clips: Mapping[str, float]
) -> Calling:
    options = found.options
    named = {
        key: options[key] for key, usual in defaults.items() if options.get(key, usual) != usual
    }
    usual_rate = found.learning_rate == defaults.get("learning_rate")
    return Calling(name, [] if usual_rate else [rate(found.learning_rate)], {**named, **clips})


def _usual(kind: type[TF1Optimizer]) -> dict[str, Any]:
    """Return what a piece takes where nothing is said; None where it has to be."""
    parameters = inspect.signature(kind).parameters
    known = {name: parameters.get(name) for name in kind.hyperparameters}
    return {name: one.default if one else None for name, one in known.items()}
