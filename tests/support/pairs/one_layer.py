"""Pairs of one dense layer, with one thing beside it that people get wrong."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers, optimizers

from tests.support.pairs import tf1

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


def momentum(rate: Any) -> Any:
    return tf1.train.MomentumOptimizer(rate, 0.9)
