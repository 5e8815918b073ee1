"""Both models in rows: which line made a layer, and loops of TensorFlow 1 as one op."""

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import layers, optimizers

from tests.checking.test_looked_right import WRONG as PAIRS_THAT_LOOKED_RIGHT
from tests.support.examining import examined
from tests.support.pairs import TF1, keras_with, tf1, write
from training.checking.side_by_side import source
from training.checking.side_by_side.look import look

FILE = """
import keras
from keras.layers import Dense


def other():
    return keras.layers.Flatten()


def keras_model():
    x = keras.Input([6])
    named = Dense(3, name="by_hand")(x)
    first = keras.layers.Dense(4)(keras.layers.Dense(5)(x))
    for size in (2, 3):
        x = keras.layers.Activation("relu")(x)
    seen.add(keras.ops.square(x))
    return keras.layers.Add()([first, x])
"""


class Square:
    """An operation between layers, as far as it is looked at."""

    name = "square"


def test_layers_are_told_by_name_or_by_their_order_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "pair.py"
    file.write_text(FILE)
    made = [
        layers.Dense(3, name="by_hand"),
        layers.Dense(4, name="dense_7"),
        layers.Dense(5, name="dense_12"),
        layers.Activation("relu", name="activation"),
        layers.Activation("relu", name="activation_1"),
        layers.Flatten(name="flatten"),
        Square(),
        layers.Add(name="add"),
    ]
    assert source.layer_lines(file, made) == {
        "by_hand": 12,
        "dense_7": 13,
        "dense_12": 13,
        "square": 16,
        "add": 17,
    }
    assert source.layer_lines(file, made[1:2]) == {}  # two calls, one layer
    assert source.layer_lines(tmp_path / "none.py", made) == {}


def looped() -> dict[str, Any]:
    """A recurrence as TensorFlow 1 wrote it: Enter, Merge, Switch, Exit."""
    x = tf1.placeholder(tf.float32, [None, 5, 3])
    y = tf1.placeholder(tf.float32, [None, 4])
    kernel, again = tf1.get_variable("W", [3, 4]), tf1.get_variable("U", [4, 4])
    rows, steps = tf.shape(x)[0], tf.transpose(x, [1, 0, 2])

    def body(step: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return step + 1, tf.tanh(tf.matmul(steps[step], kernel) + tf.matmul(state, again))

    tf1.disable_control_flow_v2()
    try:
        start = [tf.constant(0), tf.zeros([rows, 4])]
        shapes = [tf.TensorShape([]), tf.TensorShape([None, 4])]
        _, out = tf1.while_loop(lambda step, _: step < 5, body, start, shapes)
        cost = tf.reduce_mean(tf.square(y - out * 2.0))
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    finally:
        tf1.enable_control_flow_v2()
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": out * 2.0}


def recurrent() -> keras.Model:
    model = keras.Sequential([keras.Input([5, 3]), layers.SimpleRNN(4, use_bias=False)])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


@pytest.mark.slow
def test_a_loop_is_one_op_and_what_follows_it_is_marked() -> None:
    examination, found = examined({"tf1_graph": looped, "keras_model": recurrent})
    assert found.verdict == "different"
    rows = look(examination, found).rows
    assert [[op.kind for op in row.ops] for row in rows][1:] == [["Transpose", "While"], ["Mul"]]
    assert [layer.kind for layer in rows[1].layers] == ["SimpleRNN"]
    assert rows[1].ops[-1].variables == ("W", "U")
    assert [op.departs for op in rows[2].ops] == [True]
    assert not any(layer.departs for row in rows for layer in row.layers)


@pytest.mark.slow
def test_an_op_that_only_hands_on_is_not_where_the_graph_departs() -> None:
    """Behind the embedding, whose outputs both have, an Identity has them as well."""
    masked, _ = PAIRS_THAT_LOOKED_RIGHT["an id that only one side masks"]
    examination, found = examined(masked)
    ops = [op for row in look(examination, found).rows for op in row.ops]
    assert "Identity" in [op.kind for op in ops]
    assert [op.kind for op in ops if op.departs] == ["Mul"]


PROBABILITIES = keras_with(
    activations=("relu", "softmax"),
    loss=lambda: keras.losses.CategoricalCrossentropy(),
    optimizer=lambda: optimizers.Adam(0.02, epsilon=1e-8),
)
"""No tensor behind the logits has the outputs of its last layer, and nothing is wrong with it."""

OUTPUTS_AGREE = {
    "momentum": PAIRS_THAT_LOOKED_RIGHT["momentum under a changing rate"][0],
    "loss": PAIRS_THAT_LOOKED_RIGHT["delta of Huber's loss"][0],
    "probabilities": write(TF1(), PROBABILITIES),
}


@pytest.mark.parametrize("name", OUTPUTS_AGREE)
def test_where_the_outputs_agree_no_layer_is_marked(name: str) -> None:
    examination, found = examined(OUTPUTS_AGREE[name], steps=4)
    assert found.verdict == "different"
    sides = look(examination, found)
    assert not sides.layer_departs
    assert not sides.op_departs
    assert sides.smallest
    assert sides.smallest.rung == found.in_float64.name
    assert {"keras", "tensorflow_1"} < set(sides.smallest.shapes)
