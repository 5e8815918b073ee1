"""The article's loop for genuine TensorFlow 1.15.5, run by its own Python 3.7 and nothing of ours.

    python3.7 tf115_loop.py x.npy y.npy

Reads numbers of epochs from standard input, a line each; trains so many and answers with a line.
"""

import sys

import numpy as np
import tensorflow as tf


def main() -> None:
    """Build the listing's graph, then train as told."""
    pixels, labels = (np.load(path, allow_pickle=False) for path in sys.argv[1:])
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    x = tf.compat.v1.placeholder(tf.float32, [None, 784])
    y = tf.compat.v1.placeholder(tf.float32, [None, 10])
    w1 = tf.Variable(tf.random.normal([784, 128]))
    b1 = tf.Variable(tf.random.normal([128]))
    w2 = tf.Variable(tf.random.normal([128, 10]))
    b2 = tf.Variable(tf.random.normal([10]))
    hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
    logits = tf.matmul(hidden, w2) + b2
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=y))
    train = tf.compat.v1.train.AdamOptimizer().minimize(cost)
    with tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        for line in sys.stdin:
            for _ in range(int(line)):
                session.run([train, cost], feed_dict={x: pixels, y: labels})
            print(tf.__version__, flush=True)


if __name__ == "__main__":
    main()
