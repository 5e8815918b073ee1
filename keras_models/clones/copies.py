"""Optimizers and losses copied with every setting; numbers in float64."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras.optimizers import MultiOptimizer, Optimizer, OptimizerMap

_in_float32 = False
"""Whether numbers are taken as float32 holds them, see `numbers_in_float32`."""


@contextlib.contextmanager
def numbers_in_float32() -> Iterator[None]:
    """Within it float64 variants have their numbers as float32 rounds them, not as written.

    A constant such as sqrt(8) is one number in float32, and in float64 another on each side.
    """
    global _in_float32
    _in_float32 = True
    try:
        yield
    finally:
        _in_float32 = False


def _exact(number: float) -> np.float64:
    return np.float64(np.float32(number)) if _in_float32 else np.float64(number)


def exactly(thing: Any) -> Any:
    """Make its numbers NumPy's, for TensorFlow casts Python's to float64 by way of float32."""
    held = [thing, *getattr(thing, "_flatten_layers", lambda: ())()]
    for one in list(held):
        held += [value for name, value in vars(one).items() if name.endswith("_regularizer")]
        held += [variable.regularizer for variable in getattr(one, "_trainable_variables", ())]
    for holder in held:
        for name, value in list(vars(holder).items() if holder is not None else ()):
            if type(value) is float:
                setattr(holder, name, _exact(value))
            elif isinstance(value, list) and value and all(type(one) is float for one in value):
                setattr(holder, name, [_exact(one) for one in value])
    return thing


def of_each(
    optimizer: MultiOptimizer, change: Callable[[Optimizer], Optimizer | None]
) -> MultiOptimizer | None:
    """Return a MultiOptimizer with each of its optimizers changed; None where one cannot be.

    Raises TypeError for one that has a function in place of an OptimizerMap.
    """
    chosen = optimizer._optimizer_map
    if not isinstance(chosen, OptimizerMap):
        raise TypeError("a MultiOptimizer by a function cannot be copied; give it an OptimizerMap")
    changed = {id(one): change(one) for one in [chosen.default_optimizer, *chosen.values()]}
    if None in changed.values():
        return None
    keyed = {path: changed[id(one)] for path, one in chosen.items()}
    return MultiOptimizer(OptimizerMap(changed[id(chosen.default_optimizer)], keyed))


def copy_of(optimizer: Optimizer, **changes: Any) -> Optimizer:
    """Return a fresh optimizer, its config changed, in the dtype of `floatx`."""
    if isinstance(optimizer, MultiOptimizer):
        return of_each(optimizer, functools.partial(copy_of, **changes))
    config = {**optimizer.get_config(), **changes}
    rate = config.get("learning_rate")
    if isinstance(rate, float):  # Keras keeps it in float32: give back the decimal that was written
        short = float(f"{rate:.7g}")
        short = short if np.float32(short) == np.float32(rate) else rate
        config["learning_rate"] = float(_exact(short))
    fresh = type(optimizer).from_config(config)
    if hasattr(fresh, "precision"):
        fresh.precision = keras.config.floatx()
    if keras.config.floatx() == "float64":
        exactly(fresh)
    if keras.config.floatx() == "float64" and callable(fresh._learning_rate):
        exactly(fresh._learning_rate)
    return fresh


def copy_of_loss(loss: Any, **changes: Any) -> Any:
    """Return the loss with every setting that it has but for `changes`, in the dtype of `floatx`.

    Not by its config, for Keras leaves settings out of some, such as Huber's delta.
    """
    if isinstance(loss, dict):
        return {name: copy_of_loss(one) for name, one in loss.items()}
    if isinstance(loss, list | tuple):
        return [copy_of_loss(one) for one in loss]
    if not isinstance(loss, keras.losses.Loss):
        return loss
    fresh = object.__new__(type(loss))  # copy.copy would go by the config, too
    fresh.__dict__.update(vars(loss))
    fresh._dtype_policy = keras.DTypePolicy(keras.config.floatx())
    fresh._dtype = keras.config.floatx()
    for name, value in changes.items():
        if hasattr(fresh, name):
            setattr(fresh, name, value)
    if hasattr(fresh, "_fn_kwargs"):
        given = fresh._fn_kwargs
        given = given | {name: value for name, value in changes.items() if name in given}
        fresh._fn_kwargs = {
            name: _exact(value) if type(value) is float else value for name, value in given.items()
        }
    return exactly(fresh)
