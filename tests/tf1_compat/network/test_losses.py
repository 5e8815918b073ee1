"""Losses are found however they were written, with what Keras' loss has to be multiplied by."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tests.tf1_compat.network.graphs import line, read, variable
from tf1_compat.network import Added, Loss, NotCovered, Penalty, Scaled
from tf1_compat.network.graph import Trained
from tf1_compat.network.losses import totals

tf1 = tf.compat.v1
mean, add_up, log = tf.reduce_mean, tf.reduce_sum, tf.math.log
Cost = Callable[[Any, Any], Any]
"""Of two logits and two labels a row."""


def of_two(p: Any, y: Any) -> Any:
    return y * log(p) + (1 - y) * log(1 - p)


def ids() -> Any:
    return tf1.placeholder(tf.int64, [None], "ids")


COSTS: dict[str, tuple[Cost, str, dict[str, Any], bool, float]] = {
    "softmax": (
        lambda z, y: add_up(tf.nn.softmax_cross_entropy_with_logits(y, z)),
        *("softmax_cross_entropy", {}, True, 1),
    ),
    "softmax of ids": (
        lambda z, _: mean(tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(ids(), 2), z)),
        *("sparse_softmax_cross_entropy", {}, False, 1),
    ),
    "softmax of the largest": (
        lambda z, y: mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.argmax(y, 1), z)),
        *("sparse_softmax_cross_entropy", {}, False, 1),
    ),
    "softmax, smoothed": (
        lambda z, y: tf1.losses.softmax_cross_entropy(y, z, label_smoothing=0.1),
        *("softmax_cross_entropy", {"label_smoothing": 0.1}, False, 1),
    ),
    "softmax, smoothed by hand": (
        lambda z, y: mean(tf.nn.softmax_cross_entropy_with_logits(y * 0.9 + 0.05, z)),
        *("softmax_cross_entropy", {"label_smoothing": 0.1}, False, 1),
    ),
    "squares, added up over twice the rows": (
        lambda z, y: add_up((z - y) ** 2) / (2 * tf.cast(2 * tf.shape(z)[0], tf.float32)),
        *("mean_squared_error", {}, False, 0.5),
    ),
    "sigmoid": (
        lambda z, y: mean(tf.nn.sigmoid_cross_entropy_with_logits(y, z)),
        *("sigmoid_cross_entropy", {}, False, 1),
    ),
    "sigmoid, outputs added up": (
        lambda z, y: mean(add_up(tf.nn.sigmoid_cross_entropy_with_logits(y, z), 1)),
        *("sigmoid_cross_entropy", {}, False, 2),
    ),
    "log(softmax)": (
        lambda z, y: -mean(add_up(y * log(tf.nn.softmax(z)), 1)),
        *("categorical_cross_entropy", {}, False, 1),
    ),
    "log(softmax), mean of classes": (
        lambda z, y: -mean(y * log(tf.nn.softmax(z))),
        *("categorical_cross_entropy", {}, False, 0.5),
    ),
    "log(softmax), clipped": (
        lambda z, y: mean(-add_up(y * log(tf.clip_by_value(tf.nn.softmax(z), 1e-10, 1)), [1])),
        *("categorical_log_loss", {"clip": (1e-10, 1.0)}, False, 1),
    ),
    "log(softmax + epsilon)": (
        lambda z, y: -add_up(log(tf.nn.softmax(z) + 1e-8) * y),
        *("categorical_log_loss", {"epsilon": 1e-8}, True, 1),
    ),
    "log_softmax": (
        lambda z, y: -mean(add_up(y * tf.nn.log_softmax(z), 1)),
        *("softmax_cross_entropy", {}, False, 1),
    ),
    "log(sigmoid)": (
        lambda z, y: -mean(of_two(tf.nn.sigmoid(z), y)),
        *("binary_cross_entropy", {}, False, 1),
    ),
    "log(sigmoid), clipped": (
        lambda z, y: -mean(of_two(tf.clip_by_value(tf.nn.sigmoid(z), 0.01, 0.99), y)),
        *("binary_log_loss", {"clip": (0.01, 0.99)}, False, 1),
    ),
    "tf.losses.log_loss": (
        lambda z, y: tf1.losses.log_loss(y, tf.nn.sigmoid(z)),
        *("binary_log_loss", {"epsilon": 1e-7}, False, 1),
    ),
    "tf.losses.absolute_difference": (
        lambda z, y: tf1.losses.absolute_difference(y, z),
        *("mean_absolute_error", {}, False, 1),
    ),
    "tf.losses.huber_loss": (
        lambda z, y: tf1.losses.huber_loss(y, z, weights=0.5, delta=0.7),
        *("huber", {"delta": 0.7}, False, 0.5),
    ),
    "huber by hand": (
        lambda z, y: mean(
            tf.where(tf.abs(z - y) < 2.0, 0.5 * (z - y) ** 2, 2.0 * (tf.abs(z - y) - 1.0))
        ),
        *("huber", {"delta": 2.0}, False, 1),
    ),
    "huber of deep Q-learning": (
        lambda z, y: (
            lambda error: (lambda near: mean(0.5 * tf.square(near) + (error - near)))(
                tf.maximum(tf.minimum(error, 1.0), 0.0)
            )
        )(tf.abs(z - y)),
        *("huber", {}, False, 1),
    ),
    "tf.losses.hinge_loss": (
        lambda z, y: tf1.losses.hinge_loss(y, z),
        *("hinge", {}, False, 1),
    ),
    "contrastive": (
        lambda z, y: mean(y * tf.square(z) + (1 - y) * tf.square(tf.maximum(2.0 - z, 0.0))),
        *("contrastive", {"margin": 2.0}, False, 1),
    ),
    "contrastive, 0 alike": (
        lambda z, y: mean((1 - y) * z * 0.5 + 0.5 * y * tf.nn.relu(1.0 - tf.sqrt(z)) ** 2),
        *("contrastive", {"margin": 1.0, "alike": 0, "squared": True}, False, 0.5),
    ),
    "half": (
        lambda z, y: 0.5 * mean(tf.pow(z - y, 2)),
        *("mean_squared_error", {}, False, 0.5),
    ),
    "outputs added up": (
        lambda z, y: mean(add_up((z - y) * (z - y), 1)),
        *("mean_squared_error", {}, False, 2),
    ),
    "all added up": (
        lambda z, y: add_up(tf.square(z - y)) / 4,
        *("mean_squared_error", {}, True, 0.5),
    ),
    "by the number of rows": (
        lambda z, y: tf.nn.l2_loss(z - y) / tf.cast(tf.shape(z)[0], tf.float32),
        *("mean_squared_error", {}, False, 1),
    ),
}


@pytest.mark.parametrize("name", COSTS)
def test_losses_are_found(name: str) -> None:
    cost, *expected = COSTS[name]
    network = read(line(), cost=cost)
    (found,) = network.losses
    assert [found.kind, found.options, found.summed, found.weight] == expected
    labels = network.formed.get(found.labels)
    assert (labels.placeholder if labels else found.labels) in ("y:0", "ids:0")


def test_a_number_beside_the_losses_of_rows_is_a_penalty() -> None:
    def cost(z: Any, y: Any) -> Any:
        (kernel,) = tf1.trainable_variables()
        more = 2.0 * mean(tf.square(kernel))  # of 8 numbers
        return mean(add_up(tf.square(z - y), 1) + 0.5 * tf.nn.l2_loss(kernel)) + more

    found = read(line(), cost=cost)
    assert found.penalties == {"a/kernel": {"l2": 0.5}}
    assert [one.weight for one in found.losses] == [2]


def penalties() -> list[Any]:
    weights = [variable("b/kernel", 2, 2), variable("c/kernel", 2, 2)]
    first, second = tf.nn.l2_loss(weights[0]), add_up(tf.square(weights[1]))
    return [tf.multiply(0.1, first, name="n"), tf.multiply(0.2, second, name="o")]


B, C = Penalty("b/kernel", "half_l2", 0.1), Penalty("c/kernel", "l2", 0.2)
TOTALS: dict[str, tuple[Callable[[Any, list[Any]], Any], Any]] = {
    "by sum()": (lambda c, of: sum([c, *of]), Added("sum", (Added("sum", (0, B)), C))),
    "from the last on": (
        lambda c, of: of[1] + (of[0] + c),
        Added("sum", (C, Added("sum", (0, B)))),
    ),
    "apart": (
        lambda c, of: c + 0.3 * tf.add_n(of[::-1]),
        Added("sum", (0, Scaled(Added("sum", (B, C)), 0.3))),
    ),
    "penalties first": (lambda c, of: tf.add_n([*of, c]), Added("sum", (0, B, C))),
    "stacked, halved": (
        lambda c, of: add_up([*of, c]) / 2,
        Scaled(Added("reduce_sum", (B, C, 0)), 2.0, over=True),
    ),
    "times the loss": (
        lambda c, of: 0.7 * c + sum(of),
        Added("sum", (Scaled(0, 0.7), Added("sum", (B, C)))),
    ),
    "one by one within": (
        lambda c, of: 2.0 * (of[1] + of[0] + c),
        Scaled(Added("sum", (0, B, C)), 2.0),
    ),
    "eight by eight": (
        lambda c, of: tf.add_n([c, of[0], *(8 * [of[1]])]),
        Added("sum", (0, B, Added("sum", 8 * (C,)))),
    ),
    "with a root": (lambda c, of: c + tf.sqrt(of[0]) + of[1], None),
}
"""How it is added up, where the names of its terms are in the order of loss, B and C.

Of `sum` within another sum, Grappler makes one op, whose inputs have the order of their names.
"""


@pytest.mark.parametrize("name", TOTALS)
def test_the_order_in_which_a_cost_is_added_up_is_read(name: str) -> None:
    cost, expected = TOTALS[name]
    with tf.Graph().as_default():
        y, z = tf1.placeholder(tf.float32, [None, 2], "y"), line()
        graph = Trained(tf1.get_default_graph(), cost(mean(tf.square(z - y)), penalties()), {})
        (number,) = (op.outputs[0].name for op in graph.behind(graph.cost) if op.type == "Mean")
        loss = Loss("mean_squared_error", {}, False, 1.0, z.name, y.name, number=number)
        assert totals.read(graph, [loss]) == expected


def test_each_output_has_its_loss() -> None:
    def cost(z: Any, y: Any) -> Any:
        other = tf.matmul(z, variable("b/kernel", 2, 3))
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(ids(), other)
        return mean(tf.square(z - y)) + 0.25 * mean(entropy)

    found = [(one.kind, one.weight, one.labels) for one in read(line(), cost=cost).losses]
    assert found == [
        ("mean_squared_error", 1, "y:0"),
        ("sparse_softmax_cross_entropy", 0.25, "ids:0"),
    ]


def row(name: str, of: Any = tf.float32) -> Any:
    return tf1.placeholder(of, [None], name)


def weighted(z: Any, _: Any) -> Any:
    chosen = tf.nn.sparse_softmax_cross_entropy_with_logits(row("action", tf.int32), z)
    return -mean(chosen * row("gain"))


def masked(z: Any, y: Any) -> Any:
    lengths = row("lengths", tf.int32)
    return mean(tf.boolean_mask(tf.square(z - y), tf.sequence_mask(lengths, 2)))


def of_real_ones(z: Any, _: Any) -> Any:
    entropy = tf.nn.sigmoid_cross_entropy_with_logits
    return mean(entropy(tf.ones_like(z), z)) + mean(entropy(tf.zeros_like(z), -z))


OWN: dict[str, tuple[Cost, list[tuple[str, bool, float]], str]] = {
    "weights of rows": (
        weighted,
        [("own", False, -1.0)],
        "dense sparse_categorical_crossentropy multiply",
    ),
    "a mask": (
        masked,
        [("own", False, 1.0)],
        "dense subtract square within cast multiply total cast total quotient",
    ),
    "labels of ones and zeros": (
        of_real_ones,
        [("own", False, 1.0), ("own", False, 1.0)],
        "dense ones_like binary_crossentropy zeros_like rescaling binary_crossentropy",
    ),
    "tf.losses of what the network gives": (
        lambda z, y: tf1.losses.mean_squared_error(tf.stop_gradient(tf.tanh(z)), z),
        [("own", False, 1.0)],
        "dense activation stop_gradient subtract square",
    ),
    "sums of each output, divided": (
        lambda z, y: add_up(tf.math.divide_no_nan(add_up(z * y, 0), tf.constant([4.0, 4.0]))),
        [("own", True, 1.0)],
        "dense multiply total over",
    ),
    "two losses of one output": (
        lambda z, y: mean(tf.square(z - y)) + 0.5 * add_up(tf.abs(z - y)),
        [("mean_squared_error", False, 1.0), ("own", True, 0.5)],
        "dense subtract absolute",
    ),
    "the root of a mean": (
        lambda z, y: tf.sqrt(mean(tf.square(z - y))),
        [("own", False, 1.0)],
        "dense subtract square mean sqrt",
    ),
    "outputs that are kept small": (
        lambda z, y: mean(tf.square(z - y)) + 0.1 * tf.nn.l2_loss(tf.tanh(z)),
        [("mean_squared_error", False, 1.0), ("own_squares", True, 0.05)],
        "dense activation",
    ),
    "a triplet": (
        lambda z, y: mean(tf.maximum(add_up((z - y) ** 2, 1) - z[:, 0] + 0.2, 0.0)),
        [("own", False, 1.0)],
        "dense subtract power total part subtract shift at_least",
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_what_is_no_loss_of_outputs_and_labels_the_network_gives_itself(name: str) -> None:
    cost, losses, kinds = OWN[name]
    network = read(line(), cost=cost)
    assert [(one.kind, one.summed, one.weight) for one in network.losses] == losses
    assert [call.layer.kind for call in network.calls] == kinds.split()
    inputs = [one.tensor for one in network.inputs]
    own = [one.labels for one in network.losses if one.kind.startswith("own")]
    assert {*own} <= {*inputs}


REFUSED: dict[str, tuple[Cost, str]] = {
    "numbers along rows": (
        lambda z, y: mean(tf.cumsum(z - y, 0)),
        r"Cumsum \(Cumsum\): no layer is known",
    ),
    "noise": (
        lambda z, y: mean(tf.square(z + tf1.random_normal([2]) - y)),
        "RandomStandardNormal.*it gives other numbers each time",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_loss_of_keras_is_refused(name: str) -> None:
    cost, said = REFUSED[name]
    with pytest.raises(NotCovered, match=said):
        read(line(), cost=cost)
