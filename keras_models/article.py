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
    """What a model is made of; where nothing is said, what TensorFlow 1's graph was made of."""

    dense: type[keras.layers.Dense] = AddV2Dense
    adam: type[keras.optimizers.Optimizer] = TF1Adam
    epsilon: float = 1e-8
    """TensorFlow 1's; Keras' own default is 1e-7, which trains differently."""
    probabilities: bool = False
    """The model ends in probabilities and the loss is told so, where TensorFlow 1 had logits."""
    jit_compile: bool | Literal["auto"] = False
    """XLA fuses and reorders: no bits are promised under it."""


PIECES: dict[Lane, Pieces] = {
    "exact": Pieces(),
    "idiomatic": Pieces(keras.layers.Dense, keras.optimizers.Adam, jit_compile="auto"),
}

WEIGHTS = {
    "W1": "hidden_layer/kernel",
    "b1": "hidden_layer/bias",
    "W2": "output_layer/kernel",
    "b2": "output_layer/bias",
}
"""The article's name -> the path of the Keras variable."""

SAVED = {
    "Variable": WEIGHTS["W1"],
    "Variable_1": WEIGHTS["b1"],
    "Variable_2": WEIGHTS["W2"],
    "Variable_3": WEIGHTS["b2"],
}
"""The same by the names in TensorFlow 1's checkpoints, where the article's variables have none."""


def build(lane: Lane = "exact", seed: int | None = None) -> keras.Model:
    """Return the article's model, compiled: [N, 784] float32 pixels -> [N, 10] float32 logits.

    Initial weights and biases are drawn from N(0, 1), as in the article, but by Keras' generator
    from `seed`: for TensorFlow 1's own numbers set them with `keras_models.trainee`. Raises
    ValueError for an unknown lane.
    """
    if lane not in PIECES:
        raise ValueError(f"unknown lane {lane!r}: expected one of {', '.join(PIECES)}")
    return assemble(PIECES[lane], seed, name=f"article_{lane}")


def assemble(
    pieces: Pieces, seed: int | None = None, dtype: str = "float32", name: str = "article"
) -> keras.Model:
    """Return the article's model made of `pieces`, compiled, computing in `dtype` throughout."""
    seeds = keras.random.SeedGenerator(seed)

    def layer(units: int, activation: str, name: str) -> keras.layers.Dense:
        normal = keras.initializers.RandomNormal(mean=0.0, stddev=1.0, seed=seeds)
        return pieces.dense(
            units,
            activation=activation,
            kernel_initializer=normal,
            bias_initializer=normal,
            dtype=dtype,
            name=name,
        )

    X = keras.Input([n_input], dtype=dtype, name="X")
    # [N, 784] @ [784, 128] + [128] -> [N, 128]
    hidden_layer = layer(n_hidden, "relu", "hidden_layer")(X)
    # [N, 128] @ [128, 10] + [10] -> [N, 10]
    output_layer = layer(n_output, "linear", "output_layer")(hidden_layer)
    if pieces.probabilities:
        probabilities = keras.layers.Softmax(dtype=dtype, name="softmax")(output_layer)
        # Keras finds the logits of a softmax that comes last, and uses them; not of one further up.
        output_layer = keras.layers.Reshape([n_output], name="probabilities")(probabilities)

    model = keras.Model(X, output_layer, name=name)
    model.compile(
        optimizer=pieces.adam(
            learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=pieces.epsilon
        ),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=not pieces.probabilities, dtype=dtype
        ),
        metrics=["accuracy"],
        jit_compile=pieces.jit_compile,
    )
    return model
