"""`tf.layers` with Adam, whose rate falls in steps, as TensorFlow 1.15.5 saved it.

tf1keras check examples/tf115/mlp_layers.py
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "mlp_layers.meta"


def tf1_graph() -> dict:
    return meta.load(
        GRAPH, x="x:0", y="y:0", logits="fc3/BiasAdd:0", cost="cost:0", train_op="Adam"
    )


def keras_model() -> keras.Model:
    return model(keras.optimizers.Adam(rate(), epsilon=1e-8))


def rate() -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.ExponentialDecay(0.02, 15, 0.5, staircase=True)


def model(optimizer: keras.Optimizer) -> keras.Model:
    """Return the network, compiled."""
    network = keras.Sequential(
        [
            keras.Input([20]),
            keras.layers.Dense(32, activation="relu", name="fc1"),
            keras.layers.Dense(16, activation="tanh", name="fc2"),
            keras.layers.Dense(5, name="fc3"),
        ]
    )
    network.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network
