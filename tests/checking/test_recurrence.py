"""`check` on recurrent nets: TensorFlow 1's loops, and its cells in Keras."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from keras_models.clones import variants
from keras_models.tf1_optimizers import TF1GradientDescent
from tests.support.exact_pieces import PIECES
from tests.support.exactness import (
    CLASSES,
    cross_entropy,
    keras_cross_entropy,
    loops_of_tensorflow_1,
)
from tests.support.examining import examination_of, examine
from tests.support.pairs import of_cells
from training.checking import search
from training.checking.examination import Examination

tf1 = tf.compat.v1
RNN = PIECES["TF1RNNCell"]


def graph() -> dict[str, Any]:
    with loops_of_tensorflow_1():
        x = tf1.placeholder(tf.float32, [None, *RNN.inputs])
        y = tf1.placeholder(tf.float32, [None, CLASSES])
        logits = RNN.net(x)
        cost = cross_entropy(y, logits)
        train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": logits}


def model(rate: float) -> keras.Model:
    made = keras.Sequential([keras.Input(RNN.inputs), *RNN.ours()])
    made.compile(TF1GradientDescent(rate), keras_cross_entropy())
    return made


def test_net_in_a_loop_of_tensorflow_1_is_identical_with_its_cell() -> None:
    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.1)})
    assert found.verdict == "identical", found.rungs
    assert tf1.control_flow_v2_enabled()


def test_mistake_beside_a_loop_of_tensorflow_1_is_found_in_float64() -> None:
    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.2)})
    assert [one.cause for one in found.causes] == [
        "learning_rate: 0.2 in Keras, 0.1 in TensorFlow 1"
    ]


@pytest.fixture(scope="module")
def cells() -> Examination:
    """An LSTM, a GRU and a plain net written out, against Keras' layers."""
    return examination_of(vars(of_cells))


def test_cells_written_out_are_keras_layers_but_for_rounding(cells: Examination) -> None:
    """Gradients, Adam's slots and three updates, in float64, by TensorFlow 1's names."""
    with cells.wide.scope():
        wide = variants.in_float64(cells.fresh_model())
        rungs = {rung.name: rung for rung in cells.wide.rungs_of(wide, cells.pairing(wide))}
    assert all(rung.ok for rung in rungs.values()), rungs
    assert {"gradients", "one update", "all updates"} <= {*rungs}


def test_mistake_beside_cells_is_found(cells: Examination) -> None:
    """The search changes models whose variables are paired by recipes."""
    with cells.wide.scope():
        wide = variants.variant(
            variants.in_float64(cells.fresh_model()),
            optimizer=keras.optimizers.Adam(0.02, epsilon=1e-8),
        )
        found, left = search.explain(search.Search(cells, wide, search.Effort(30)))
    assert left is None
    assert [one.cause for one in found] == ["learning_rate: 0.02 in Keras, 0.01 in TensorFlow 1"]
