"""`tf.layers` convolutions, pooling, dropout behind a placeholder, with RMSProp.

tf1keras check examples/tf115/convnet_layers.py

Different, and `check` says why: Keras' RMSprop begins its averages with 0, TensorFlow 1 with 1.
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "convnet_layers.meta"


def tf1_graph() -> dict:
    ends = {"x": "images:0", "y": "labels:0", "logits": "dense_1/BiasAdd:0"}
    ends["cost"] = "softmax_cross_entropy_loss/value:0"
    return meta.load(GRAPH, **ends, train_op="RMSProp") | {"feeds": {"training": (True, False)}}


def keras_model() -> keras.Model:
    network = model(keras.layers.Conv2D, keras.layers.Dropout(0.4))
    network.compile(
        keras.optimizers.RMSprop(0.01, epsilon=1e-10),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    return network


def model(conv: type[keras.layers.Conv2D], dropout: keras.layers.Dropout) -> keras.Sequential:
    """Return the network with a kind of convolution and dropout."""
    return keras.Sequential(
        [
            keras.Input([12, 12, 1]),
            conv(8, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            conv(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
            dropout,
            keras.layers.Dense(4),
        ]
    )
