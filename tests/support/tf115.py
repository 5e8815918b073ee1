"""Run by genuine TensorFlow 1.15.5 on Python 3.7 (`make tf115`), not by the tests' own Python.

python genuine.py article DATA.npz CKPT N OUT.npz   restore, N updates; their losses, all arrays
python genuine.py rules FOLDER                      a checkpoint for every update rule
python genuine.py frozen CKPT FOLDER                the article frozen, and as a SavedModel
python genuine.py variations DATA.npz N OUT.npz     initial weights and losses of every variation
python genuine.py signatures PAGE.md OUT.json       defaults of every call in the tables of a page
python genuine.py lstm OUT.npz                      an LSTMCell's weights and what it gives
python genuine.py contrib FOLDER                    a graph for every optimizer of tf.contrib.opt
"""

import inspect
import json
import os
import re
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
RULES = {
    "GradientDescent": lambda: v1.train.GradientDescentOptimizer(0.05),
    "Momentum": lambda: v1.train.MomentumOptimizer(0.05, 0.9),
    "Adam": lambda: v1.train.AdamOptimizer(0.01),
    "RMSProp": lambda: v1.train.RMSPropOptimizer(0.01, 0.9, 0.5),
    "CenteredRMSProp": lambda: v1.train.RMSPropOptimizer(0.01, 0.9, 0.5, 1e-3, centered=True),
    "Adagrad": lambda: v1.train.AdagradOptimizer(0.05),
    "Adadelta": lambda: v1.train.AdadeltaOptimizer(0.5, 0.9, 1e-4),
    "Ftrl": lambda: v1.train.FtrlOptimizer(
        0.05, l1_regularization_strength=0.01, l2_regularization_strength=0.02
    ),
    "ProximalAdagrad": lambda: v1.train.ProximalAdagradOptimizer(
        0.05, l1_regularization_strength=0.01, l2_regularization_strength=0.02
    ),
}
UPDATES = 7


def article():
    x = v1.placeholder(tf.float32, [None, 784])
    y = v1.placeholder(tf.float32, [None, 10])
    w1, b1 = v1.Variable(v1.zeros([784, 128])), v1.Variable(v1.zeros([128]))
    hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
    w2, b2 = v1.Variable(v1.zeros([128, 10])), v1.Variable(v1.zeros([10]))
    logits = tf.matmul(hidden, w2) + b2
    cost = tf.reduce_mean(
        v1.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=y), name="cost"
    )
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost)


def small(rule):
    """Two layers under a variable scope, trained with a global step."""
    x = v1.placeholder(tf.float32, [None, 6], name="x")
    y = v1.placeholder(tf.float32, [None, 3], name="y")
    with v1.variable_scope("net"):
        first = v1.get_variable("first", [6, 4], use_resource=False)
        bias = v1.get_variable("bias", [4], use_resource=False)
        second = v1.get_variable("second", [4, 3], use_resource=False)
    logits = tf.matmul(tf.nn.relu(tf.matmul(x, first) + bias), second)
    cost = tf.reduce_mean(v1.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=y))
    step = v1.train.get_or_create_global_step()
    return x, y, logits, cost, RULES[rule]().minimize(cost, global_step=step)


def batch():
    rng = np.random.RandomState(5)
    x = rng.rand(16, 6).astype(np.float32)
    return x, np.eye(3, dtype=np.float32)[rng.randint(0, 3, 16)]


def train_on(session, ends, x, y, updates):
    fed = {ends[0]: x, ends[1]: y}
    losses = [session.run([ends[4], ends[3]], fed)[1] for _ in range(updates)]
    arrays = session.run({v.op.name: v for v in v1.global_variables()})
    return np.array(losses), arrays


def write_rules(folder):
    for rule in RULES:
        with tf.Graph().as_default(), v1.Session() as session:
            v1.set_random_seed(7)
            ends = small(rule)
            session.run(v1.global_variables_initializer())
            train_on(session, ends, *batch(), updates=UPDATES)
            v1.train.Saver().save(session, os.path.join(folder, rule, "model.ckpt"))
            losses, arrays = train_on(session, ends, *batch(), updates=UPDATES)
            np.savez(os.path.join(folder, rule, "later.npz"), losses=losses, **arrays)


def square_cost(outputs, y):
    """1 / 2N * sum (f - Y)^2, as one sum over all."""
    return tf.reduce_sum(tf.square(outputs - y)) / (2 * tf.cast(tf.shape(y)[0], tf.float32))


def cross_entropy(outputs, y):
    return tf.reduce_mean(v1.nn.softmax_cross_entropy_with_logits_v2(logits=outputs, labels=y))


def descent():
    return v1.train.GradientDescentOptimizer(0.001)


VARIATIONS = {  # hidden units, cost, l1, l2, optimizer
    "formulas": ([128], square_cost, 0, 0, descent),
    "l2": ([128], cross_entropy, 0, 0.01, v1.train.AdamOptimizer),
    "deep": ([64, 32], cross_entropy, 0.001, 0, v1.train.AdamOptimizer),
    "all": ([30, 20, 20], square_cost, 0.001, 0.01, v1.train.AdamOptimizer),
}


def vary(hidden, cost, l1, l2, optimizer):
    """The article's graph with other pieces, in the words of a user of TensorFlow 1."""
    x, y = v1.placeholder(tf.float32, [None, 784]), v1.placeholder(tf.float32, [None, 10])
    layer, inputs, kernels = x, 784, []
    for units in [*hidden, 10]:
        layer = layer if layer is x else tf.nn.relu(layer)
        kernel = v1.Variable(v1.random_normal([inputs, units]))
        bias = v1.Variable(v1.random_normal([units]))
        layer = tf.matmul(layer, kernel) + bias
        kernels.append(kernel)
        inputs = units
    loss = cost(layer, y)
    for kernel in kernels:
        loss += l1 * tf.reduce_sum(tf.abs(kernel)) + l2 * tf.nn.l2_loss(kernel)
    return x, y, layer, loss, optimizer().minimize(loss)


def write_variations(data, updates, out):
    found = {}
    for name, options in VARIATIONS.items():
        with tf.Graph().as_default(), v1.Session() as session:
            v1.set_random_seed(1234)
            ends = vary(*options)
            session.run(v1.global_variables_initializer())
            weights = session.run(v1.trainable_variables())
            found.update((f"{name}/initial/{n}", w) for n, w in enumerate(weights))
            found[name + "/losses"], _ = train_on(session, ends, data["x"], data["y"], updates)
    np.savez(out, **found)


def signature(name):
    """Parameter -> default, of those that have one; what JSON does not know by its name."""
    found = tf
    for part in name.split("."):
        found = getattr(found, part)
    parameters = inspect.signature(found.__init__ if inspect.isclass(found) else found).parameters
    defaults = {p.name: p.default for p in parameters.values() if p.default is not p.empty}
    return {name: known(default) for name, default in defaults.items()}


def known(default):
    if isinstance(default, (list, tuple)):
        return [known(one) for one in default]
    if default is None or isinstance(default, (bool, int, float, str)):
        return default
    return getattr(default, "__name__", type(default).__name__)


def write_signatures(page, out):
    with open(page, encoding="utf-8") as file:
        names = re.findall(r"^\| `tf\.([\w.]+)`", file.read(), re.MULTILINE)
    lines = [
        "{}: {}".format(json.dumps("tf." + name), json.dumps(signature(name)))
        for name in sorted(set(names))
    ]
    with open(out, "w") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


def write_lstm(out):
    """One step and a second one, from a kernel [inputs + units, 4 * units] of random numbers."""
    rng = np.random.RandomState(3)
    x = rng.randn(2, 2, 3).astype(np.float32)
    cell = v1.nn.rnn_cell.LSTMCell(4)
    outputs, _ = v1.nn.dynamic_rnn(cell, v1.constant(x), dtype=tf.float32)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        kernel, bias = cell.variables
        started = session.run(bias)
        for variable in (kernel, bias):
            variable.load(rng.randn(*variable.shape.as_list()).astype(np.float32), session)
        found = session.run({"kernel": kernel, "bias": bias, "outputs": outputs})
    np.savez(out, x=x, started=started, **found)


CONTRIB = {
    "TF1AdamW": lambda: tf.contrib.opt.AdamWOptimizer(0.02, 0.03, 0.8, 0.99, 1e-6),
    "TF1LazyAdam": lambda: tf.contrib.opt.LazyAdamOptimizer(0.03, 0.8, 0.99, 1e-6),
    "TF1Nadam": lambda: tf.contrib.opt.NadamOptimizer(0.03, 0.8, 0.99, 1e-6),
}


def embedded(make):
    """An embedding of four ids a row and a dense layer, squared error: what is fed, the update."""
    ids, y = v1.placeholder(tf.int64, [None, 4], "ids"), v1.placeholder(tf.float32, [None, 1], "y")
    table, kernel, bias = (
        v1.get_variable(name, shape, use_resource=False)
        for name, shape in (("table", [12, 3]), ("kernel", [12, 1]), ("bias", [1]))
    )
    rows = tf.reshape(tf.nn.embedding_lookup(table, ids), [-1, 12])
    cost = tf.reduce_mean(tf.square(tf.matmul(rows, kernel) + bias - y))
    optimizer = make()
    pairs = optimizer.compute_gradients(cost)
    with tf.control_dependencies([gradient for gradient, _ in pairs]):  # AdamW would not wait
        return ids, y, optimizer.apply_gradients(pairs, name="update")


def write_contrib(folder):
    for name, make in CONTRIB.items():
        with tf.Graph().as_default():
            embedded(make)
            v1.train.export_meta_graph(os.path.join(folder, name + ".meta"))


if __name__ == "__main__":
    action = sys.argv[1]
    if action == "rules":
        write_rules(sys.argv[2])
    elif action == "article":
        data = np.load(sys.argv[2])
        ends = article()
        with v1.Session() as session:
            v1.train.Saver().restore(session, sys.argv[3])
            losses, arrays = train_on(session, ends, data["x"], data["y"], int(sys.argv[4]))
        np.savez(sys.argv[5], losses=losses, **arrays)
    elif action == "signatures":
        write_signatures(sys.argv[2], sys.argv[3])
    elif action == "contrib":
        write_contrib(sys.argv[2])
    elif action == "lstm":
        write_lstm(sys.argv[2])
    elif action == "variations":
        write_variations(np.load(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    elif action == "frozen":
        x, _, logits, _, _ = article()
        with v1.Session() as session:
            v1.train.Saver().restore(session, sys.argv[2])
            frozen = v1.graph_util.convert_variables_to_constants(
                session, session.graph_def, [logits.op.name]
            )
            v1.train.write_graph(frozen, sys.argv[3], "frozen.pb", as_text=False)
            v1.saved_model.simple_save(
                session, os.path.join(sys.argv[3], "saved_model"), {"x": x}, {"logits": logits}
            )
