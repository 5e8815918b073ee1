"""A Keras optimizer's TensorFlow 1 counterpart, with the same hyperparameters.

`translate` keeps what the user's optimizer means and changes its arithmetic; where TensorFlow 1 has
no such rule (amsgrad, an epsilon in Adagrad) it gives None. `make` builds the optimizer that a
TensorFlow 1 graph was found to have.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers import MultiOptimizer, Optimizer

from keras_models import tf1_optimizers
from keras_models.clones import copies
from keras_models.exact import PACKAGE, TF1Adam, TF1Optimizer

RULES: dict[str, type[TF1Optimizer]] = {
    "GradientDescent": tf1_optimizers.TF1GradientDescent,
    "Momentum": tf1_optimizers.TF1Momentum,
    "Adam": TF1Adam,
    "RMSProp": tf1_optimizers.TF1RMSProp,
    "Adagrad": tf1_optimizers.TF1Adagrad,
    "Adadelta": tf1_optimizers.TF1Adadelta,
    "Ftrl": tf1_optimizers.TF1Ftrl,
    "ProximalAdagrad": tf1_optimizers.TF1ProximalAdagrad,
    "ProximalGradientDescent": tf1_optimizers.TF1ProximalGradientDescent,
}
"""TensorFlow 1's optimizer -> the Keras optimizer on its kernel."""

STOCK: dict[type[Optimizer], str] = {
    keras.optimizers.RMSprop: "RMSProp",
    keras.optimizers.Adagrad: "Adagrad",
    keras.optimizers.Adadelta: "Adadelta",
    keras.optimizers.Ftrl: "Ftrl",
}
"""Keras' own optimizer -> TensorFlow 1's with its meaning, where it always has one."""

COMMON = (
    *("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"),
    *("use_ema", "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps"),
)
"""What every Keras optimizer takes and no TensorFlow 1 rule has."""

SLOTS: dict[type[Optimizer], dict[str, str]] = {
    keras.optimizers.Adam: {"m": "_momentums", "v": "_velocities"},
    keras.optimizers.AdamW: {"m": "_momentums", "v": "_velocities"},
    keras.optimizers.RMSprop: {
        "ms": "_velocities",
        "mg": "_average_gradients",
        "mom": "_momentums",
    },
    keras.optimizers.Adagrad: {"accum": "_accumulators"},
    keras.optimizers.Adadelta: {
        "accum": "_accumulated_grads",
        "accum_update": "_accumulated_delta_vars",
    },
    keras.optimizers.Ftrl: {"accum": "_accumulators", "linear": "_linears"},
}
"""Slot -> the attribute that lists it; TensorFlow 1's optimizers have `slot_variables`."""

NONE_IN_TF1 = {"Adam": "amsgrad", "Adagrad": "epsilon", "Ftrl": "beta"}
"""TensorFlow 1's optimizer -> what only Keras' counterpart has, and may be 0 or False."""


def rule(optimizer: Optimizer) -> str | None:
    """Return the TensorFlow 1 rule of an optimizer, or None if there is none."""
    for name, kind in RULES.items():
        if isinstance(optimizer, kind):
            return name
    if isinstance(optimizer, keras.optimizers.SGD):
        return "Momentum" if optimizer.momentum else "GradientDescent"
    for stock, name in STOCK.items():
        if isinstance(optimizer, stock):
            return name
    if type(optimizer) in (keras.optimizers.Adam, keras.optimizers.AdamW):
        return "Adam"
    return None


def hyperparameters(optimizer: Optimizer) -> dict[str, Any]:
    """Return the optimizer's own hyperparameters by the names of its TensorFlow 1 counterpart.

    learning_rate is a number, or the schedule where there is one.
    """
    config = optimizer.get_config()
    rate = optimizer._learning_rate
    if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = float(config["learning_rate"])
    found = {"learning_rate": rate}
    for name in RULES[rule(optimizer) or "GradientDescent"].hyperparameters:
        found[name] = config.get(name, 0.0)  # Keras' RMSprop starts from 0 and cannot be told
    return found


def rates(optimizer: Optimizer, steps: Sequence[int]) -> np.ndarray:
    """Return the learning rate of each update, counted from 0: [steps], float64.

    Within a graph, as in training: eagerly a schedule rounds differently.
    """
    own = optimizer._learning_rate

    @tf.function(autograph=False)
    def rate(step: tf.Tensor) -> tf.Tensor:
        return tf.convert_to_tensor(own(step) if callable(own) else own)

    return np.array([float(rate(tf.constant(step, tf.int64))) for step in steps])


def translate(optimizer: Optimizer) -> Optimizer | None:
    """Return the TensorFlow 1 rule with this optimizer's meaning, or None where there is none."""
    if isinstance(optimizer, MultiOptimizer):
        return copies.of_each(optimizer, translate)
    name, config = rule(optimizer), optimizer.get_config()
    if isinstance(optimizer, TF1Optimizer):
        return in_floatx(type(optimizer).from_config(config))
    if (
        name is None
        or config.get("gradient_accumulation_steps")
        or config.get(NONE_IN_TF1.get(name, ""))
    ):
        return None
    return make(name, hyperparameters(optimizer), common(optimizer))


def common(optimizer: Optimizer) -> dict[str, Any]:
    """Return what is set of the options that every Keras optimizer takes."""
    config = optimizer.get_config()
    return {name: config[name] for name in COMMON if config.get(name) is not None}


def make(name: str, values: Mapping[str, Any], options: Mapping[str, Any]) -> Optimizer:
    """Return a TensorFlow 1 rule with these hyperparameters, in the precision of `floatx`."""
    return in_floatx(RULES[name](**values, **options))


def retrain(model: keras.Model, optimizer: Optimizer) -> None:
    """Compile a compiled model anew, with another optimizer and everything else as it was."""
    model.compile(**{**model._compile_config.config, "optimizer": optimizer})


def in_floatx(optimizer: TF1Optimizer) -> TF1Optimizer:
    """Let an optimizer on TensorFlow 1's kernels round as `floatx` does; return it."""
    optimizer.precision = keras.config.floatx()
    return optimizer


@keras.saving.register_keras_serializable(package=PACKAGE)
class RatePerStep(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rates of the first steps, one by one, in the dtype of `floatx`; then the last.

    Keras' PiecewiseConstantDecay rounds its values to float32.
    """

    def __init__(self, rates: Sequence[float]) -> None:
        self.rates = [float(rate) for rate in rates]

    def __call__(self, step: Any) -> tf.Tensor:
        """Return the rate of update number `step`, counted from 0."""
        rates = tf.constant(self.rates, keras.config.floatx())
        return tf.gather(rates, tf.minimum(tf.cast(step, tf.int32), len(self.rates) - 1))

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return {"rates": self.rates}


def parts(optimizer: Optimizer) -> list[Optimizer]:
    """Return the optimizers of a MultiOptimizer that train any variable; of another, itself."""
    several = optimizer.optimizers if isinstance(optimizer, MultiOptimizer) else [optimizer]
    return [one for one in several if one.built]


def slots(optimizer: Optimizer) -> dict[str, list[keras.Variable]]:
    """Return slot -> its variables, for the slots that mean what TensorFlow 1's mean."""
    if hasattr(optimizer, "slot_variables"):
        return dict(optimizer.slot_variables)
    named = SLOTS.get(type(optimizer), {})
    held = {slot: getattr(optimizer, attribute) for slot, attribute in named.items()}
    return {slot: variables for slot, variables in held.items() if variables}
