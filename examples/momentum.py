"""Two hidden layers with momentum, and dropout behind a placeholder that has a default.

tf1keras check examples/momentum.py
"""

import keras
import tensorflow as tf

tf1 = tf.compat.v1


def tf1_graph() -> dict:
    x = tf1.placeholder(tf.float32, [None, 20])
    y = tf1.placeholder(tf.float32, [None, 3])
    keep_prob = tf1.placeholder_with_default(1.0, [])

    def dense(inputs: tf.Tensor, units: int, name: str) -> tf.Tensor:
        with tf1.variable_scope(name):
            kernel = tf1.get_variable("kernel", [inputs.shape[-1], units])
            bias = tf1.get_variable("bias", [units], initializer=tf1.zeros_initializer())
        return tf.nn.bias_add(tf.matmul(inputs, kernel), bias)

    first = tf.nn.tanh(dense(x, 16, "first"))
    second = tf.nn.relu(dense(first, 8, "second"))
    logits = dense(tf1.nn.dropout(second, rate=1 - keep_prob), 3, "logits")
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train_op = tf1.train.MomentumOptimizer(0.1, 0.9).minimize(cost)
    return {"x": x, "y": y, "logits": logits, "cost": cost, "train_op": train_op}


def keras_model() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input([20]),
            keras.layers.Dense(16, activation="tanh", name="first"),
            keras.layers.Dense(8, activation="relu", name="second"),
            keras.layers.Dropout(0.5),  # whoever trains the graph feeds keep_prob 0.5
            keras.layers.Dense(3, name="logits"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    return model
