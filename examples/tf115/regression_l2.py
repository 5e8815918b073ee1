"""Layers by hand with L2 on their weights, and a rate that falls as a polynomial.

tf1keras check examples/tf115/regression_l2.py
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "regression_l2.meta"


def tf1_graph() -> dict:
    ends = {"x": "input/x:0", "y": "input/y:0", "logits": "output/add:0", "cost": "cost:0"}
    return meta.load(GRAPH, **ends, train_op="GradientDescent")


def keras_model() -> keras.Model:
    network = model(keras.layers.Dense, kernel_regularizer=keras.regularizers.L2(1e-3 / 2))
    network.compile(keras.optimizers.SGD(rate()), "mse")
    return network


def rate() -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.PolynomialDecay(0.3, 40, 0.001, power=2.0)


def model(dense: type[keras.layers.Dense], **options: object) -> keras.Sequential:
    """Return the network with a kind of layer."""
    options["kernel_initializer"] = keras.initializers.TruncatedNormal(stddev=0.3)
    options["bias_initializer"] = keras.initializers.Constant(0.1)
    return keras.Sequential(
        [
            keras.Input([12]),
            dense(24, activation="relu", name="hidden1", **options),
            dense(16, activation="sigmoid", name="hidden2", **options),
            dense(1, name="output", **options),
        ]
    )
