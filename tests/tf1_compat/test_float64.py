"""The float64 twin of a graph has the numbers that were written, whatever their shape."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.exact_cells import UNITS, Cell, basic
from tests.support.exactness import loops_of_tensorflow_1
from tf1_compat import float64

tf1 = tf.compat.v1


def test_a_large_constant_is_a_written_number_where_all_of_it_is_one() -> None:
    data = np.random.default_rng(0).random(100, np.float32)
    with tf.Graph().as_default() as graph:
        tf.constant(0.1, shape=[10, 10], name="beginning")
        tf.constant(data, name="data")
    with tf.compat.v1.Session(graph=float64.twin(graph)) as session:
        beginning, same = session.run(["beginning:0", "data:0"])
    assert (beginning == 0.1).all()
    assert (same == data).all()


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.65, 0.7, 0.85, 0.9, 0.995])
def test_what_dropout_multiplies_by_is_one_over_the_share_that_it_keeps(keep: float) -> None:
    assert float64.as_written(np.float32(1 / keep)) == 1 / keep


def test_a_loop_behind_a_loop_is_differentiated_in_float64() -> None:
    """The gradients of what says when a TensorArray is ready are added up, and stay float32."""
    x = np.random.default_rng(0).standard_normal((3, 4, UNITS))
    with tf.Graph().as_default() as graph, loops_of_tensorflow_1():
        fed = outputs = tf1.placeholder(tf.float32, [None, 4, UNITS])
        for scope in ("first", "second"):
            with tf1.variable_scope(scope):
                outputs, _ = tf1.nn.dynamic_rnn(Cell(basic(UNITS), 1), outputs, dtype=tf.float32)
        (gradient,) = tf.gradients(outputs, fed)
    with tf1.Session(graph=float64.twin(graph)) as session:
        session.run([v.initializer.name for v in graph.get_collection("variables")])
        assert session.run(gradient.name, {fed.name: x}).dtype == np.float64
