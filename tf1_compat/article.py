"""The article's listing as a graph, op for op and name for name.

    import tensorflow as tf
    from tf1_compat import article

    with tf.Graph().as_default():
        tf.compat.v1.set_random_seed(1234)   # the weights of TensorFlow 1.15 under the same seed
        graph = article.build()

`tf1keras article` runs it. Its twin in Keras is `keras_models/article.py`.
"""

from typing import NamedTuple

import tensorflow as tf

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.seeding import op_seed


class Article(NamedTuple):
    """The listing's named endpoints; every name is the listing's own."""

    X: tf.Tensor  # [N, 784], pixels
    Y: tf.Tensor  # [N, 10], one-hot labels
    weights: dict[str, tf.Variable]  # W1 [784, 128], b1 [128], W2 [128, 10], b2 [10]
    hidden_layer: tf.Tensor  # [N, 128], the last one where there are several
    output_layer: tf.Tensor  # [N, 10], the logits
    cost: tf.Tensor  # []
    optimizer: tf.Operation  # one update of the weights


def build(
    dtype: tf.DType = tf.float32,
    hyper: Hyperparameters = LISTING,
    x: tf.Tensor | None = None,
    y: tf.Tensor | None = None,
) -> Article:
    """Build the article's graph in the default graph and return its endpoints.

    The graph is the one that the listing makes under `tf.compat.v1` up to "训练模型" (train the
    model), node for node; where a graph seed is set, op seeds are those of TensorFlow 1.15.
    Variables are reference variables, as they were then. `dtype` is that of pixels, labels and
    variables: the listing's float32, or float64 to tell rounding from everything else. `hyper` says
    what is to be other than in the listing; its dropout is not TensorFlow 1's, and not looked at.
    `x` and `y` are what X and Y are where nothing is fed.
    """
    extra = 0 if x is None else len(tf.compat.v1.get_default_graph().get_operations())
    X = _placeholder(dtype, hyper.widths[0], x)
    Y = _placeholder(dtype, hyper.widths[-1], y)
    weights: dict[str, tf.Variable] = {}
    hidden_layer = output_layer = X
    for number, (inputs, units) in enumerate(hyper.layers, start=1):
        if number > 1:
            hidden_layer = tf.nn.relu(output_layer)
        W = weights[f"W{number}"] = _normal_variable([inputs, units], dtype, extra)
        b = weights[f"b{number}"] = _normal_variable([units], dtype, extra)
        # [N, inputs] @ [inputs, units] + [units] -> [N, units]
        output_layer = tf.matmul(hidden_layer, W) + b

    cost = _cost(output_layer, Y, weights, hyper)
    optimizer = _optimizer(hyper).minimize(cost)
    return Article(X, Y, weights, hidden_layer, output_layer, cost, optimizer)


def _placeholder(dtype: tf.DType, width: int, default: tf.Tensor | None) -> tf.Tensor:
    if default is None:
        return tf.compat.v1.placeholder(dtype, [None, width])
    return tf.compat.v1.placeholder_with_default(default, [None, width])


def _normal_variable(shape: list[int], dtype: tf.DType, extra: int) -> tf.Variable:
    """The listing's `tf.Variable(tf.random_normal(shape))`, a reference variable."""
    seed = op_seed(not_counted=extra)
    initial_value = tf.compat.v1.random_normal(shape, dtype=dtype, seed=seed)
    return tf.compat.v1.Variable(initial_value, use_resource=False)


def _cost(
    output_layer: tf.Tensor, Y: tf.Tensor, weights: dict[str, tf.Variable], hyper: Hyperparameters
) -> tf.Tensor:
    """Return the listing's cost or the article's formula, [], with the penalties asked for."""
    if hyper.cost == "mse":  # 1 / 2N * sum (f(X; theta) - Y)^2
        squares = tf.reduce_sum(tf.square(output_layer - Y), axis=1)  # [N]
        cost = tf.reduce_mean(squares / 2)
    else:
        cost = tf.reduce_mean(
            tf.compat.v1.nn.softmax_cross_entropy_with_logits_v2(logits=output_layer, labels=Y)
        )
    if not (hyper.l1 or hyper.l2):
        return cost
    kernels = [weight for name, weight in weights.items() if name.startswith("W")]
    return tf.reduce_sum([cost, *(_penalty(W, hyper) for W in kernels)])


def _penalty(W: tf.Variable, hyper: Hyperparameters) -> tf.Tensor:
    """Return l1 * sum |W| + l2 / 2 * sum W^2, [], with |W| factored out.

    As two sums they would give the kernel's gradient three terms, which TensorFlow's graph
    optimizer adds in the order of their ops' names (`DedupComputations`): a rounding by name.
    """
    size = tf.abs(W)
    return tf.reduce_sum(size * (hyper.l1 + hyper.l2 / 2 * size))


def _optimizer(hyper: Hyperparameters) -> tf.compat.v1.train.Optimizer:
    if hyper.optimizer == "gradient_descent":  # theta <- theta - alpha grad
        return tf.compat.v1.train.GradientDescentOptimizer(hyper.learning_rate)
    return tf.compat.v1.train.AdamOptimizer(hyper.learning_rate)
