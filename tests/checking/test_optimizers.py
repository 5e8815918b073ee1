"""`tf1keras check` knows every optimizer of TensorFlow 1's: what is wrong with it is named."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from keras_models.tf1_optimizers import (
    TF1Adadelta,
    TF1Ftrl,
    TF1ProximalAdagrad,
    TF1RMSProp,
)
from tests.support.examining import examine
from tests.support.pairs import TF1, keras_with, tf1, write
from training.checking.diagnosis import Diagnosis

train, optimizers = tf1.train, keras.optimizers
L1_L2 = {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.03}
SHRINKAGE = "l2_shrinkage_regularization_strength"
GRAPHS = {
    "Adadelta": lambda: train.AdadeltaOptimizer(1.0, 0.9, 1e-4),
    "Ftrl": lambda: train.FtrlOptimizer(0.1, **L1_L2),
    "shrinking Ftrl": lambda: train.FtrlOptimizer(0.1, **L1_L2, **{SHRINKAGE: 0.04}),
    "centered": lambda: train.RMSPropOptimizer(0.01, 0.9, 0.5, 1e-3, centered=True),
    "ProximalAdagrad": lambda: train.ProximalAdagradOptimizer(0.1, 0.2, **L1_L2),
}


def examined(graph: str, optimizer: optimizers.Optimizer) -> Diagnosis:
    config = optimizer.get_config()
    made = lambda: type(optimizer).from_config(config)  # noqa: E731
    return examine(write(TF1(optimizer=GRAPHS[graph]), keras_with(optimizer=made)))


RIGHT: dict[str, tuple[str, Any, str]] = {
    "Adadelta": ("Adadelta", optimizers.Adadelta(1.0, 0.9, 1e-4), "equivalent"),
    "Ftrl": ("Ftrl", optimizers.Ftrl(0.1, **L1_L2), "identical"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_keras_own_optimizer_is_right_where_it_is_the_same_algorithm(name: str) -> None:
    graph, optimizer, verdict = RIGHT[name]
    found = examined(graph, optimizer)
    assert (found.verdict, found.unexplained) == (verdict, None)
    assert any(rung.name == "one update" for rung in found.rungs)


WRONG: dict[str, tuple[str, Any, str]] = {
    "rho": ("Adadelta", TF1Adadelta(1.0, 0.95, 1e-4), "rho: 0.95 in Keras, 0.9 in TensorFlow 1"),
    "beta": ("Ftrl", optimizers.Ftrl(0.1, beta=1.0, **L1_L2), "beta: 1 in Keras, none in"),
    "shrinkage": ("shrinking Ftrl", TF1Ftrl(0.1, **L1_L2), f"{SHRINKAGE}: 0 in Keras, 0.04 in"),
    "not centered": (
        "centered",
        TF1RMSProp(0.01, 0.9, 0.5, 1e-3),
        "centered: False in Keras, True in TensorFlow 1",
    ),
    "beginning": (
        "ProximalAdagrad",
        TF1ProximalAdagrad(0.1, **L1_L2),
        "initial_accumulator_value: 0.1 in Keras, 0.2 in TensorFlow 1",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_hyperparameter_is_named(name: str) -> None:
    graph, optimizer, cause = WRONG[name]
    found = examined(graph, optimizer)
    assert (found.verdict, found.unexplained) == ("different", None)
    assert cause in " / ".join(one.cause for one in found.causes)


def test_ftrl_on_an_embedding_is_another_algorithm_also_with_another_number_wrong() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = tf1.placeholder(tf.int32, [None, 6]), tf1.placeholder(tf.float32, [None, 1])
        table = tf1.get_variable("table", [10, 1])
        outputs = tf.reduce_mean(tf.nn.embedding_lookup(table, x), 1)
        cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=outputs))
        train_op = GRAPHS["Ftrl"]().minimize(cost)
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}

    def keras_model() -> keras.Model:
        table, mean = keras.layers.Embedding(10, 1), keras.layers.GlobalAveragePooling1D()
        model = keras.Sequential([keras.Input([6], dtype="int32"), table, mean])
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(optimizers.Ftrl(0.1, l1_regularization_strength=0.02), loss)
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert (found.verdict, found.unexplained) == ("different", None)
    causes = " / ".join(one.cause for one in found.causes)
    assert "l2_regularization_strength: 0 in Keras, 0.03 in TensorFlow 1" in causes
    assert "Ftrl on an embedding" in causes
