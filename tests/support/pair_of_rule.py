"""A pair for `--pair`: the graph of `tf115.py` and its Keras rewrite, by RULE and STOCK."""

import os

import keras

from keras_models import tf1_optimizers
from keras_models.exact import AddV2Dense, TF1Adam
from tests.support import tf115

L1_L2 = {"l1_regularization_strength": 0.01, "l2_regularization_strength": 0.02}
RULE, STOCK = os.environ.get("RULE", "Adam"), os.environ.get("STOCK") == "1"
EXACT = {
    "GradientDescent": lambda: tf1_optimizers.TF1GradientDescent(0.05),
    "Momentum": lambda: tf1_optimizers.TF1Momentum(0.05, 0.9),
    "Adam": lambda: TF1Adam(0.01),
    "RMSProp": lambda: tf1_optimizers.TF1RMSProp(0.01, 0.9, 0.5),
    "CenteredRMSProp": lambda: tf1_optimizers.TF1RMSProp(0.01, 0.9, 0.5, 1e-3, centered=True),
    "Adagrad": lambda: tf1_optimizers.TF1Adagrad(0.05),
    "Adadelta": lambda: tf1_optimizers.TF1Adadelta(0.5, 0.9, 1e-4),
    "Ftrl": lambda: tf1_optimizers.TF1Ftrl(0.05, **L1_L2),
    "ProximalAdagrad": lambda: tf1_optimizers.TF1ProximalAdagrad(0.05, **L1_L2),
}
KERAS = {
    "GradientDescent": lambda: keras.optimizers.SGD(0.05),
    "Momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "Adam": lambda: keras.optimizers.Adam(0.01, epsilon=1e-8),
    "RMSProp": lambda: keras.optimizers.RMSprop(0.01, 0.9, 0.5, epsilon=1e-10),
    "CenteredRMSProp": lambda: keras.optimizers.RMSprop(0.01, 0.9, 0.5, 1e-3, centered=True),
    "Adagrad": lambda: keras.optimizers.Adagrad(0.05, epsilon=0),
    "Adadelta": lambda: keras.optimizers.Adadelta(0.5, 0.9, 1e-4),
    "Ftrl": lambda: keras.optimizers.Ftrl(0.05, **L1_L2),
}


def tf1_graph():  # noqa: ANN201
    x, y, logits, cost, train_op = tf115.small(RULE)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": logits}


def keras_model() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input([6]),
            AddV2Dense(4, activation="relu", name="first"),
            AddV2Dense(3, use_bias=False, name="second"),
        ]
    )
    model.compile(
        optimizer=(KERAS if STOCK else EXACT)[RULE](),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model
