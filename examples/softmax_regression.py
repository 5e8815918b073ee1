"""Softmax regression, the first model of the TensorFlow 1 tutorial: weights from zero, SGD.

tf1keras check examples/softmax_regression.py
"""

import keras
import tensorflow as tf

tf1 = tf.compat.v1


def tf1_graph() -> dict:
    x = tf1.placeholder(tf.float32, [None, 784])
    y = tf1.placeholder(tf.int64, [None])  # labels as numbers
    W = tf1.Variable(tf.zeros([784, 10]), name="W")
    b = tf1.Variable(tf.zeros([10]), name="b")
    logits = tf.matmul(x, W) + b
    cost = tf1.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
    train_op = tf1.train.GradientDescentOptimizer(0.5).minimize(cost)
    return {"x": x, "y": y, "logits": logits, "cost": cost, "train_op": train_op}


def keras_model() -> keras.Model:
    model = keras.Sequential([keras.Input([784]), keras.layers.Dense(10, activation="softmax")])
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    return model
