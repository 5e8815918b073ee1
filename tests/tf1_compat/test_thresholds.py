"""Which ops have thresholds, and on which sides of them numbers are."""

import numpy as np
import pytest
import tensorflow as tf

from tf1_compat.reading import thresholds

tf1 = tf.compat.v1


def many(x: tf.Tensor) -> list[tf.Tensor]:
    weight = tf1.get_variable("weight", [3], initializer=tf1.ones_initializer())
    return [
        tf.nn.relu6(x, name="relu6"),
        tf.nn.leaky_relu(tf.square(x), name="slope"),
        tf1.clip_by_value(x, -2.0, 8.0, name="clip"),
        tf.where(tf.reduce_all(x > weight, 1), x[:, 0], x[:, 1], name="where"),
        tf.minimum(1.5, weight, name="weight_only"),
        tf.nn.relu(tf.ones_like(x), name="of_shape_only"),
        tf1.nn.dropout(x, rate=0.5, name="random_only"),
        tf.math.log(tf.maximum(x, 1e-9, name="guard")),
    ]


def test_sides_of_a_graphs_thresholds_are_read_and_told_by_its_numbers() -> None:
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 3])
        found = thresholds.find([tensor.op for tensor in many(x)])
        with tf1.Session(graph=graph) as session:
            session.run(tf1.global_variables_initializer())
            fed = {x: np.array([[0.5, 7.0, 3.0], [1.0, 2.0, 3.0]])}
            reached = thresholds.reached(found, session.run([one.compared for one in found], fed))
    assert [one.op.name for one in found if one.guard] == ["guard"]
    missed = [side for one in found for side in one.sides if side not in reached]
    assert missed == [
        *("relu6 (Relu6) below 0", "slope (LeakyRelu) below 0"),
        *("clip/Minimum (Minimum) above 8", "clip (Maximum) below -2"),
        *(
            "where (SelectV2) if true",
            "weight_only (Minimum) above 1.5",
            "guard (Maximum) below 1e-09",
        ),
    ]


@pytest.mark.parametrize(("made_by", "kind"), [(1, "Switch"), (2, "StatelessIf")])
def test_a_condition_is_seen_and_what_runs_in_its_branches_is_not(made_by: int, kind: str) -> None:
    if made_by == 1:
        tf1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default():
            x = tf1.placeholder(tf.float32, [3])
            taken = tf.reduce_any(x > 5.0)
            found = thresholds.find([tf1.cond(taken, lambda: tf.nn.relu(x), lambda: -x).op])
    finally:
        tf1.enable_control_flow_v2()
    assert [one.op.type for one in found] == ["Greater", kind]
