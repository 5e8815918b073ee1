"""The article's model in Keras: one definition, two lanes.

    import keras_models
    model = keras_models.article.build("exact")        # bit-identical to the TensorFlow 1 graph
    model = keras_models.article.build("idiomatic")    # as a Keras user would write it
    model.fit(train_x, train_y, batch_size=len(train_x), epochs=1000, shuffle=False)

Its twin is `tf1_compat/article.py`. `tf1keras compare` trains both.
"""

from typing import Literal, NamedTuple

import keras

from keras_models.exact import AddV2Dense, TF1Adam

n_input = 784
n_output = 10
n_hidden = 128

Lane = Literal["exact", "idiomatic"]


class Pieces(NamedTuple):
    """What a lane is made of."""

    dense: type[keras.layers.Dense]
    adam: type[keras.optimizers.Optimizer]


PIECES: dict[Lane, Pieces] = {
    "exact": Pieces(AddV2Dense, TF1Adam),
    "idiomatic": Pieces(keras.layers.Dense, keras.optimizers.Adam),
}

WEIGHTS = {
    "W1": "hidden_layer/kernel",
    "b1": "hidden_layer/bias",
    "W2": "output_layer/kernel",
    "b2": "output_layer/bias",
}
"""The article's name -> the path of the Keras variable."""


def build(lane: Lane = "exact", seed: int | None = None) -> keras.Model:
    """Return the article's model, compiled: [N, 784] float32 pixels -> [N, 10] float32 logits.

    Initial weights and biases are drawn from N(0, 1), as in the article, but by Keras' generator
    from `seed`: for TensorFlow 1's own numbers set them with `keras_models.trainee`. Raises
    ValueError for an unknown lane.
    """
    if lane not in PIECES:
        raise ValueError(f"unknown lane {lane!r}: expected one of {', '.join(PIECES)}")
    dense, adam = PIECES[lane]
    seeds = keras.random.SeedGenerator(seed)

    def layer(units: int, activation: str, name: str) -> keras.layers.Dense:
        normal = keras.initializers.RandomNormal(mean=0.0, stddev=1.0, seed=seeds)
        return dense(
            units,
            activation=activation,
            kernel_initializer=normal,
            bias_initializer=normal,
            dtype="float32",
            name=name,
        )

    X = keras.Input([n_input], dtype="float32", name="X")
    # [N, 784] @ [784, 128] + [128] -> [N, 128]
    hidden_layer = layer(n_hidden, "relu", "hidden_layer")(X)
    # [N, 128] @ [128, 10] + [10] -> [N, 10]
    output_layer = layer(n_output, "linear", "output_layer")(hidden_layer)

    model = keras.Model(X, output_layer, name=f"article_{lane}")
    model.compile(
        # TensorFlow 1's epsilon; Keras' own default is 1e-7, which trains differently.
        optimizer=adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        # XLA fuses and reorders: no bits are promised under it.
        jit_compile=False if lane == "exact" else "auto",
    )
    return model
