"""Convolutions with fused batch normalization behind a placeholder, and a rate in pieces.

tf1keras check examples/tf115/convnet_bn.py
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "convnet_bn.meta"


def tf1_graph() -> dict:
    ends = {"x": "x:0", "y": "y:0", "logits": "logits/BiasAdd:0", "cost": "loss/Mean:0"}
    feeds = {"is_training": (True, False)}
    return meta.load(GRAPH, **ends, train_op="Momentum") | {"feeds": feeds}


def keras_model() -> keras.Model:
    return model(keras.layers.BatchNormalization, keras.optimizers.SGD(rate(), momentum=0.9))


def rate() -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.PiecewiseConstantDecay([25, 40], [0.1, 0.05, 0.01])


def model(
    norm: type[keras.layers.BatchNormalization], optimizer: keras.Optimizer
) -> keras.Sequential:
    """Return the network with a kind of batch normalization, compiled."""

    def block(filters: int, strides: int, number: int) -> list[keras.Layer]:
        options = {"use_bias": False, "name": f"conv{number}"}
        return [
            keras.layers.Conv2D(filters, 3, strides, "same", **options),
            norm(name=f"bn{number}"),
            keras.layers.ReLU(),
        ]

    network = keras.Sequential(
        [
            keras.Input([10, 10, 3]),
            *block(8, 1, 1),
            *block(16, 2, 2),
            keras.layers.AveragePooling2D(5),
            keras.layers.Flatten(),
            keras.layers.Dense(5, name="logits"),
        ]
    )
    network.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network
