"""`check` on recurrent nets: TensorFlow 1's loops, and its cells in Keras."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from keras_models.clones import variants
from keras_models.pairing import with_gates
from keras_models.tf1_optimizers import TF1GradientDescent
from tests.support.exact_cells import UNITS
from tests.support.exact_pieces import PIECES, Layers
from tests.support.exactness import (
    CLASSES,
    cross_entropy,
    keras_cross_entropy,
    loops_of_tensorflow_1,
)
from tests.support.examining import examination_of, examine
from tests.support.pairs import of_cells
from training.checking import search
from training.checking.case import Case
from training.checking.examination import Examination
from training.parity.ladder import Rung

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


def model(rate: float, net: Layers = RNN.ours) -> keras.Model:
    made = keras.Sequential([keras.Input(RNN.inputs), *net()])
    made.compile(TF1GradientDescent(rate), keras_cross_entropy())
    return made


def test_net_in_a_loop_of_tensorflow_1_is_identical_with_its_cell() -> None:
    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.1)})
    assert found.verdict == "identical", found.rungs
    assert tf1.control_flow_v2_enabled()


@pytest.mark.slow
def test_one_kernel_for_two_is_what_rounds_otherwise() -> None:
    def stock() -> list[keras.Layer]:
        _, *others = RNN.ours()
        return [keras.layers.SimpleRNN(UNITS, return_sequences=True), *others]

    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.1, stock)})
    assert found.verdict == "equivalent"
    (cause,) = found.causes
    assert cause.cause.startswith("recurrent cells: Keras multiplies inputs and state by a kernel")
    assert cause.evidence.endswith("; 0 with the exact piece")


@pytest.mark.slow
def test_mistake_beside_a_loop_of_tensorflow_1_is_found_in_float64() -> None:
    found = examine({"tf1_graph": graph, "keras_model": lambda: model(0.2)})
    assert [one.cause for one in found.causes] == [
        "learning_rate: 0.2 in Keras, 0.1 in TensorFlow 1"
    ]


@pytest.fixture(scope="module")
def cells() -> Examination:
    """An LSTM, a GRU and a plain net written out, against Keras' layers."""
    return examination_of(vars(of_cells))


def failing_in_float64(examination: Examination) -> Rung | None:
    with examination.wide.scope():
        wide = variants.in_float64(examination.fresh_model())
        return search.climb(Case(examination, wide, examination.pairing(wide)))


@pytest.mark.slow
def test_cells_written_out_are_keras_layers_but_for_rounding(cells: Examination) -> None:
    """Gradients, Adam's slots and three updates, in float64, by TensorFlow 1's names."""
    assert failing_in_float64(cells) is None


def test_keras_default_gru_is_named() -> None:
    """Its variables have no counterpart: with reset_after there are two biases."""

    def default() -> keras.Model:
        lstm, _, plain, head = of_cells.keras_model().layers
        gru = keras.layers.GRU(of_cells.UNITS, return_sequences=True, name="gru")
        inputs = keras.Input([of_cells.STEPS, of_cells.INPUTS])
        made = keras.Sequential([inputs, lstm, gru, plain, head])
        made.compile(keras.optimizers.Adam(0.01, epsilon=1e-8), "mse", jit_compile=False)
        return made

    examination = examination_of({**vars(of_cells), "keras_model": default})
    with examination.wide.scope():
        wide = variants.in_float64(examination.fresh_model())
        found, left = search.explain(search.Search(examination, wide, search.Effort(30)))
    assert left is None
    assert [one.cause for one in found] == [
        "reset_after of layer gru: True in Keras, False in TensorFlow 1"
    ]


@pytest.mark.slow
def test_a_frozen_cell_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    def variable(name: str, *shape: int) -> Any:
        trainable = not name.startswith("lstm")
        return tf1.get_variable(name, shape, trainable=trainable, use_resource=False)

    def frozen() -> keras.Model:
        made = of_cells.keras_model()
        made.layers[0].trainable = False
        return made

    monkeypatch.setattr(of_cells, "variable", variable)
    examination = examination_of({**vars(of_cells), "keras_model": frozen})
    assert examination.pair.structure.held == ("lstm/kernel", "lstm/bias")
    assert failing_in_float64(examination) is None


@pytest.mark.slow
def test_mistakes_in_cells_and_beside_them_are_found(cells: Examination) -> None:
    """The search changes recipes, and models whose variables are paired by them."""
    every = [{"gates": "icfo", "forget_bias": 0.0} for _ in cells.pair.inspection.shapes]
    options = dict(zip(cells.pair.inspection.shapes, every, strict=True))
    with cells.wide.scope():
        wide = variants.variant(
            variants.in_float64(cells.fresh_model()),
            optimizer=keras.optimizers.Adam(0.02, epsilon=1e-8),
        )
        suspected = search.Search(cells, wide, search.Effort(30))
        suspected.case = suspected.case.paired(with_gates(cells.pairing(wide), options))
        found, left = search.explain(suspected)
    assert left is None
    assert [one.cause for one in found] == [
        'LSTM: {"gates": "ifoc", "forget_bias": 1.0} in TensorFlow 1; say so in weight_map',
        "learning_rate: 0.02 in Keras, 0.01 in TensorFlow 1",
    ]
