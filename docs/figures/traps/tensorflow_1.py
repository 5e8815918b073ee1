"""TensorFlow 1's side of every trap, for genuine TensorFlow 1.15.5 on Python 3.7 (`make tf115`).

python tensorflow_1.py INPUTS.npz OUT.npz     arrays named TRAP/UPDATES/NUMBER; UPDATES 0: none
"""

import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
MOMENTS = (1, 50)
"""After how many updates something is looked at."""


def train(variables, cost, optimizer, feeds):
    """The variables after some of the updates; `optimizer` is made from the global step."""
    step = v1.train.get_or_create_global_step()
    return run(variables, optimizer(step).minimize(cost, global_step=step), feeds)


def run(variables, update, feeds):
    found = {}
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        for number, feed in enumerate(feeds, 1):
            session.run(update, feed)
            if number in MOMENTS:
                found[number] = session.run(variables)
    return found


def evaluate(*tensors):
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        return {0: session.run(tensors)}


def cross_entropy(logits, y):
    return tf.reduce_mean(v1.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=y))


def dense(given, optimizer):
    x, y = v1.placeholder(tf.float32, [None, 4]), v1.placeholder(tf.float32, [None, 3])
    W = v1.get_variable("W", initializer=given["W"])
    feeds = [{x: given["x"][n], y: given["y"][n]} for n in range(len(given["x"]))]
    return train([W], cross_entropy(tf.matmul(x, W), y), optimizer, feeds)


def embedding(given, optimizer, which="ids"):
    ids, y = v1.placeholder(tf.int32, [None, 5]), v1.placeholder(tf.float32, [None, 3])
    E = v1.get_variable("E", initializer=given["E"])
    W = v1.get_variable("W", initializer=given["W"])
    mean = tf.reduce_mean(tf.nn.embedding_lookup(E, ids), axis=1)
    feeds = [{ids: given[which][n], y: given["y"][n]} for n in range(len(given["y"]))]
    return train([E, W], cross_entropy(tf.matmul(mean, W), y), optimizer, feeds)


def decaying_momentum(step):
    rate = v1.train.exponential_decay(0.1, step, 10, 0.5)
    return v1.train.MomentumOptimizer(rate, 0.9)


def batch_norm(layer, batches):
    """Moving mean and variance, updated as UPDATE_OPS say."""
    x = v1.placeholder(tf.float32, [None, *batches.shape[2:]])
    layer(x)
    averages = [v for v in v1.global_variables() if "moving" in v.op.name]
    update = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
    return run(averages, update, [{x: batch} for batch in batches])


def forgotten_update_ops(given):
    """What the layer gives at the end, where nobody ran UPDATE_OPS."""
    x, training = v1.placeholder(tf.float32, [None, 4]), v1.placeholder(tf.bool, [])
    outputs = v1.layers.batch_normalization(x, training=training)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        for batch in given["rows"]:
            session.run(outputs, {x: batch, training: True})
        return {50: [session.run(outputs, {x: given["rows"][0], training: False})]}


def padded(given):
    ahead = tf.pad(given["picture"], [[0, 0], [1, 1], [1, 1], [0, 0]])
    kernel = v1.constant_initializer(given["kernel"])
    return evaluate(v1.layers.conv2d(ahead, 3, 3, strides=2, kernel_initializer=kernel))


def resized(given, **options):
    return evaluate(v1.image.resize_bilinear(given["picture"], [8, 8], **options))


def recurrent(given, cell, names, **options):
    """Outputs [3, 5, 4] of every step, and the state [3, 4] after the last."""
    outputs, state = v1.nn.dynamic_rnn(cell, given["sequences"], dtype=tf.float32, **options)
    with v1.Session() as session:
        for number, name in enumerate(names):
            cell.variables[number].load(given[name], session)
        return {0: session.run([outputs, getattr(state, "h", state)])}


def lstm(given, **options):
    cell = v1.nn.rnn_cell.LSTMCell(4)
    return recurrent(given, cell, ("lstm/kernel", "lstm/bias"), **options)


def only(number, found):
    """Either the outputs or the state."""
    return {0: [found[0][number]]}


def gru(given):
    names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
    return recurrent(given, v1.nn.rnn_cell.GRUCell(4), names)


def weighted(given):
    logits = given["x"][0, :, :3]
    return evaluate(v1.losses.softmax_cross_entropy(given["y"][0], logits, given["weights"]))


def kept(given):
    """The largest of what dropout leaves of ones: how it is scaled."""
    return evaluate(tf.reduce_max(v1.nn.dropout(tf.ones([1000]), keep_prob=0.9)))


TRAPS = {
    "update_ops": forgotten_update_ops,
    "fused_batch_norm": lambda given: batch_norm(
        lambda x: v1.layers.batch_normalization(x, training=True), given["images"]
    ),
    "contrib_batch_norm": lambda given: batch_norm(tf.contrib.layers.batch_norm, given["rows"]),
    "dropout": kept,
    "lstm": lstm,
    "weighted_loss": weighted,
    "momentum": lambda given: dense(given, decaying_momentum),
    "rmsprop": lambda given: dense(given, lambda step: v1.train.RMSPropOptimizer(0.01)),
    "adagrad": lambda given: dense(given, lambda step: v1.train.AdagradOptimizer(0.1)),
    "embedding_adam": lambda given: embedding(given, lambda step: v1.train.AdamOptimizer(0.01)),
    "embedding_adagrad": lambda given: embedding(
        given, lambda step: v1.train.AdagradOptimizer(0.1)
    ),
    "embedding_momentum": lambda given: embedding(
        given, lambda step: v1.train.MomentumOptimizer(0.1, 0.9), "rare ids"
    ),
    "resize": resized,
    "resize_corners": lambda given: resized(given, align_corners=True),
    "padding": padded,
    "gru": gru,
    "outputs": lambda given: only(0, lstm(given, sequence_length=given["lengths"])),
    "state": lambda given: only(1, lstm(given, sequence_length=given["lengths"])),
    "masking": lambda given: only(1, lstm(given, sequence_length=given["lengths"])),
}


if __name__ == "__main__":
    given, found = np.load(sys.argv[1]), {}
    for name, trap in TRAPS.items():
        with tf.Graph().as_default():
            for updates, arrays in trap(given).items():
                found.update((f"{name}/{updates}/{n}", a) for n, a in enumerate(arrays))
    np.savez(sys.argv[2], **found)
