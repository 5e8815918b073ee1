"""What trains a TensorFlow 1 graph is read off its ops, on resource and reference variables."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tf1_compat.graph import GraphProgram
from tf1_compat.reading import structure
from tf1_compat.reading.inspection import inspect

tf1 = tf.compat.v1
train = tf1.train
L1_L2 = {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.03}
SHRUNK = L1_L2 | {"l2_shrinkage_regularization_strength": 0.04}
READ: dict[str, tuple[Callable, set[str], dict[str, Any]]] = {
    "Momentum": (
        lambda: train.MomentumOptimizer(0.1, 0.8, use_nesterov=True),
        {"accum"},
        {"momentum": 0.8, "nesterov": True},
    ),
    "RMSProp": (
        lambda: train.RMSPropOptimizer(0.1, 0.8, 0.7, 0.01),
        {"ms", "mom"},
        {"rho": 0.8, "momentum": 0.7, "epsilon": 0.01, "centered": False},
    ),
    "RMSProp, centered": (
        lambda: train.RMSPropOptimizer(0.1, 0.8, 0.7, 0.01, centered=True),
        {"ms", "mom", "mg"},
        {"rho": 0.8, "momentum": 0.7, "epsilon": 0.01, "centered": True},
    ),
    "Adagrad": (lambda: train.AdagradOptimizer(0.1), {"accum"}, {}),
    "Adadelta": (
        lambda: train.AdadeltaOptimizer(0.1, 0.8, 0.01),
        {"accum", "accum_update"},
        {"rho": 0.8, "epsilon": 0.01},
    ),
    "Ftrl": (
        lambda: train.FtrlOptimizer(0.1, -0.3, **L1_L2),
        {"accum", "linear"},
        {"learning_rate_power": -0.3, **L1_L2, "l2_shrinkage_regularization_strength": 0.0},
    ),
    "Ftrl, shrinking": (
        lambda: train.FtrlOptimizer(0.1, **SHRUNK),
        {"accum", "linear"},
        {"learning_rate_power": -0.5, **SHRUNK},
    ),
    "ProximalAdagrad": (lambda: train.ProximalAdagradOptimizer(0.1, **L1_L2), {"accum"}, L1_L2),
    "ProximalGradientDescent": (
        lambda: train.ProximalGradientDescentOptimizer(0.1, **L1_L2),
        set(),
        L1_L2,
    ),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("use_resource", [True, False])
def test_updates_are_read_of_whole_variables_and_of_rows(name: str, use_resource: bool) -> None:
    make, slots, numbers = READ[name]
    with tf.Graph().as_default() as graph:
        ids, y = tf1.placeholder(tf.int32, [None]), tf1.placeholder(tf.float32, [None])
        table = tf1.get_variable("table", [6, 2], use_resource=use_resource)
        kernel = tf1.get_variable("kernel", [2, 1], use_resource=use_resource)
        outputs = tf.matmul(tf.nn.embedding_lookup(table, ids), kernel)
        cost = tf.reduce_sum(tf.square(outputs[:, 0] - y))
        ends = {"x": ids, "y": y, "cost": cost, "train_op": make().minimize(cost), "logits": None}
        inspection = inspect(graph, ends)
        program = GraphProgram(graph, inspection, structure.read(ends, inspection))
    rows, whole = sorted(program.inspection.updates, key=lambda update: update.variable)[::-1]
    assert (rows.variable, whole.variable) == ("table", "kernel")
    for update in (rows, whole):
        assert update.rule == name.partition(",")[0]
        assert set(update.slots) == slots
        assert (update.indices is not None) == (update is rows)
    batch = np.array([4, 1, 4], np.int32), np.ones(3, np.float32)
    assert program.hyperparameters(*batch) == pytest.approx({"learning_rate": 0.1, **numbers})
    raw, applied = program.observe(*batch).gradients, program.applied_gradients(*batch)
    assert not applied["table"][[0, 2, 3, 5]].any()
    for variable in ("table", "kernel"):
        assert applied[variable].tobytes() == raw[variable].tobytes()
