"""The float64 twin of a graph has the numbers that were written, whatever their shape."""

import numpy as np
import tensorflow as tf

from tf1_compat import float64


def test_a_large_constant_is_a_written_number_where_all_of_it_is_one() -> None:
    data = np.random.default_rng(0).random(100, np.float32)
    with tf.Graph().as_default() as graph:
        tf.constant(0.1, shape=[10, 10], name="beginning")
        tf.constant(data, name="data")
    with tf.compat.v1.Session(graph=float64.twin(graph)) as session:
        beginning, same = session.run(["beginning:0", "data:0"])
    assert (beginning == 0.1).all()
    assert (same == data).all()
