"""Penalties, optimizers, rates and beginnings are found with their numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.tf1_compat.network.graphs import images, line, read, variable
from tf1_compat.network import Beginning, NotCovered, Rate

tf1 = tf.compat.v1


def clipped(clip: Callable[[list[Any]], list[Any]]) -> Any:
    """Gradient descent on clipped gradients."""
    optimizer = tf1.train.GradientDescentOptimizer(0.1)

    class Clipping:
        def minimize(self, cost: Any) -> None:
            gradients, variables = zip(*optimizer.compute_gradients(cost), strict=True)
            optimizer.apply_gradients(zip(clip([*gradients]), variables, strict=True))

    return Clipping()


OPTIMIZERS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "adam": (
        lambda: tf1.train.AdamOptimizer(0.1, beta1=0.8),
        "Adam",
        {"beta_1": 0.8, "beta_2": 0.999, "epsilon": 1e-8},
    ),
    "momentum": (
        lambda: tf1.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
        "Momentum",
        {"momentum": 0.9, "nesterov": True},
    ),
    "rmsprop": (
        lambda: tf1.train.RMSPropOptimizer(0.1, centered=True),
        "RMSProp",
        {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-10, "centered": True, "initial_ms": 1.0},
    ),
    "adagrad": (
        lambda: tf1.train.AdagradOptimizer(0.1, initial_accumulator_value=0.3),
        "Adagrad",
        {"initial_accumulator_value": 0.3},
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_are_found_with_their_numbers(name: str) -> None:
    make, rule, options = OPTIMIZERS[name]
    found = read(line(), make()).optimizers[0]
    assert (found.rule, found.learning_rate, found.options) == (rule, 0.1, options)


@pytest.mark.parametrize("rule", ["Adam", "GradientDescent", "Momentum"])
def test_rows_of_an_embedding_are_trained_by_the_same_optimizer(rule: str) -> None:
    ids = tf1.placeholder(tf.int32, [None], "ids")
    found = tf.matmul(tf.nn.embedding_lookup(variable("t/table", 7, 3), ids), variable("k", 3, 2))
    make = getattr(tf1.train, f"{rule}Optimizer")
    network = read(found, make(0.1, 0.9) if rule == "Momentum" else make(0.1))
    trained = {one.variable: (one.rule, bool(one.indices)) for one in network.updates}
    assert trained == {"t/table": (rule, True), "k": (rule, False)}
    slots = {one.variable: {*one.slots} for one in network.updates}
    assert slots["t/table"] == slots["k"]


def test_embeddings_alone_have_an_optimizer_with_its_numbers() -> None:
    """No Apply op says what Adam's are."""
    ids = tf1.placeholder(tf.int32, [None], "ids")
    found = tf.nn.embedding_lookup(variable("table", 7, 3), ids)
    network = read(found, tf1.train.AdamOptimizer(0.1, 0.8, 0.99, 1e-4))
    (adam,) = network.optimizers
    assert (adam.rule, adam.learning_rate, adam.by_rows) == ("Adam", 0.1, True)
    assert adam.options == {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4}
    (update,) = network.updates
    assert update.slots == {"m": "table/Adam", "v": "table/Adam_1"}
    assert update.powers == {"beta1_power": "beta1_power", "beta2_power": "beta2_power"}


class Several:
    """An optimizer for the kernel and another for the bias."""

    def __init__(self, rate: float, first: float | None = None) -> None:
        self.rates, self.after = (rate, first or rate), first is not None

    def minimize(self, cost: Any) -> None:
        kernel, bias = tf1.trainable_variables()
        op = tf1.train.AdamOptimizer(self.rates[0]).minimize(cost, var_list=[kernel])
        with tf.control_dependencies([op] if self.after else []):
            other = tf1.train.AdamOptimizer(self.rates[1]).minimize(cost, var_list=[bias])
        tf.group(op, other)


def test_two_optimizers_that_are_the_same_are_one() -> None:
    """The op that groups them is the train op."""
    network = read(line() + variable("a/bias", 2), Several(0.1))
    assert network.train_op == "group_deps"
    (found,) = network.optimizers
    assert found.variables == ("a/kernel", "a/bias")


def test_an_update_that_others_wait_for_is_refused() -> None:
    with pytest.raises(NotCovered, match="other gradients are taken after this update"):
        read(line() + variable("a/bias", 2), Several(0.1, 0.2))


CLIPS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "value": lambda gradients: [tf.clip_by_value(one, -2.0, 2.0) for one in gradients],
    "norm": lambda gradients: [tf1.clip_by_norm(one, 2.0) for one in gradients],
    "global_norm": lambda gradients: tf1.clip_by_global_norm(gradients, 2.0)[0],
}


@pytest.mark.parametrize("kind", CLIPS)
def test_a_clip_of_gradients_is_found(kind: str) -> None:
    assert read(line(), clipped(CLIPS[kind])).optimizers[0].clips == {kind: 2.0}


def branches(step: Any) -> Any:
    """What tf.train.piecewise_constant left in a graph of TensorFlow 1."""
    tf1.disable_control_flow_v2()
    try:
        late = tf.where(step > 8, 0.01, 0.05)
        return tf1.cond(step > 5, lambda: tf.identity(late), lambda: tf.constant(0.1))
    finally:
        tf1.enable_control_flow_v2()


def noam(step: Any) -> Any:
    number = tf.cast(step + 1, tf.float32)
    return 2.0 * tf.minimum(number * 0.125, number**-0.5)


def warmed_up(step: Any) -> Any:
    """As BERT has it."""
    number, steps = tf.cast(step, tf.float32), tf.constant(4.0)
    rising = tf.cast(number < steps, tf.float32)
    return (1.0 - rising) * 0.1 + rising * (0.2 * (number / steps))


RATES: dict[str, tuple[Callable[[Any], Any], str, list[Any]]] = {
    "exponential": (
        lambda step: tf1.train.exponential_decay(0.1, step, 7, 0.5),
        "exponential",
        [0.1, 7, 0.5, False],
    ),
    "polynomial": (
        lambda step: tf1.train.polynomial_decay(0.1, step, 7, 0.01, 2.0),
        "polynomial",
        [0.1, 7, 0.01, 2.0],
    ),
    "inverse time": (
        lambda step: tf1.train.inverse_time_decay(0.1, step, 7, 0.5, True),
        "inverse_time",
        [0.1, 7, 0.5, True],
    ),
    "cosine": (
        lambda step: tf1.train.cosine_decay(0.1, step, 7, 0.25),
        "cosine",
        [0.1, 7, 0.25],
    ),
    "piecewise": (
        lambda step: tf.where(step <= 5, 0.1, tf.where(step <= 8, 0.05, 0.01)),
        "piecewise",
        [[5, 8], [0.1, 0.05, 0.01]],
    ),
    "noam": (noam, "noam", [2.0, 0.125]),
    "warmup": (warmed_up, "warmup", [pytest.approx(0.1), 0.2, 4]),
    "branches": (branches, "piecewise", [[5, 8], [0.1, 0.05, 0.01]]),
}


@pytest.mark.parametrize("name", RATES)
def test_learning_rates_that_fall_are_found(name: str) -> None:
    decay, kind, options = RATES[name]
    step = tf1.Variable(0, trainable=False, name="count", use_resource=False)
    found = read(line(), tf1.train.GradientDescentOptimizer(decay(step)), global_step=step)
    assert found.step == "count"
    assert isinstance(found.optimizers[0].learning_rate, Rate)
    assert found.optimizers[0].learning_rate.kind == kind
    assert list(found.optimizers[0].learning_rate.options.values()) == options


def test_a_rate_that_a_variable_holds_is_what_that_begins_with() -> None:
    held = tf1.Variable(0.3, trainable=False, name="rate", use_resource=False)
    (found,) = read(line(), tf1.train.GradientDescentOptimizer(held)).optimizers
    assert (found.learning_rate, found.rate_variable) == (0.3, "rate")


def test_penalties_are_found_however_they_are_weighed() -> None:
    outputs = line()
    (kernel,) = tf1.trainable_variables()
    more = 0.5 * (tf.nn.l2_loss(kernel) + tf.reduce_sum([0.25 * tf.reduce_sum(tf.abs(kernel))]))
    found = read(outputs, cost=lambda z, y: tf.reduce_mean(tf.abs(z - y)) + more)
    assert found.penalties == {"a/kernel": {"l2": 0.25, "l1": 0.125}}


def test_gradients_that_wait_for_no_other_may_come_late() -> None:
    optimizer = tf1.train.GradientDescentOptimizer(0.1)

    class Ungated:
        def minimize(self, cost: Any) -> None:
            variables = tf1.trainable_variables()
            gradients = tf1.gradients(cost, variables)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))

    two = tf.matmul(tf.tanh(line()), variable("b/kernel", 2, 2))
    assert read(two, Ungated()).gated


def test_nothing_that_a_number_waits_for_is_run() -> None:
    """The rate waits for an op that would fail."""
    with tf.control_dependencies([tf.debugging.check_numerics(np.float32(np.nan), "run")]):
        rate = tf.constant(0.5)
    found = read(line(), tf1.train.GradientDescentOptimizer(rate))
    assert found.optimizers[0].learning_rate == 0.5


def test_what_changes_a_variable_besides_training_is_refused() -> None:
    outputs = line()
    average = tf1.get_variable("average", [4, 2], trainable=False, use_resource=False)
    tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, tf1.assign(average, tf.zeros([4, 2])))
    with pytest.raises(NotCovered, match="the train op changes average by it"):
        read(outputs)


def test_the_cost_is_the_sum_and_not_one_of_its_terms() -> None:
    """Gradients of all of them begin with the same ones."""
    found = read(line(), cost=lambda z, y: tf.reduce_mean(tf.square(z - y)) - tf.reduce_mean(z))
    assert [one.weight for one in found.losses] == [1.0, -1.0]


def test_what_moves_the_rows_of_a_table_that_nobody_trains_is_refused() -> None:
    centers = tf1.get_variable("centers", [3, 2], trainable=False, use_resource=False)
    ids = tf1.placeholder(tf.int32, [None], "ids")
    near = tf.gather(centers, ids)
    outputs = line()
    moved = tf1.scatter_sub(centers, ids, 0.5 * (near - outputs))
    tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, moved)
    with pytest.raises(NotCovered, match="the train op changes centers by it"):
        read(outputs, cost=lambda z, y: tf.reduce_mean(tf.square(z - near)))


BEGINNINGS = {
    "uniform": (tf1.random_uniform_initializer(-0.5, 1.0), Beginning("uniform", -0.5, 1.5, (4, 2))),
    "normal": (tf1.random_normal_initializer(0.0, 0.3), Beginning("normal", 0.0, 0.3, (4, 2))),
    "constant": (tf1.constant_initializer(0.1), Beginning("constant", 0.1, 0.0, (4, 2))),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_how_variables_begin_is_found(name: str) -> None:
    initializer, expected = BEGINNINGS[name]
    kernel = tf1.get_variable("kernel", [4, 2], initializer=initializer)
    found = read(tf.matmul(images(4), kernel)).beginnings["kernel"]
    assert (found.kind, found.shape) == (expected.kind, expected.shape)
    numbers = (found.shift, found.scale), (expected.shift, expected.scale)
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)


def test_what_changes_weights_beside_the_train_op_is_listed() -> None:
    """What a Session begins with, and a Saver, are not meant."""
    outputs = line()
    (kernel,) = tf1.trainable_variables()
    kernel.assign(tf.clip_by_value(kernel, -0.01, 0.01), name="clip")
    tf1.assign_add(tf1.get_variable("other", 2), [1.0, 1.0])
    tf1.train.Saver()
    assert read(outputs).outside == {"clip": "a/kernel"}
