"""What fooled `tf1keras check`: wrong rewrites that looked right, right ones that looked wrong.

Each pair stands for a kind that people wrote for TensorFlow 1. Wrong ones must come out different
with the cause, right ones must not be accused, and what proves nothing is undecided.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, losses, optimizers

from tests.support.examining import examine
from tests.support.pairs import TF1, Keras, keras_with, tf1, write
from training.checking import judgement
from training.checking.wide import departure

Names = dict[str, Any]


def regression(
    forward: Callable, train: Callable, units: int = 1, dtype: Any = tf.float32, wide: int = 6
) -> Callable:
    """A graph with the mean square of y - forward(x) as its cost."""

    def graph() -> dict[str, Any]:
        x = tf1.placeholder(dtype, [None, wide])
        y = tf1.placeholder(tf.float32, [None, units])
        outputs = forward(x)
        cost = tf.reduce_mean(tf.square(y - outputs))
        return {"x": x, "y": y, "cost": cost, "train_op": train(cost), "logits": outputs}

    return graph


def linear(x: tf.Tensor, units: int = 1) -> tf.Tensor:
    return tf.matmul(x, tf1.get_variable("w", [6, units]))


def descend(cost: tf.Tensor) -> tf.Operation:
    return tf1.train.GradientDescentOptimizer(0.1).minimize(cost)


def sequential(
    *stack: Callable, optimizer: Callable = lambda: optimizers.SGD(0.1), loss: Any = "mse"
) -> Callable:
    """A model of layers that are made anew at each call."""

    def model() -> keras.Model:
        made = keras.Sequential([keras.Input([6]), *(make() for make in stack)])
        made.compile(optimizer(), loss() if callable(loss) else loss)
        return made

    return model


def dense(units: int = 1, **options: Any) -> Callable:
    return lambda: layers.Dense(units, use_bias=False, **options)


def pair(graph: Callable, model: Callable) -> Names:
    return {"tf1_graph": graph, "keras_model": model}


def stepwise(optimizer: Callable, boundary: int, rates: list[float]) -> Callable:
    def train(cost: tf.Tensor) -> tf.Operation:
        step = tf1.train.get_or_create_global_step()
        rate = tf1.train.piecewise_constant(step, [boundary - 1], rates)
        return optimizer(rate).minimize(cost, step)

    return train


def steps(boundary: int, rates: list[float]) -> Any:
    return optimizers.schedules.PiecewiseConstantDecay([boundary - 1], rates)


def dropped(x: tf.Tensor) -> tf.Tensor:
    keep_prob = tf1.placeholder_with_default(1.0, [])
    return linear(tf1.nn.dropout(x, rate=1 - keep_prob))


def embedded(x: tf.Tensor) -> tf.Tensor:
    table = tf1.get_variable("table", [5, 2])
    return tf.reduce_mean(tf.nn.embedding_lookup(table, x), 1)


def masked(x: tf.Tensor) -> tf.Tensor:
    seen = tf.cast(tf.not_equal(x, 9), tf.float32)[:, :, None]
    table = tf1.get_variable("table", [30, 2])
    return tf.reduce_mean(tf.nn.embedding_lookup(table, x) * seen, 1)


def embedding_model(optimizer: Any = None, ids: int = 30) -> keras.Model:
    model = keras.Sequential(
        [keras.Input([6], dtype="int32"), layers.Embedding(ids, 2), layers.GlobalAveragePooling1D()]
    )
    model.compile(optimizer or optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


def normalized(momentum: float, epsilon: float | None = None) -> Callable:
    """Batch norm written out, its moving averages updated with the weights.

    `epsilon`: it has a switch, and infers with this one.
    """

    def graph() -> dict[str, Any]:
        x = tf1.placeholder(tf.float32, [None, 6])
        y = tf1.placeholder(tf.float32, [None, 6])
        gamma = tf1.get_variable("gamma", [6], initializer=tf1.ones_initializer())
        beta = tf1.get_variable("beta", [6], initializer=tf1.zeros_initializer())
        kinds = {"moving_mean": tf1.zeros_initializer(), "moving_variance": tf1.ones_initializer()}
        moving = [
            tf1.get_variable(name, [6], initializer=made, trainable=False)
            for name, made in kinds.items()
        ]
        mean, variance = tf.nn.moments(x, [0])
        updates = [
            tf1.assign(kept, kept * momentum + now * (1 - momentum))
            for kept, now in zip(moving, (mean, variance), strict=True)
        ]

        def normalize(by: Any, epsilon: float) -> Callable:
            return lambda: tf.nn.batch_normalization(x, *by, beta, gamma, epsilon)

        train = normalize((mean, variance), 1e-3)
        is_training = tf1.placeholder_with_default(True, [])
        out = tf.cond(is_training, train, normalize(moving, epsilon)) if epsilon else train()
        cost = tf.reduce_mean(tf.square(y - out))
        with tf.control_dependencies(updates):
            train_op = descend(cost)
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": out}

    return graph


def clipped(cost: tf.Tensor) -> tf.Operation:
    """By a norm that batches of N(0, 1) do not reach."""
    optimizer = tf1.train.GradientDescentOptimizer(0.1)
    gradients, variables = zip(*optimizer.compute_gradients(cost), strict=True)
    kept = tf.clip_by_global_norm(gradients, 50.0)[0]
    return optimizer.apply_gradients(zip(kept, variables, strict=True))


def huber(delta: float) -> Callable:
    def graph() -> dict[str, Any]:
        x = tf1.placeholder(tf.float32, [None, 6])
        y = tf1.placeholder(tf.float32, [None, 1])
        out = linear(x)
        cost = tf1.losses.huber_loss(y, out, delta=delta)
        return {"x": x, "y": y, "cost": cost, "train_op": descend(cost), "logits": out}

    return graph


class HalfAStep(keras.Sequential):
    """A model that does not train as its optimizer says."""

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True)) / 2
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss}


def half_a_step() -> keras.Model:
    model = HalfAStep([keras.Input([6]), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(linear(x), 0.1)


def branched(x: tf.Tensor) -> tf.Tensor:
    """A branch as TensorFlow 1 wrote it: Switch and Merge, of which one side never runs."""
    tf1.disable_control_flow_v2()
    try:
        training = tf1.placeholder_with_default(True, [])
        return tf1.cond(training, lambda: linear(tf.nn.relu(x)), lambda: tf.zeros([1, 1]))
    finally:
        tf1.enable_control_flow_v2()


def three_layers(trained: Callable = lambda name: True) -> TF1:
    return TF1(units=(6, 5, 4, 3), trained=trained)


def momentum(rate: Any) -> Any:
    return tf1.train.MomentumOptimizer(rate, 0.9)


WRONG: dict[str, tuple[Names, str]] = {
    "momentum under a changing rate": (
        pair(
            regression(linear, stepwise(momentum, 2, [0.1, 0.01])),
            sequential(dense(), optimizer=lambda: optimizers.SGD(steps(2, [0.1, 0.01]), 0.9)),
        ),
        "momentum: Keras' SGD keeps it in units of the learning rate of then",
    ),
    "Adam and an id drawn twice": (
        pair(
            regression(
                embedded,
                lambda cost: tf1.train.AdamOptimizer(0.01).minimize(cost),
                units=2,
                dtype=tf.int32,
            ),
            lambda: embedding_model(ids=5),
        ),
        "Adam on an embedding",
    ),
    "own train_step": (
        pair(regression(linear, descend), half_a_step),
        "train_step: HalfAStep's own does something else",
    ),
    "dropout forgotten": (
        pair(regression(dropped, descend), sequential(dense())),
        "dropout: in TensorFlow 1, none in Keras",
    ),
    "momentum of moving averages": (
        pair(
            normalized(0.9),
            sequential(lambda: layers.BatchNormalization(momentum=0.99, name="norm")),
        ),
        "momentum of layer norm: 0.99 in Keras, 0.9 in TensorFlow 1",
    ),
    "inference": (
        pair(
            normalized(0.9, epsilon=1e-2),
            sequential(lambda: layers.BatchNormalization(momentum=0.9)),
        ),
        "inference: logits",
    ),
    "rate beyond the steps": (
        pair(
            regression(linear, stepwise(tf1.train.GradientDescentOptimizer, 1000, [0.1, 0.05])),
            sequential(dense()),
        ),
        "learning rate: at update 1,001 it is 0.1 in Keras, 0.05 in TensorFlow 1",
    ),
    "clip that never acted": (
        pair(regression(linear, clipped), sequential(dense())),
        "gradient clipping: global_clipnorm 50 in TensorFlow 1, none in Keras",
    ),
    "clip that never acted, in Keras": (
        pair(
            regression(linear, descend),
            sequential(dense(), optimizer=lambda: optimizers.SGD(0.1, clipnorm=1000.0)),
        ),
        "clipnorm: 1000 in Keras",
    ),
    "delta of Huber's loss": (
        pair(huber(1.0), sequential(dense(), loss=lambda: losses.Huber(delta=3.0))),
        "delta of the loss: 3 in Keras, 1 in TensorFlow 1",
    ),
    "an id that only one side masks": (
        pair(
            regression(masked, descend, units=2, dtype=tf.int32),
            lambda: embedding_model(optimizers.SGD(0.1)),
        ),
        "only in rows of x with id 9",
    ),
    "slope": (
        pair(
            regression(leaky, descend),
            sequential(dense(), lambda: layers.LeakyReLU(0.2, name="leaky")),
        ),
        "negative_slope of layer leaky: 0.2 in Keras, 0.1 in TensorFlow 1",
    ),
    "a branch of the graph": (
        pair(
            regression(branched, descend),
            sequential(lambda: layers.Activation("tanh", name="before"), dense()),
        ),
        "activation of layer before: tanh in Keras, relu in TensorFlow 1",
    ),
    "two layers frozen in TensorFlow 1": (
        write(
            three_layers(lambda name: name.endswith("2")),
            Keras((6, 5, 4, 3), ("relu", "relu", "linear"), ({}, {}, {})),
        ),
        "layers h0, h1 are trained, TensorFlow 1 leaves them as they are",
    ),
    "two mistakes": (
        write(
            TF1(),
            keras_with(
                activations=("tanh", "linear"),
                optimizer=lambda: optimizers.Adam(0.02, epsilon=1e-8),
            ),
        ),
        "activation of layer h0: tanh in Keras, relu in TensorFlow 1 / learning_rate: 0.02",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rewrite_that_looked_right_is_different(name: str) -> None:
    names, cause = WRONG[name]
    found = examine(names, steps=4, batch_size=16)
    assert found.verdict == "different"
    said = " / ".join([*(one.cause for one in found.causes), str(found.unexplained)])
    assert cause in said, said


def operators() -> keras.Model:
    inputs = keras.Input([6])
    hidden = layers.Dense(6, use_bias=False)(inputs)
    outputs = keras.ops.sqrt(8.0) * hidden + keras.ops.square(inputs) / 3.0
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def operated(x: tf.Tensor) -> tf.Tensor:
    return np.sqrt(8.0) * linear(x, 6) + tf.square(x) / 3.0


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input([6]), layers.Dense(4, use_bias=False)])
    model = keras.Sequential([keras.Input([6]), inner, layers.Dense(1, use_bias=False)])
    model.compile(optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


def two_products(x: tf.Tensor) -> tf.Tensor:
    return tf.matmul(tf.matmul(x, tf1.get_variable("w0", [6, 4])), tf1.get_variable("w1", [4, 1]))


def autoencoder() -> dict[str, Any]:
    x = tf1.placeholder(tf.float32, [None, 6])
    out = linear(x, 6)
    cost = tf.reduce_mean(tf.square(x - out))
    return {"x": x, "y": x, "cost": cost, "train_op": descend(cost), "logits": out}


def clipped_probabilities() -> dict[str, Any]:
    x, y = tf1.placeholder(tf.float32, [None, 6]), tf1.placeholder(tf.float32, [None, 3])
    out = tf.clip_by_value(tf.nn.softmax(linear(x, 3)), 1e-10, 1.0)
    cost = tf.reduce_mean(-tf.reduce_sum(y * tf.math.log(out), 1))
    return {"x": x, "y": y, "cost": cost, "train_op": descend(cost), "logits": out}


def pretrained(x: tf.Tensor) -> tf.Tensor:
    frozen = tf1.get_variable("frozen", [6, 6], trainable=False)
    return linear(tf.nn.relu(tf.matmul(x, frozen)))


def compiled(model: keras.Model) -> keras.Model:
    model.compile(optimizers.Adam(0.01, epsilon=1e-8), "mse")
    return model


def images(after: Callable = tf.identity, epsilon: float = 1e-3) -> dict[str, Any]:
    x = tf1.placeholder(tf.float32, [None, 4, 4, 3])
    y = tf1.placeholder(tf.float32, [None, 4, 4, 2])
    hidden = tf.nn.conv2d(x, tf1.get_variable("k", [3, 3, 3, 2]), 1, "SAME")
    gamma = tf1.get_variable("gamma", [2], initializer=tf1.ones_initializer())
    beta = tf1.get_variable("beta", [2], initializer=tf1.zeros_initializer())
    out = after(tf1.nn.fused_batch_norm(hidden, gamma, beta, epsilon=epsilon)[0])
    cost = tf.reduce_mean(tf.square(y - out))
    train_op = tf1.train.AdamOptimizer(0.01).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": out}


def biased(x: tf.Tensor) -> tf.Tensor:
    """A bias in front of batch norm, whose gradient is zero but for rounding."""
    hidden = linear(x, 5) + tf1.get_variable("b", [5], initializer=tf1.zeros_initializer())
    mean, variance = tf.nn.moments(hidden, [0])
    gamma = tf1.get_variable("gamma", [5], initializer=tf1.ones_initializer())
    beta = tf1.get_variable("beta", [5], initializer=tf1.zeros_initializer())
    return tf.nn.batch_normalization(hidden, mean, variance, beta, gamma, 1e-3)


def responding(x: tf.Tensor) -> tf.Tensor:
    """A channel whose neighbours are large becomes smaller."""
    return tf.nn.lrn(x[:, None, None, :], 2, alpha=0.1, beta=0.7)[:, 0, 0, :]


RIGHT: dict[str, Names] = {
    "momentum, and a rate that stays": pair(
        regression(linear, lambda cost: momentum(0.1).minimize(cost)),
        sequential(dense(), optimizer=lambda: optimizers.SGD(0.1, 0.9)),
    ),
    "local response normalization": pair(
        regression(lambda x: linear(tf.tanh(3 * responding(x))), descend),
        sequential(lambda: layers.Lambda(lambda x: tf.tanh(3 * responding(x))), dense()),
    ),
    "dropout on both sides": pair(
        regression(dropped, descend), sequential(lambda: layers.Dropout(0.5), dense())
    ),
    "moving averages": pair(
        normalized(0.9), sequential(lambda: layers.BatchNormalization(momentum=0.9))
    ),
    "moving averages and inference": pair(
        normalized(0.9, epsilon=1e-3), sequential(lambda: layers.BatchNormalization(momentum=0.9))
    ),
    "rate that changes": pair(
        regression(linear, stepwise(tf1.train.GradientDescentOptimizer, 1000, [0.1, 0.05])),
        sequential(dense(), optimizer=lambda: optimizers.SGD(steps(1000, [0.1, 0.05]))),
    ),
    "clip that never acted": pair(
        regression(linear, clipped),
        sequential(dense(), optimizer=lambda: optimizers.SGD(0.1, global_clipnorm=50.0)),
    ),
    "Huber's loss": pair(huber(3.0), sequential(dense(), loss=lambda: losses.Huber(delta=3.0))),
    "operators": pair(regression(operated, descend, units=6), operators),
    "nested model": pair(
        regression(two_products, lambda cost: tf1.train.AdamOptimizer(0.01).minimize(cost)), nested
    ),
    "autoencoder": pair(autoencoder, sequential(dense(6))),
    "clipped probabilities": pair(
        clipped_probabilities,
        sequential(dense(3, activation="softmax"), loss=lambda: losses.CategoricalCrossentropy()),
    ),
    "frozen layer": pair(
        regression(pretrained, descend),
        sequential(dense(6, activation="relu", trainable=False), dense()),
    ),
    "fused batch norm": pair(
        images,
        lambda: compiled(
            keras.Sequential(
                [
                    keras.Input([4, 4, 3]),
                    layers.Conv2D(2, 3, padding="same", use_bias=False),
                    layers.BatchNormalization(),
                ]
            )
        ),
    ),
    "fused batch norm and a number of nine digits": pair(
        lambda: images(lambda out: out * 0.123456789, epsilon=0.1),
        lambda: compiled(
            keras.Sequential(
                [
                    keras.Input([4, 4, 3]),
                    layers.Conv2D(2, 3, padding="same", use_bias=False),
                    layers.BatchNormalization(epsilon=0.1),
                    layers.Rescaling(0.123456789),
                ]
            )
        ),
    ),
    "bias before batch norm": pair(
        regression(biased, lambda cost: tf1.train.AdamOptimizer(0.01).minimize(cost), units=5),
        sequential(
            lambda: layers.Dense(5),
            lambda: layers.BatchNormalization(),
            optimizer=lambda: optimizers.Adam(0.01, epsilon=1e-8),
        ),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_rewrite_that_looked_wrong_is_not_accused(name: str) -> None:
    found = examine(RIGHT[name], steps=4, batch_size=16)
    assert found.verdict in ("identical", "equivalent"), (found.causes, found.unexplained)


def two_of_a_shape(x: tf.Tensor) -> tf.Tensor:
    first, second = (tf1.get_variable(name, [6, 6]) for name in ("p", "q"))
    return tf.matmul(tf.nn.relu(tf.matmul(x, second)), first)


def test_an_order_that_was_only_guessed_is_no_mistake_and_said() -> None:
    """p is made first and used last."""
    names = pair(
        regression(two_of_a_shape, descend, units=6),
        sequential(dense(6, activation="relu"), dense(6)),
    )
    found = examine(names)
    assert found.verdict in ("identical", "equivalent"), found
    assert "variables of one shape were paired by what they compute" in found.causes[0].cause
    swapped = {"weight_map": {"p": "first/kernel", "q": "last/kernel"}}
    model = sequential(dense(6, activation="relu", name="first"), dense(6, name="last"))
    assert examine({**names, "keras_model": model, **swapped}).verdict == "different"
    in_order = regression(lambda x: linear(linear_of(x), 6), descend, units=6)
    assert list(examine(pair(in_order, sequential(dense(6), dense(6)))).in_order) == ["v", "w"]


def linear_of(x: tf.Tensor) -> tf.Tensor:
    return tf.matmul(x, tf1.get_variable("v", [6, 6]))


def test_an_op_after_keras_last_layer_is_blamed_on_no_layer() -> None:
    """Every layer's outputs are in the graph, and no mistake that is known explains the rest."""
    graph = regression(lambda x: tf.math.atan(linear(x)), descend)
    found = examine(pair(graph, sequential(dense())))
    assert found.verdict == "different"
    assert not found.causes, found.causes
    assert "no cause that was tried explains it" in str(found.unexplained)


def test_not_a_number_on_both_sides_proves_nothing() -> None:
    def cost(labels: Any, logits: Any) -> Any:
        return tf.reduce_mean(tf.square(labels - logits)) * np.nan

    def loss(labels: Any, logits: Any) -> Any:
        return keras.ops.mean(keras.ops.square(labels - logits)) * np.nan

    found = examine(write(TF1(cost=cost), keras_with(loss=lambda: loss)))
    assert found.verdict == "undecided"
    assert "is not finite on either side" in str(found.unexplained)


@pytest.mark.slow
def test_what_was_not_compared_is_said() -> None:
    both = examine(RIGHT["dropout on both sides"])
    assert [said.partition(" (")[0] for said in both.not_compared][:1] == ["dropout rates"]
    assert len(both.not_compared) == 1  # inference is what both sides ran: dropout was off
    drawn = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.5)}
    assert not examine(write(TF1(), keras_with(options=(drawn, drawn)))).not_compared
    assert not examine(RIGHT["frozen layer"]).not_compared
    assert not examine(RIGHT["rate that changes"]).not_compared
    assert not examine(RIGHT["moving averages and inference"]).not_compared
    narrow = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.01)}
    (said,) = examine(write(TF1(), keras_with(options=(narrow, narrow)))).not_compared
    assert "differ (weights were copied): W0: normal (deviation 0.5) in TensorFlow 1, " in said


def test_a_twin_that_lost_a_setting_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a clone in float64 says: it has to be its original first."""

    def forgetful(model: keras.Model) -> keras.Model:
        twin = original(model)
        twin.compile(optimizers.SGD(0.1), losses.Huber(delta=1.0))
        return twin

    original = judgement.variants.in_float64
    monkeypatch.setattr(judgement.variants, "in_float64", forgetful)
    names = pair(huber(1.0), sequential(dense(), loss=lambda: losses.Huber(delta=3.0)))
    found = examine(names, batch_size=16)
    assert found.verdict == "different"
    assert "copy in float64 does not match it: its loss differs" in str(found.unexplained)
    assert departure  # the function that says so


def test_the_search_ends_when_its_budget_is_spent() -> None:
    names, _ = WRONG["two mistakes"]
    found = examine(names, budget=0.0)
    assert found.verdict == "different"
    assert not found.causes
    assert "none of the causes tried in 0 s explains it" in str(found.unexplained)


def test_what_is_said_is_the_same_at_every_run() -> None:
    first, second = (examine(RIGHT["nested model"]) for _ in range(2))
    assert first == second
