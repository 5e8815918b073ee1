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

from tf1_compat.seeding import op_seed

n_input = 784
n_output = 10
n_hidden = 128


class Article(NamedTuple):
    """The listing's named endpoints; every name is the listing's own."""

    X: tf.Tensor  # [N, 784], pixels
    Y: tf.Tensor  # [N, 10], one-hot labels
    W1: tf.Variable  # [784, 128]
    b1: tf.Variable  # [128]
    hidden_layer: tf.Tensor  # [N, 128]
    W2: tf.Variable  # [128, 10]
    b2: tf.Variable  # [10]
    output_layer: tf.Tensor  # [N, 10], the logits
    cost: tf.Tensor  # [], mean cross-entropy
    optimizer: tf.Operation  # one Adam update of W1, b1, W2, b2

    @property
    def weights(self) -> dict[str, tf.Variable]:
        """The four trained variables by the listing's names, in its order."""
        return {"W1": self.W1, "b1": self.b1, "W2": self.W2, "b2": self.b2}


def build(dtype: tf.DType = tf.float32) -> Article:
    """Build the article's graph in the default graph and return its endpoints.

    The graph is the one that the listing makes under `tf.compat.v1` up to "训练模型" (train the
    model), node for node; where a graph seed is set, op seeds are those of TensorFlow 1.15.
    Variables are reference variables, as they were then. `dtype` is that of pixels, labels and
    variables: the listing's float32, or float64 to tell rounding from everything else.
    """
    X = tf.compat.v1.placeholder(dtype, [None, n_input])
    Y = tf.compat.v1.placeholder(dtype, [None, n_output])
    W1 = _normal_variable([n_input, n_hidden], dtype)
    b1 = _normal_variable([n_hidden], dtype)
    # [N, 784] @ [784, 128] + [128] -> [N, 128]
    hidden_layer = tf.nn.relu(tf.matmul(X, W1) + b1)
    W2 = _normal_variable([n_hidden, n_output], dtype)
    b2 = _normal_variable([n_output], dtype)
    # [N, 128] @ [128, 10] + [10] -> [N, 10]
    output_layer = tf.matmul(hidden_layer, W2) + b2

    cost = tf.reduce_mean(
        tf.compat.v1.nn.softmax_cross_entropy_with_logits_v2(logits=output_layer, labels=Y)
    )
    optimizer = tf.compat.v1.train.AdamOptimizer().minimize(cost)
    return Article(X, Y, W1, b1, hidden_layer, W2, b2, output_layer, cost, optimizer)


def _normal_variable(shape: list[int], dtype: tf.DType) -> tf.Variable:
    """The listing's `tf.Variable(tf.random_normal(shape))`, a reference variable."""
    initial_value = tf.compat.v1.random_normal(shape, dtype=dtype, seed=op_seed())
    return tf.compat.v1.Variable(initial_value, use_resource=False)
