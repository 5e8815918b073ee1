"""slim's convolutions with L2 under an `arg_scope`, dropout by `keep_prob`, Nesterov's momentum.

tf1keras check examples/tf115/slim_style.py
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "slim_style.meta"
KEPT = 0.5
"""What was fed as `keep_prob` in training."""


def tf1_graph() -> dict:
    ends = {"x": "images:0", "y": "labels:0", "logits": "lenet/logits/BiasAdd:0", "cost": "add:0"}
    return meta.load(GRAPH, **ends, train_op="Momentum") | {"feeds": {"keep_prob": (KEPT, 1.0)}}


def keras_model() -> keras.Model:
    dropout, penalty = keras.layers.Dropout(1 - KEPT), keras.regularizers.L2(0.0005 / 2)
    network = model(keras.layers.Conv2D, dropout, penalty)
    network.compile(
        keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return network


def model(
    conv: type[keras.layers.Conv2D],
    dropout: keras.layers.Dropout,
    penalty: keras.regularizers.Regularizer | None = None,
) -> keras.Sequential:
    """Return the network with a kind of convolution and dropout, and what its kernels cost."""
    start = keras.initializers.TruncatedNormal(stddev=0.1)
    options = {"kernel_initializer": start, "kernel_regularizer": penalty}
    return keras.Sequential(
        [
            keras.Input([12, 12, 3]),
            conv(8, 5, padding="same", activation="relu", name="conv1", **options),
            keras.layers.MaxPooling2D(name="pool1"),
            conv(16, 3, padding="same", activation="relu", name="conv2", **options),
            keras.layers.MaxPooling2D(name="pool2"),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu", name="fc3", **options),
            dropout,
            keras.layers.Dense(5, name="logits", **options),
        ]
    )
