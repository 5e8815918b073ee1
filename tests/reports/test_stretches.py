"""The ops that the page of a rewrite has beside a line."""

import tensorflow as tf

from tests.tf1_compat.network.graphs import images, read, tf1, variable
from training.reports.rewriting.stretches import Op, Stretches


def test_every_op_between_two_layers_is_of_one_line() -> None:
    """Also of two layers that end in one op: the second product's bias is of the sum's."""
    with tf.Graph().as_default() as graph:
        x, bias = images(4), variable("b/bias", 2)
        hidden = tf.tanh(tf.matmul(x, variable("a/kernel", 4, 3)))
        products = tf.matmul(hidden, variable("b/kernel", 3, 2)) + tf.matmul(
            x, variable("c/kernel", 4, 2)
        )
        network = read(products + bias, tf1.train.MomentumOptimizer(0.1, 0.9))
        stretches = Stretches(graph, network)
        ops = [op for call in network.calls for op in stretches.of(call.output)]
        loss, trained = stretches.of(network.cost), stretches.of(network.train_op)
    assert sorted(op.name for op in ops) == [
        *("MatMul", "MatMul_1", "MatMul_2", "Tanh", "add", "add_1")
    ]
    assert Op("MatMul_1", "MatMul", ("b/kernel",)) in ops
    assert Op("add_1", "AddV2", ("b/bias",)) in ops
    assert [op.kind for op in loss] == ["Sub", "Square", "Mean"]
    assert [op.variables for op in trained] == [
        *(("b/bias",), ("a/kernel",), ("b/kernel",), ("c/kernel",))
    ]
