"""Two inputs, two outputs with a loss each, a keep_prob that is fed, and batches of its own.

Sentences of up to 12 words and their lengths; the mean of the words tells a topic and a score.

tf1keras check examples/sentences.py
"""

import keras
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
WORDS, LONGEST, TOPICS = 50, 12, 4


def tf1_graph() -> dict:
    words = tf1.placeholder(tf.int32, [None, LONGEST], name="words")
    lengths = tf1.placeholder(tf.int32, [None], name="lengths")
    topic = tf1.placeholder(tf.int32, [None], name="topic")
    score = tf1.placeholder(tf.float32, [None, 1], name="score")
    keep_prob = tf1.placeholder(tf.float32, name="keep_prob")

    normal = tf1.random_normal_initializer(stddev=0.3)
    table = tf1.get_variable("embedding", [WORDS, 8], initializer=normal)
    there = tf.sequence_mask(lengths, LONGEST, tf.float32)[:, :, None]
    mean = tf.reduce_sum(tf.gather(table, words) * there, 1) / tf.reduce_sum(there, 1)
    hidden = tf1.nn.dropout(mean, keep_prob=keep_prob)

    outputs = []
    for name, units in (("topics", TOPICS), ("scores", 1)):
        with tf1.variable_scope(name):
            kernel = tf1.get_variable("kernel", [8, units], initializer=normal)
            bias = tf1.get_variable("bias", [units], initializer=tf1.zeros_initializer())
        outputs.append(tf.nn.bias_add(tf.matmul(hidden, kernel), bias))
    topics, scores = outputs
    of_topic = tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=topic, logits=topics)
    cost = tf.reduce_mean(of_topic) + 0.1 * tf.reduce_mean(tf.square(scores - score))
    return {
        "x": [words, lengths],
        "y": [topic, score],
        "logits": [topics, scores],
        "feeds": {keep_prob: (0.75, 1.0)},  # in training, in inference
        "cost": cost,
        "train_op": tf1.train.GradientDescentOptimizer(0.5).minimize(cost),
    }


def keras_model() -> keras.Model:
    ops, layers = keras.ops, keras.layers
    words = keras.Input([LONGEST], dtype="int32", name="words")
    lengths = keras.Input([], dtype="int32", name="lengths")
    there = ops.cast(ops.less(ops.arange(LONGEST), lengths[:, None]), "float32")[:, :, None]
    taken = layers.Embedding(WORDS, 8)(words) * there
    hidden = layers.Dropout(0.25)(ops.sum(taken, 1) / ops.sum(there, 1))
    outputs = [layers.Dense(TOPICS, name="topics")(hidden), layers.Dense(1, name="scores")(hidden)]
    model = keras.Model([words, lengths], outputs)
    of_topic = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), [of_topic, "mse"], loss_weights=[1.0, 0.1])
    return model


def sample_batch(rng: np.random.Generator, rows: int) -> tuple:  # no length is from N(0, 1)
    words = rng.integers(0, WORDS, [rows, LONGEST])
    lengths = rng.integers(1, LONGEST + 1, rows)
    return [words, lengths], [rng.integers(0, TOPICS, rows), rng.standard_normal([rows, 1])]
