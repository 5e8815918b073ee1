"""Words of sentences of any length, a `BasicLSTMCell` under `dynamic_rnn`, clipped gradients, Adam.

tf1keras check examples/tf115/text_lstm.py

To clip gradients together Keras makes whole tables of them, so Adam has one of each word; where
nothing is clipped, as in two_inputs.py, it has two of a word that comes twice.
"""

from pathlib import Path
from typing import Any

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "text_lstm.meta"


def tf1_graph() -> dict:
    ends = {"y": "labels:0", "logits": "logits/BiasAdd:0", "cost": "Sum:0"}
    x = {"tokens": "tokens:0", "lengths": "lengths:0"}
    return meta.load(GRAPH, x=x, **ends, train_op="Adam")


def sample_batch(rng: Any, rows: int) -> tuple[dict, Any]:
    """Return words of a vocabulary of 50, how many each row has, and classes."""
    tokens, lengths = rng.integers(0, 50, [rows, 12]), rng.integers(3, 13, rows)
    x = {"tokens": tokens.astype("int32"), "lengths": lengths.astype("int32")}
    return x, rng.integers(0, 3, rows)


def keras_model() -> keras.Model:
    optimizer = keras.optimizers.Adam(0.01, epsilon=1e-8, global_clipnorm=1.0)
    return model(keras.layers.LSTM(24, name="lstm"), optimizer)


def model(lstm: keras.layers.RNN, optimizer: keras.Optimizer) -> keras.Model:
    """Return the network with a kind of LSTM, compiled."""
    tokens = keras.Input([12], dtype="int32", name="tokens")
    lengths = keras.Input([], dtype="int32", name="lengths")
    start = keras.initializers.RandomUniform(-1, 1)
    words = keras.layers.Embedding(50, 16, embeddings_initializer=start, name="embedding")(tokens)
    within = keras.ops.expand_dims(lengths, 1) > keras.ops.arange(12, dtype="int32")  # [N, 12]
    logits = keras.layers.Dense(3, name="logits")(lstm(words, mask=within))
    network = keras.Model({"tokens": tokens, "lengths": lengths}, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    network.compile(optimizer, loss)
    return network
