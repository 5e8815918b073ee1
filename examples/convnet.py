"""A small convnet, conv2d + max_pool twice, with Adam: the TensorFlow 1 tutorial's second model.

tf1keras check examples/convnet.py
"""

import keras
import tensorflow as tf

tf1 = tf.compat.v1


def tf1_graph() -> dict:
    x = tf1.placeholder(tf.float32, [None, 28, 28, 1])
    y = tf1.placeholder(tf.float32, [None, 10])

    def weight(*shape: int) -> tf.Variable:
        return tf1.Variable(tf1.truncated_normal(shape, stddev=0.1))

    def bias(size: int) -> tf.Variable:
        return tf1.Variable(tf.constant(0.1, shape=[size]))

    def conv_pool(images: tf.Tensor, kernel: tf.Variable, offset: tf.Variable) -> tf.Tensor:
        # [N, h, w, c] -> [N, h, w, d] -> [N, h / 2, w / 2, d]
        hidden = tf.nn.relu(tf.nn.conv2d(images, kernel, strides=1, padding="SAME") + offset)
        return tf.nn.max_pool2d(hidden, ksize=2, strides=2, padding="SAME")

    first = conv_pool(x, weight(5, 5, 1, 4), bias(4))
    second = conv_pool(first, weight(5, 5, 4, 8), bias(8))
    flat = tf.reshape(second, [-1, 7 * 7 * 8])
    logits = tf.matmul(flat, weight(7 * 7 * 8, 10)) + bias(10)
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train_op = tf1.train.AdamOptimizer(1e-3).minimize(cost)
    return {"x": x, "y": y, "logits": logits, "cost": cost, "train_op": train_op}


def keras_model() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            keras.layers.Conv2D(4, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(padding="same"),
            keras.layers.Conv2D(8, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.Adam(1e-3, epsilon=1e-8),  # TensorFlow 1's epsilon, not Keras' 1e-7
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    return model
