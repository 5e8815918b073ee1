"""`tf1keras check` knows every optimizer of TensorFlow 1's: what is wrong with it is named."""

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from keras_models.exact import AddV2Dense, TF1Adam
from keras_models.tf1_optimizers import (
    TF1AdamW,
    TF1Ftrl,
    TF1LazyAdam,
    TF1ProximalAdagrad,
    TF1RMSProp,
)
from tests.promises.test_genuine import on_tf115
from tests.support.examining import examine
from tests.support.pairs import TF1, keras_with, tf1, write
from training.checking.diagnosis import Diagnosis

train, optimizers = tf1.train, keras.optimizers
L1_L2 = {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.03}
SHRINKAGE = "l2_shrinkage_regularization_strength"
GRAPHS = {
    "Momentum": lambda: train.MomentumOptimizer(0.1, 0.9),
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


def test_keras_own_optimizer_is_right_where_it_is_the_same_algorithm() -> None:
    found = examined("Adadelta", optimizers.Adadelta(1.0, 0.9, 1e-4))
    assert (found.verdict, found.unexplained) == ("equivalent", None)


WRONG: dict[str, tuple[str, Any, str]] = {
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


def on_ids(graph: str, optimizer: Any, clip: float | None = None) -> Diagnosis:
    """A pair on ids, the graph's gradients clipped where that is said."""

    def tf1_graph() -> dict[str, Any]:
        x, y = tf1.placeholder(tf.int32, [None, 6]), tf1.placeholder(tf.float32, [None, 1])
        table = tf1.get_variable("table", [10, 1])
        outputs = tf.reduce_mean(tf.nn.embedding_lookup(table, x), 1)
        cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=outputs))
        (gradient,) = tf.gradients(cost, [table])
        if clip:
            gradient = tf.clip_by_global_norm([gradient], clip)[0][0]
        train_op = GRAPHS[graph]().apply_gradients([(gradient, table)])
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}

    def keras_model() -> keras.Model:
        table, mean = keras.layers.Embedding(10, 1), keras.layers.GlobalAveragePooling1D()
        model = keras.Sequential([keras.Input([6], dtype="int32"), table, mean])
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(type(optimizer).from_config(optimizer.get_config()), loss)
        return model

    return examine({"tf1_graph": tf1_graph, "keras_model": keras_model})


def test_ftrl_on_an_embedding_is_another_algorithm_also_with_another_number_wrong() -> None:
    found = on_ids("Ftrl", optimizers.Ftrl(0.1, l1_regularization_strength=0.02))
    assert (found.verdict, found.unexplained) == ("different", None)
    causes = " / ".join(one.cause for one in found.causes)
    assert "l2_regularization_strength: 0 in Keras, 0.03 in TensorFlow 1" in causes
    assert "Ftrl on an embedding" in causes


def test_momentum_moves_rows_that_a_batch_leaves_out() -> None:
    found = on_ids("Momentum", optimizers.SGD(0.1, momentum=0.9))
    assert (found.verdict, found.unexplained) == ("different", None)
    assert "a batch does not look up rows" in found.causes[0].cause


def test_ids_stay_in_their_table_where_a_clip_is_looked_for() -> None:
    found = on_ids("Ftrl", TF1Ftrl(0.1, **L1_L2), clip=1e6)
    assert found.verdict == "identical"
    assert [one for one in found.not_compared if one.startswith("clipping")]


ADAM = (0.03, 0.8, 0.99, 1e-6)
OF_CONTRIB: dict[str, tuple[str, Any, str | None]] = {
    "TF1AdamW": ("TF1AdamW", TF1AdamW(0.02, *ADAM), None),
    "Keras' AdamW": ("TF1AdamW", optimizers.AdamW(0.03, 0.02, *ADAM[1:]), "weight decay: 0.02 of"),
    "TF1LazyAdam": ("TF1LazyAdam", TF1LazyAdam(*ADAM), None),
    "Adam for LazyAdam": ("TF1LazyAdam", TF1Adam(*ADAM), "tf.contrib.opt's LazyAdam in TensorFlow"),
    "Keras' Nadam": ("TF1Nadam", optimizers.Nadam(*ADAM), "tf.contrib.opt's Nadam in TensorFlow 1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_CONTRIB)
def test_contribs_adams_are_told_apart_in_genuine_graphs(name: str, tmp_path: Path) -> None:
    graph, optimizer, cause = OF_CONTRIB[name]
    on_tf115("contrib", tmp_path)

    def tf1_graph() -> dict[str, Any]:
        train.import_meta_graph(str(tmp_path / f"{graph}.meta"))
        of = tf1.get_default_graph()
        ends = {"x": "ids", "y": "y", "cost": "Mean", "logits": "add"}
        found = {end: of.get_tensor_by_name(f"{name}:0") for end, name in ends.items()}
        return found | {"train_op": of.get_operation_by_name("update")}

    def keras_model() -> keras.Model:
        ids, table = keras.Input([4], dtype="int64"), keras.layers.Embedding(12, 3)
        model = keras.Sequential([ids, table, keras.layers.Flatten(), AddV2Dense(1)])
        model.compile(type(optimizer).from_config(optimizer.get_config()), "mse")
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    causes = " / ".join(one.cause for one in found.causes)
    assert found.verdict == ("identical" if cause is None else "different")
    assert (cause or "") in causes
