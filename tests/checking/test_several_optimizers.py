"""A graph in which variables have an optimizer each, against Keras' MultiOptimizer."""

from typing import Any

import keras
import pytest
import tensorflow as tf
from keras.optimizers import MultiOptimizer, OptimizerMap

from keras_models.exact import TF1Adam
from keras_models.tf1_optimizers import TF1Adagrad
from tests.support.examining import examine
from tests.support.pairs.graph_parts import dense, mean_square, placeholder

train = tf.compat.v1.train


def tf1_graph(decay: float = 1.0) -> dict[str, Any]:
    """`decay`: of the first one's rate, at each step."""
    x, y = placeholder(None, 4), placeholder(None, 2)
    hidden = tf.tanh(dense(x, 6, "hidden"))
    out = dense(hidden, 2, "out")
    cost = mean_square(out, y)
    trained = tf.compat.v1.trainable_variables
    step = train.get_or_create_global_step()
    rate = train.exponential_decay(0.05, step, 1, decay) if decay < 1 else 0.05
    ops = [
        train.AdagradOptimizer(rate).minimize(cost, var_list=trained("hidden")),
        train.AdamOptimizer(0.01).minimize(cost, step, trained("out")),
    ]
    return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": ops}


def model(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    hidden = keras.layers.Dense(6, "tanh", name="hidden")
    built = keras.Sequential([keras.Input([4]), hidden, keras.layers.Dense(2, name="out")])
    built.compile(optimizer, "mse")
    return built


def keras_model(hidden: Any = 0.05, out: float = 0.01) -> keras.Model:
    of_hidden = keras.optimizers.Adagrad(hidden, 0.1, epsilon=0.0)
    of_out = keras.optimizers.Adam(out, epsilon=1e-8)
    return model(MultiOptimizer(OptimizerMap(of_out, {".*hidden/.*": of_hidden})))


def exact_model() -> keras.Model:
    kept = {".*hidden/.*": TF1Adagrad(0.05)}
    return model(MultiOptimizer(OptimizerMap(TF1Adam(0.01), kept)))


def test_each_with_its_own() -> None:
    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert (found.verdict, found.unexplained) == ("equivalent", None)
    assert [one.cause.partition(":")[0] for one in found.causes] == ["Adam"]
    assert all("0 with the exact piece" in one.evidence for one in found.causes)


def test_exact_pieces_are_identical_with_their_slots() -> None:
    found = examine({"tf1_graph": tf1_graph, "keras_model": exact_model})
    assert (found.verdict, found.causes) == ("identical", ())


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (
            lambda: keras_model(hidden=0.1),
            "learning_rate: 0.1 in Keras, 0.05 in TensorFlow 1, for hidden/kernel, hidden/bias",
        ),
        (
            lambda: keras_model(out=0.02),
            "learning_rate: 0.02 in Keras, 0.01 in TensorFlow 1, for out/kernel, out/bias",
        ),
        (
            lambda: model(keras.optimizers.Adam(0.01, epsilon=1e-8)),
            "optimizer: Adam in Keras, Adagrad in TensorFlow 1, for hidden/kernel, hidden/bias",
        ),
    ],
    ids=["first", "second", "one for all"],
)
def test_what_is_wrong_is_named_with_its_variables(wrong: Any, cause: str) -> None:
    found = examine({"tf1_graph": tf1_graph, "keras_model": wrong})
    assert found.verdict == "different"
    assert [one.cause for one in found.causes] == [cause]


def test_a_rate_of_one_of_them_that_falls_is_no_schedule_of_all() -> None:
    found = examine({"tf1_graph": lambda: tf1_graph(0.5), "keras_model": keras_model})
    assert found.verdict == "different"


def test_learning_rates_are_compared_far_beyond_the_updates_that_are_run() -> None:
    def late_model() -> keras.Model:
        late = keras.optimizers.schedules.PiecewiseConstantDecay([5000], [0.05, 0.005])
        return keras_model(hidden=late)

    found = examine({"tf1_graph": tf1_graph, "keras_model": late_model})
    assert found.verdict == "different"
    assert found.causes[-1].cause == (
        "learning rate: at update 10,001 it is 0.005 in Keras, 0.05 in TensorFlow 1, "
        "for hidden/kernel"
    )
