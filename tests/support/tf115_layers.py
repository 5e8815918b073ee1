"""Run by genuine TensorFlow 1.15.5 on Python 3.7 (`make tf115`), not by the tests' own Python.

python tf115_layers.py FOLDER    FOLDER/NAME.meta: a graph of x, y and train for each of NETS

The names are those of PIECES in tests/support/exact_pieces.py, where the same nets are written in
single ops.
"""

import os
import sys

import tensorflow as tf

v1 = tf.compat.v1
layers = v1.layers
cells = v1.nn.rnn_cell
IMAGES, ROWS, SEQUENCES = (6, 6, 2), (5,), (5, 3)
UNITS, CLASSES = 4, 3


def dense(x):
    return layers.dense(x, UNITS, use_bias=False)


def conv(x):
    return layers.conv2d(x, UNITS, 3, padding="same", use_bias=False)


def biased_conv(x):
    kernel = v1.get_variable("kernel", [3, 3, 2, 8])
    bias = v1.get_variable("bias", [8], initializer=v1.zeros_initializer())
    return v1.nn.conv2d(x, kernel, 1, "SAME") + bias


def norm(x, **options):
    return layers.batch_normalization(x, momentum=0.9, training=True, **options)


def slim_norm(x):
    from tensorflow.contrib import slim

    return slim.batch_norm(x, decay=0.9, scale=True, is_training=True)


def rnn(cell):
    return lambda x: v1.nn.dynamic_rnn(cell(UNITS), x, dtype=tf.float32)[0]


NETS = {
    "AddV2Conv2D": (IMAGES, biased_conv),
    "TF1BatchNorm": (ROWS, lambda x: norm(dense(x))),
    "TF1BatchNorm on images": (IMAGES, lambda x: norm(conv(x), fused=False)),
    "TF1FusedBatchNorm": (IMAGES, lambda x: norm(conv(x))),
    "TF1FusedBatchNorm on rows": (ROWS, lambda x: slim_norm(dense(x))),
    "TF1RNNCell": (SEQUENCES, rnn(cells.BasicRNNCell)),
    "TF1LSTMCell": (SEQUENCES, rnn(cells.BasicLSTMCell)),
    "TF1GRUCell": (SEQUENCES, rnn(cells.GRUCell)),
    "TF1Dropout": (ROWS, lambda x: layers.dropout(x, 0.4, seed=7, training=True)),
}


def write(inputs, net, path):
    with tf.Graph().as_default():
        v1.set_random_seed(5)
        x = v1.placeholder(tf.float32, [None, *inputs], name="x")
        y = v1.placeholder(tf.float32, [None, CLASSES], name="y")
        hidden = layers.flatten(tf.nn.relu(net(x)))
        logits = layers.dense(hidden, CLASSES, use_bias=False, name="out")
        entropy = v1.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
        with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            optimizer = v1.train.GradientDescentOptimizer(0.3)
            optimizer.minimize(tf.reduce_mean(entropy), name="train")
        v1.train.export_meta_graph(path)


if __name__ == "__main__":
    for name, (inputs, net) in NETS.items():
        write(inputs, net, os.path.join(sys.argv[1], name + ".meta"))
