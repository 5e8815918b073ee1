"""`tf1keras rewrite --exact`: costs as people wrote them, bit for bit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from keras_models.writing.exact import network
from tests.conftest import run
from tf1_compat.reading.control_flow import as_tensorflow_1

tf1 = tf.compat.v1
mean, add_up, log = tf.reduce_mean, tf.reduce_sum, tf.math.log
Cost = Callable[[Any, Any], Any]
"""Of the outputs of a layer, [N, 4], and labels."""


def entropies(p: Any, y: Any) -> Any:
    return y * log(p) + (1 - y) * log(1 - p)


def penalties() -> list[Any]:
    """Their names are not in the order of the layers, first and last."""
    kernels = [one for one in tf1.trainable_variables() if "kernel" in one.name]
    names = zip(kernels, ("z", "a"), strict=True)
    return [tf.multiply(0.01, tf.nn.l2_loss(kernel), name=name) for kernel, name in names]


COSTS: dict[str, tuple[Cost, str]] = {
    "one output without its axis": (
        lambda z, y: mean(tf.square(tf.squeeze(z[:, :1], 1) - y[:, 0])),
        'TF1Loss("mean_squared_error", reduction="mean")',
    ),
    "labels times logarithms": (
        lambda z, y: -add_up(y * log(tf.nn.softmax(z))),
        'TF1CategoricalCrossentropy(along=None, reduction="sum")',
    ),
    "labels times log_softmax": (
        lambda z, y: -mean(add_up(y * tf.nn.log_softmax(z), 1)),
        "TF1CategoricalCrossentropy(from_logits=True)",
    ),
    "both sides of a sigmoid": (
        lambda z, y: mean(-add_up(entropies(tf.sigmoid(z), y), 1)),
        'TF1BinaryCrossentropy(along="sum")',
    ),
    "penalties first": (
        lambda z, y: tf.add_n([*penalties(), tf1.losses.huber_loss(y, z)]),
        """TF1Cost(
        "penalties[0:1] + loss + penalties[1:2]",
        TF1Loss("huber_loss"),
        order=["last/kernel", "first/kernel"],
    )""",
    ),
    "parts of an output": (
        lambda z, y: (mean(tf.abs(z - y)) + 3.0 * sum(penalties())) / 7.0,
        'TF1Cost(\n        "sum(loss, 3.0 * sum(penalties)) / 7.0",',
    ),
}


def layer(x: Any, units: int, scope: str) -> Any:
    with tf1.variable_scope(scope):
        kernel = tf1.get_variable("kernel", [x.shape[-1], units], use_resource=False)
        bias = tf1.get_variable("bias", [units], use_resource=False)
        return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def graph(cost: Cost, folder: Path) -> Path:
    with tf.Graph().as_default():
        x, y = (
            tf1.placeholder(tf.float32, [None, size], name) for size, name in ((5, "x"), (4, "y"))
        )
        outputs = layer(tf.nn.relu(layer(x, 6, "first")), 4, "last")
        tf1.train.AdagradOptimizer(0.1).minimize(cost(outputs, y))
        tf1.train.export_meta_graph(str(folder / "graph.meta"))
    return folder / "graph.meta"


@pytest.mark.parametrize("name", COSTS)
def test_costs_are_identical(name: str, tmp_path: Path) -> None:
    cost, written = COSTS[name]
    to = tmp_path / "new"
    assert run("rewrite", graph(cost, tmp_path), "--to", to, "--exact", "--quiet") == 0
    assert json.loads((to / "rewrite.json").read_text())["check"]["verdict"] == "identical"
    assert written in (to / "model.py").read_text()


def added(x: Any, units: int, scope: str) -> Any:
    with tf1.variable_scope(scope):
        kernel = tf1.get_variable("kernel", [x.shape[-1], units], use_resource=False)
        return tf.matmul(x, kernel) + tf1.get_variable("bias", [units], use_resource=False)


def steps_as_rows() -> Any:
    sizes = {"x": 5, "y": 2}.items()
    x, y = (tf1.placeholder(tf.float32, [None, 3, size], name) for name, size in sizes)
    z = added(tf.reshape(x, [-1, 5]), 2, "of_steps")
    return mean(tf.square(tf.reshape(z, [-1, 3, 2]) - y))


def gated_by_itself() -> Any:
    """With a layer called as a placeholder is."""
    a, b = (tf1.placeholder(tf.float32, [None, 5], name) for name in "ab")
    hidden = added(tf.concat([a, b], 1), 4, "a")
    return mean(tf.square(layer(hidden * tf.sigmoid(hidden), 5, "b") - b))


def sigmoid_of_a_sum() -> Any:
    """TensorFlow 2 asks for no shape in its gradient, so that Grappler makes one op of all."""
    x, y = (tf1.placeholder(tf.float32, [None, size], name) for name, size in (("x", 5), ("y", 2)))
    return mean(tf.square(layer(tf.sigmoid(added(x, 8, "first")), 2, "last") - y))


def normalized_behind_a_switch() -> Any:
    """Of which Grappler makes no one op with the ReLU behind it."""
    x, y = (tf1.placeholder(tf.float32, [None, *of]) for of in ([8, 8, 3], [4]))
    kernel = tf1.get_variable("kernel", [3, 3, 3, 4], use_resource=False)
    images = tf.nn.conv2d(x, kernel, [1, 1, 1, 1], "VALID")
    gamma, beta, *averages = (
        tf1.get_variable(name, [4], None, tf1.ones_initializer(), trainable=one, use_resource=False)
        for name, one in (("gamma", True), ("beta", True), ("mean", False), ("variance", False))
    )
    normalize = tf1.nn.fused_batch_norm
    outputs, *moments = tf1.cond(
        tf1.placeholder(tf.bool, [], "training"),
        lambda: normalize(images, gamma, beta, epsilon=0.01)[:3],
        lambda: normalize(images, gamma, beta, *averages, epsilon=0.01, is_training=False)[:3],
    )
    for average, value in zip(averages, moments, strict=True):
        moved = tf1.assign_sub(average, (average - value) * (1 - tf.constant(0.9)))
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, moved)
    rows = tf.reshape(tf.nn.relu(outputs), [-1, 144])
    return mean(tf.square(layer(rows, 4, "last") - y))


@pytest.mark.parametrize(
    "cost", [steps_as_rows, gated_by_itself, sigmoid_of_a_sum, normalized_behind_a_switch]
)
def test_networks_are_identical(cost: Callable[[], Any], tmp_path: Path) -> None:
    with as_tensorflow_1(), tf.Graph().as_default():
        loss = cost()
        with tf.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
            tf1.train.AdagradOptimizer(0.1).minimize(loss)
        tf1.train.export_meta_graph(str(tmp_path / "graph.meta"))
    assert run("rewrite", tmp_path / "graph.meta", "--to", tmp_path / "new", "--exact") == 0
    facts = json.loads((tmp_path / "new" / "rewrite.json").read_text())
    assert facts["check"]["verdict"] == "identical"


def test_what_has_no_exact_piece_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "BY_HAND", {})  # as if its piece were not there
    meta = graph(lambda z, y: -mean(entropies(tf.sigmoid(z), y)), tmp_path)
    assert run("rewrite", meta, "--to", tmp_path / "new", "--exact") == 2
    assert "no exact piece for the loss binary_cross_entropy, and bits" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["graph.meta"]
