"""Graphs as people train them, and what a Saver writes; also run by genuine TensorFlow 1.15.5.

python saved_graphs.py THERE BACK OUT.json   restore both checkpoints of every graph, train each on
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
WIDTHS = (784, 8, 10)
UPDATES = 5


def ends():
    return v1.placeholder(tf.float32, [None, 784], "x"), v1.placeholder(tf.float32, [None, 10], "y")


def variable(value, name=None, **more):
    more = dict(more, use_resource=False)
    return v1.Variable(np.asarray(value), name=name, **more)


def weights(widths=WIDTHS):
    """A kernel and a bias of each layer, without names."""
    rng = np.random.RandomState(0)
    shapes = [shape for n, m in zip(widths, widths[1:]) for shape in ([n, m], [m])]
    return [variable(rng.randn(*shape).astype("f") * 0.1) for shape in shapes]


def answered(x, made, activation=tf.nn.relu):
    for kernel, bias in zip(made[:-2:2], made[1:-2:2]):
        x = activation(tf.matmul(x, kernel) + bias)
    return tf.add(tf.matmul(x, made[-2]), made[-1], name="logits")


def cost_of(y, logits):
    cross = v1.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
    return tf.reduce_mean(cross, name="cost")


def net(activation=tf.nn.relu):
    x, y = ends()
    made = weights()
    logits = answered(x, made, activation)
    return x, y, logits, cost_of(y, logits), made


def sigmoid():
    x, y, logits, cost, _ = net(tf.nn.sigmoid)
    return x, y, logits, cost, v1.train.AdamOptimizer(0.002).minimize(cost)


def plain():
    x, y, logits, cost, _ = net()
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost)


def global_step():
    x, y, logits, cost, _ = net()
    step = v1.train.get_or_create_global_step()
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost, global_step=step)


def step_name():
    x, y, logits, cost, _ = net()
    step = variable(np.int32(0), "steps_made", trainable=False)
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost, global_step=step)


def ema():
    x, y, logits, cost, made = net()
    update = v1.train.AdamOptimizer().minimize(cost)
    averages = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([update]):
        return x, y, logits, cost, averages.apply(made)


def two_optimizers(second):
    """Both go by the gradients of before, whichever is first."""
    x, y, logits, cost, made = net()
    first = v1.train.AdamOptimizer(1e-3)
    shares = (first, made[:2]), (second, made[2:])
    pairs = [one.compute_gradients(cost, var_list=share) for one, share in shares]
    with tf.control_dependencies([gradient for share in pairs for gradient, _ in share]):
        return (
            x,
            y,
            logits,
            cost,
            tf.group(*[one.apply_gradients(share) for (one, _), share in zip(shares, pairs)]),
        )


def two_adams():
    return two_optimizers(v1.train.AdamOptimizer(1e-4, name="Adam_head"))


def two_adams_alike():
    """One optimizer in Keras; powers of its own for each in TensorFlow 1."""
    return two_optimizers(v1.train.AdamOptimizer(1e-3))


def adam_and_momentum():
    return two_optimizers(v1.train.MomentumOptimizer(1e-2, 0.9))


def dicts():
    """Weights, then biases: the most copied multilayer perceptron of TensorFlow 1."""
    x, y = ends()
    rng, widths = np.random.RandomState(0), (784, 8, 8, 10)
    kernels = [variable(rng.randn(n, m).astype("f") * 0.1) for n, m in zip(widths, widths[1:])]
    biases = [variable(rng.randn(m).astype("f")) for m in widths[1:]]
    made = [one for both in zip(kernels, biases) for one in both]
    logits = answered(x, made)
    cost = cost_of(y, logits)
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost)


def scopes():
    """Names within names, an optimizer in a scope of its own."""
    x, y = ends()
    layer, size = x, 784
    with v1.variable_scope("tower"):
        for scope, units in (("first", 8), ("second", 10)):
            with v1.variable_scope(scope):
                kernel = v1.get_variable("w", [size, units], use_resource=False)
                bias = v1.get_variable("b", [units], use_resource=False)
            layer = tf.matmul(layer if layer is x else tf.nn.tanh(layer), kernel) + bias
            size = units
    logits = tf.identity(layer, "logits")
    cost = cost_of(y, logits)
    with v1.variable_scope("training"):
        step = v1.train.get_or_create_global_step()
        return x, y, logits, cost, v1.train.RMSPropOptimizer(1e-3).minimize(cost, step)


def batch_norm():
    """By hand, with averages of batches that nothing but an assignment moves."""
    x, y = ends()
    hidden = tf.matmul(x, v1.get_variable("fc/kernel", [784, 8], use_resource=False))
    names = ("beta", "gamma", "moving_mean", "moving_variance")
    beta, gamma, *kept = (
        v1.get_variable("bn/" + name, [8], trainable=name[0] != "m", use_resource=False)
        for name in names
    )
    mean, variance = tf.nn.moments(hidden, [0])
    hidden = tf.nn.relu(tf.nn.batch_normalization(hidden, mean, variance, beta, gamma, 1e-3))
    kernel = v1.get_variable("out/kernel", [8, 10], use_resource=False)
    logits = tf.matmul(hidden, kernel, name="logits")
    cost = cost_of(y, logits)
    moves = [v1.assign(old, 0.99 * old + 0.01 * new) for old, new in zip(kept, (mean, variance))]
    with tf.control_dependencies(moves):
        return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost)


def partitioned(bias_device=None):
    x, y = ends()
    halves = v1.fixed_size_partitioner(2)
    kernel = v1.get_variable("fc/kernel", [784, 10], partitioner=halves, use_resource=False)
    with tf.device(bias_device):
        bias = v1.get_variable("fc/bias", [10], use_resource=False)
    logits = tf.add(tf.matmul(x, tf.convert_to_tensor(kernel)), bias, name="logits")
    cost = cost_of(y, logits)
    step = v1.train.get_or_create_global_step()
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost, global_step=step)


READ = (
    *(sigmoid, plain, global_step, step_name, ema, dicts, scopes),
    *(two_adams, two_adams_alike, adam_and_momentum),
)
"""Those whose graph says all."""
PAIRED = (batch_norm, partitioned)
"""Those that go with a PAIR.py."""
GRAPHS = {build.__name__: build for build in READ + PAIRED}


def batch():
    rng = np.random.RandomState(1)
    x = rng.rand(16, 784).astype("f")
    return x, np.eye(10, dtype="f")[rng.randint(0, 10, 16)]


def losses(session, graph, updates=UPDATES):
    """Cost and update by turns, so that no update races with the cost."""
    found, fed = [], dict(zip(graph[:2], batch()))
    for _ in range(updates):
        found.append(float(session.run(graph[3], fed)))
        session.run(graph[4], fed)
    return found


def initialize(session):
    session.run(v1.variables_initializer(v1.trainable_variables()))  # averages start from these
    session.run(v1.global_variables_initializer())


def save(build, folder, **saver):
    """Train, save as FOLDER/model.ckpt, and return the logits of the batch."""
    anywhere = v1.ConfigProto(allow_soft_placement=True)  # where a device is not there
    with tf.Graph().as_default(), v1.Session(config=anywhere) as session:
        v1.set_random_seed(3)
        graph = build()
        initialize(session)
        losses(session, graph)
        v1.train.Saver(**saver).save(session, os.path.join(folder, "model.ckpt"))
        return session.run(graph[2], {graph[0]: batch()[0]})


def restored(build, prefix):
    with tf.Graph().as_default(), v1.Session() as session:
        graph = build()
        v1.train.Saver().restore(session, prefix)
        return losses(session, graph)


if __name__ == "__main__":
    found = {
        name: [restored(build, os.path.join(one, name, "model.ckpt")) for one in sys.argv[1:3]]
        for name, build in GRAPHS.items()
    }
    with open(sys.argv[3], "w") as file:
        json.dump(found, file)
