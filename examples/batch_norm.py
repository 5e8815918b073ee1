"""A convolution and fused batch normalization, as `tf.layers` built it, trained with momentum.

tf1keras check examples/batch_norm.py
"""

import keras
import tensorflow as tf

tf1 = tf.compat.v1


def batch_norm(inputs: tf.Tensor, momentum: float = 0.9) -> tf.Tensor:
    """What `tf.layers.batch_normalization(inputs, momentum=momentum, training=True)` made."""
    shape = [inputs.shape[-1]]
    with tf1.variable_scope("batch_normalization"):
        gamma = tf1.get_variable("gamma", shape, initializer=tf1.ones_initializer())
        beta = tf1.get_variable("beta", shape, initializer=tf1.zeros_initializer())
        averages = [
            tf1.get_variable("moving_mean", shape, None, tf1.zeros_initializer(), trainable=False),
            tf1.get_variable(
                "moving_variance", shape, None, tf1.ones_initializer(), trainable=False
            ),
        ]
    outputs, *statistics = tf1.nn.fused_batch_norm(inputs, gamma, beta, epsilon=1e-3)
    decay = 1.0 - tf.constant(momentum)
    for average, now in zip(averages, statistics, strict=True):
        moved = tf1.assign_sub(average, (average - now) * decay)
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, moved)
    return outputs


def tf1_graph() -> dict:
    x = tf1.placeholder(tf.float32, [None, 8, 8, 3])
    y = tf1.placeholder(tf.float32, [None, 5])
    kernel = tf1.get_variable("conv2d/kernel", [3, 3, 3, 8])
    convolved = tf.nn.conv2d(x, kernel, strides=2, padding="SAME")  # [N, 4, 4, 8]
    hidden = tf.reshape(tf.nn.relu(batch_norm(convolved)), [-1, 4 * 4 * 8])
    logits = tf.matmul(hidden, tf1.get_variable("dense/kernel", [4 * 4 * 8, 5]))
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    with tf.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
        train_op = tf1.train.MomentumOptimizer(0.1, 0.9).minimize(cost)
    return {"x": x, "y": y, "logits": logits, "cost": cost, "train_op": train_op}


def keras_model() -> keras.Model:
    return model(keras.layers.BatchNormalization, keras.optimizers.SGD(0.1, momentum=0.9))


def model(norm: type[keras.Layer], optimizer: keras.Optimizer) -> keras.Model:
    """Return the network with a kind of batch normalization, compiled."""
    network = keras.Sequential(
        [
            keras.Input([8, 8, 3]),
            keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
            norm(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(5, use_bias=False),
        ]
    )
    network.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    return network
