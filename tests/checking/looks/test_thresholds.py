"""Ops that do something else above a number than below it, where usual numbers are on one side.

A relu6 or a clip that never acts, a relu whose inputs are all positive, a branch not taken.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, losses, optimizers

from tests.support.examining import examine
from training.checking.judgement import PROVEN
from training.checking.looks.reaching import Traced

tf1 = tf.compat.v1
Act = Callable[[Any], Any]
WIDER = "with x and constant weights spread 10 times as wide: "


def mean_square(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(y - outputs))


def graph(act: Act, cost: Callable = mean_square) -> Callable[[], dict[str, Any]]:
    """Filters over six numbers, the largest that each finds, and what `act` makes of those."""

    def build() -> dict[str, Any]:
        x = tf1.placeholder(tf.float32, [None, 6, 1])
        y = tf1.placeholder(tf.float32, [None, 3])
        found = tf.reduce_max(x * tf1.get_variable("filter", [1, 1, 5]), 1)
        outputs = tf.matmul(act(found), tf1.get_variable("out", [5, 3]))
        loss = cost(y, outputs)
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(loss)
        return {"x": x, "y": y, "cost": loss, "train_op": train_op, "logits": outputs}

    return build


def model(
    act: Any = None, loss: Any = "mse", kind: type[layers.Layer] = layers.Activation
) -> Callable[[], keras.Model]:
    """Its rewrite; a layer of this kind, and of that name, takes `act`."""

    def make() -> keras.Model:
        filters = layers.Conv1D(5, 1, use_bias=False)
        acts = [kind(act, name="act")] if act else []
        stack = [filters, layers.GlobalMaxPooling1D(name="max"), *acts]
        made = keras.Sequential([keras.Input([6, 1]), *stack, layers.Dense(3, use_bias=False)])
        made.compile(optimizers.SGD(0.1), loss)
        return made

    return make


def seen(graph: Callable, model: Callable, **options: Any) -> Any:
    return examine({"tf1_graph": graph, "keras_model": model}, **{"steps": 1, **options})


def clipped(h: tf.Tensor) -> tf.Tensor:
    return tf1.clip_by_value(h, -4.0, 5.0)


@pytest.mark.parametrize(
    ("act", "rewritten", "cause"),
    [
        (tf.nn.relu6, model(keras.ops.relu), "in Keras, relu6 in TensorFlow 1"),
        (tf.nn.relu, model(6.0, kind=layers.ReLU), "layer act: 6.0 in Keras, None in TensorFlow 1"),
        (tf.nn.relu, model(), "activation after layer max: none in Keras, relu in TensorFlow 1"),
        (clipped, model(), "none in Keras, at -4 and 5 in TensorFlow 1"),
    ],
    ids=["relu for relu6", "relu6 for relu", "no relu after a maximum", "no clip"],
)
def test_what_only_wider_numbers_tell_apart_is_named(
    act: Act, rewritten: Callable, cause: str
) -> None:
    found = seen(graph(act), rewritten)
    assert found.verdict == "different", found
    assert cause in found.causes[0].cause
    assert found.causes[0].evidence.startswith(WIDER)


def branching(h: tf.Tensor) -> tf.Tensor:
    return tf.cond(tf.reduce_mean(h) > 10.0, lambda: tf.tanh(h), lambda: 2.0 * h)


def test_wider_numbers_accuse_no_right_pair() -> None:
    def act(h: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu6(branching(h))

    found = seen(graph(act), model(act), steps=2)
    assert found.verdict in PROVEN, found
    assert not found.not_compared


def test_a_branch_that_usual_numbers_do_not_take_is_taken() -> None:
    found = seen(graph(branching), model(lambda h: 2.0 * h), steps=2, budget=0.0)
    assert found.verdict == "different", found
    assert str(found.unexplained).startswith(WIDER)


def idle(h: tf.Tensor) -> tf.Tensor:
    with tf.control_dependencies([tf1.assert_less(h, 9.0)]):  # no wider numbers, please
        return tf.minimum(tf.sigmoid(h), 2.0, name="idle")


def test_what_no_number_reaches_is_said() -> None:
    found = seen(graph(idle), model(tf.sigmoid))
    assert found.verdict in PROVEN, found
    assert found.not_compared == ["what no number reached: idle (Minimum) above 2"]


def by_logarithm(clip: Act = tf.identity) -> Callable:
    """A cross-entropy by hand, which is infinite where a probability is 0 and nothing clips it."""

    def cost(y: Any, outputs: Any) -> Any:
        return -tf.reduce_mean(tf.reduce_sum(y * tf.math.log(clip(tf.nn.softmax(outputs))), 1))

    return cost


def clip(p: tf.Tensor) -> tf.Tensor:
    return tf.maximum(p, 1e-10, name="clip")


def by_logits(y: Any, outputs: Any) -> Any:
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=outputs))


@pytest.mark.parametrize(
    ("cost", "loss", "said"),
    [
        (by_logarithm(clip), by_logits, "clip (Maximum) below 1e-10"),
        (by_logits, by_logarithm(), "100 times as wide, numbers are not finite)"),
    ],
    ids=["what keeps a logarithm from zero", "infinite numbers"],
)
def test_what_guards_or_breaks_a_loss_accuses_nobody(
    cost: Callable, loss: Callable, said: str
) -> None:
    def act(h: Any) -> Any:
        return tf.minimum(h, 500.0)

    found = seen(graph(act, cost), model(act, loss))
    assert found.verdict in PROVEN, found
    assert said in found.not_compared[0], found.not_compared


def test_thresholds_of_a_keras_model_are_seen_in_the_graph_it_is_traced_as() -> None:
    dense = layers.Dense(4, "relu6", kernel_initializer="ones")
    model = keras.Sequential([keras.Input([3]), dense])
    model.compile("sgd", losses.Huber(delta=4.5))
    traced = Traced(model)
    y = np.ones((2, 4), np.float32)
    reached = traced.reached(np.ones((2, 3), np.float32), y)
    missed = [side for one in traced.found for side in one.sides if side not in reached]
    assert [one.partition("(")[2] for one in missed] == [
        *("Relu6 of Keras) below 0", "Relu6 of Keras) above 6"),
        *("Abs of Keras) below 0", "LessEqual of Keras) above 4.5"),
    ]
    assert {*missed} <= traced.reached(np.array([[99] * 3, [-99] * 3], np.float32), y)
