"""`TF1Cost` adds losses and penalties up in the order of TensorFlow 1's graph, bit for bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.exact import TF1L2, TF1Cost, TF1Loss, TF1Model

tf1 = tf.compat.v1
WIDTHS = (5, 4, 3)
LOSS, ROWS = TF1Loss("mean_squared_error"), 16
FORMULAS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "loss + sum(penalties)": lambda loss, penalties: loss + tf.add_n(penalties),
    "loss + penalties": lambda loss, penalties: tf.add_n([loss, *penalties]),
    "penalties + loss": lambda loss, penalties: tf.add_n(penalties) + loss,
    "penalties[0:1] + loss + penalties[1:3]": (
        lambda loss, penalties: tf.add_n([penalties[0], loss, *penalties[1:]])
    ),
    "loss + 0.7 * sum(penalties)": lambda loss, penalties: loss + 0.7 * sum(penalties),
    "0.3 * loss + reduce_sum(penalties) / 7": (
        lambda loss, penalties: 0.3 * loss + tf.reduce_sum(penalties) / 7
    ),
}
"""Formula -> the same in TensorFlow 1, the names of whose terms are in their order."""


def model() -> keras.Model:
    """Three layers, each with a penalty of its own."""
    layers = [
        keras.layers.Dense(width, kernel_regularizer=TF1L2(scale))
        for width, scale in zip(WIDTHS, (0.11, 0.013, 1.3), strict=True)
    ]
    return keras.Sequential([keras.Input([6]), *layers])


def batch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((ROWS, WIDTHS[-1])).astype("f"), rng.random((ROWS, 3)).astype("f")


def test_costs_are_tensorflow_1s_bit_for_bit() -> None:
    """Of the same outputs, labels and weights; the order of more than two makes a difference."""
    network, drawn = model(), range(24)
    kernels = [layer.kernel for layer in network.layers]
    rng = np.random.default_rng(0)
    values = [[rng.normal(size=one.shape).astype("f") for one in kernels] for _ in drawn]
    with tf.Graph().as_default(), tf1.Session() as session:
        y, z = (tf1.placeholder(tf.float32, [None, 3]) for _ in range(2))
        weights = [tf1.placeholder(tf.float32, one.shape) for one in kernels]
        first, second, third = (tf.nn.l2_loss(one) for one in weights)
        penalties = [0.11 * first, 0.013 * second, 1.3 * third]
        loss = tf.identity(tf1.losses.mean_squared_error(y, z))
        costs = [cost(loss, penalties) for cost in FORMULAS.values()]
        fed = [dict(zip([y, z, *weights], [*batch(n), *values[n]], strict=True)) for n in drawn]
        theirs = [[session.run(cost, one) for one in fed] for cost in costs]
    compiled = TF1Model.of(network)
    found = []
    for formula in FORMULAS:
        compiled.compile("sgd", TF1Cost(formula, LOSS))
        signature = [tf.TensorSpec([None, 3])] * 2
        cost = tf.function(
            lambda y, z: compiled.compute_loss(None, y, z), input_signature=signature
        )
        of_formula = []
        for n in drawn:
            for kernel, value in zip(kernels, values[n], strict=True):
                kernel.assign(value)
            of_formula.append(cost(*batch(n)).numpy())
        found.append(of_formula)
    assert np.array(found).tobytes() == np.array(theirs).tobytes()
    assert len({np.array(of_formula).tobytes() for of_formula in found}) == 4


def test_a_cost_is_saved_and_loaded(tmp_path: Path) -> None:
    """Of a model of two outputs, each with its loss."""
    x = keras.Input([6])
    outputs = [keras.layers.Dense(3, kernel_regularizer=TF1L2(0.1))(x) for _ in range(2)]
    made = TF1Model.of(keras.Model(x, outputs))
    made.compile("sgd", TF1Cost("loss_1 + 0.5 * loss_2 + penalties", LOSS, LOSS))
    rows, (y, z) = np.ones([ROWS, 6], "f"), batch(0)
    before = made.evaluate(rows, [y, z], verbose=0)
    made.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(rows, [y, z], verbose=0) == before
    first, second = made.predict(rows, verbose=0)
    alone = float(LOSS(y, first)) + 0.5 * float(LOSS(z, second))
    assert before == pytest.approx(alone + float(sum(made.losses)), rel=1e-6)
    loaded.compile("sgd", "mse")  # as any model
    mean = (np.square(first - y).mean() + np.square(second - z).mean()).item()
    after = loaded.evaluate(rows, [y, z], verbose=0)
    assert np.ravel(after)[0] == pytest.approx(mean + float(sum(made.losses)), rel=1e-6)


@pytest.mark.parametrize(
    "formula", ["loss +", "loss - penalties", "losses", "exp(loss)", "loss, 1", "penalties[0]"]
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="expected a formula of loss and penalties"):
        TF1Cost(formula, LOSS)(*batch(0), penalties={"a": tf.constant(1.0)})


def test_penalties_are_those_of_the_weights_that_are_named() -> None:
    penalties = {
        f"model/{name}/kernel": tf.constant(size) for name, size in (("a", 2.0), ("b", 3.0))
    }
    cost = TF1Cost("penalties[0:1] + 0 * loss", LOSS, order=["b/kernel", "a/kernel"])
    assert cost(*batch(0), penalties=penalties).numpy() == 3
    with pytest.raises(ValueError, match="expected each of model/a/kernel, model/b/kernel once"):
        TF1Cost("loss", LOSS, order=["kernel", "b/kernel"])(*batch(0), penalties=penalties)


def test_penalties_need_a_model_that_has_them() -> None:
    with pytest.raises(ValueError, match="expected a TF1Model"):
        TF1Cost("loss + penalties", LOSS)(*batch(0))
