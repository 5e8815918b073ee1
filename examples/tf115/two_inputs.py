"""Embeddings of users and items beside other features, with Adam.

tf1keras check examples/tf115/two_inputs.py

Different, and `check` says why: of an id that comes twice in a batch Keras' Adam squares the
gradients one by one, TensorFlow 1's their sum.
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "two_inputs.meta"


def tf1_graph() -> dict:
    x = {"user_id": "user_id:0", "item_id": "item_id:0", "features": "features:0"}
    ends = {"y": "label:0", "logits": "logits/BiasAdd:0", "cost": "loss:0"}
    return meta.load(GRAPH, x=x, **ends, train_op="Adam")


def keras_model() -> keras.Model:
    return model(keras.layers.Dense, keras.optimizers.Adam(0.01, beta_1=0.85, epsilon=1e-6))


def model(dense: type[keras.layers.Dense], optimizer: keras.Optimizer) -> keras.Model:
    """Return the network with a kind of layer, compiled."""

    def looked_up(rows: int, inputs: keras.KerasTensor, name: str) -> keras.KerasTensor:
        start = keras.initializers.RandomNormal(stddev=0.3)
        return keras.layers.Embedding(rows, 8, embeddings_initializer=start, name=name)(inputs)

    user, item = (keras.Input([], dtype="int32", name=name) for name in ("user_id", "item_id"))
    features = keras.Input([6], name="features")
    tables = [looked_up(40, user, "user"), looked_up(60, item, "item")]
    hidden = keras.layers.Concatenate()([*tables, features])
    hidden = dense(32, activation="relu", name="hidden1")(hidden)
    hidden = dense(16, activation="relu", name="hidden2")(hidden)
    logits = dense(1, name="logits")(hidden)
    inputs = {"user_id": user, "item_id": item, "features": features}
    network = keras.Model(inputs, logits)
    network.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
    return network


weight_map = {
    "embeddings/user": "user/embeddings",
    "embeddings/item": "item/embeddings",
    **{
        f"{layer}/{kind}": f"{layer}/{kind}"
        for layer in ("hidden1", "hidden2", "logits")
        for kind in ("kernel", "bias")
    },
}
