"""The float64 twin of a graph has the numbers that were written, whatever their shape."""

import numpy as np
import pytest
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


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.65, 0.7, 0.85, 0.9, 0.995])
def test_what_dropout_multiplies_by_is_one_over_the_share_that_it_keeps(keep: float) -> None:
    assert float64.as_written(np.float32(1 / keep)) == 1 / keep
