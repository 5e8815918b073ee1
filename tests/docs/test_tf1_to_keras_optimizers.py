"""docs/understand/tf1-to-keras.md: its statements on optimizers and learning rates are computed."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.tf1_optimizers import TF1Adadelta, TF1Ftrl, TF1Momentum, TF1RMSProp
from tests.support.tf1_to_keras import ROUNDING, embedded, session_run, trained, v1


@pytest.mark.parametrize("rates", [(0.1, 0.1, 0.1), (0.1, 0.1, 0.01)])
def test_momentum_differs_once_the_rate_changes(rates: tuple[float, ...]) -> None:
    start, gradient = np.array([1.0], np.float32), np.array([0.5], np.float32)
    theirs = trained(
        lambda rate: v1.train.MomentumOptimizer(rate, 0.9),
        start,
        [(gradient, rate) for rate in rates],
    )
    variable, optimizer = keras.Variable(start), keras.optimizers.SGD(0.1, momentum=0.9)
    for rate in rates:
        optimizer.learning_rate = rate
        optimizer.apply([tf.constant(gradient)], [variable])
    far = abs(variable.numpy() - theirs[-1])[0]
    assert far < ROUNDING if len(set(rates)) == 1 else far > 0.01


RULES = {
    "Adagrad": (v1.train.AdagradOptimizer, keras.optimizers.Adagrad(0.1, epsilon=0.0)),
    "Adadelta": (v1.train.AdadeltaOptimizer, keras.optimizers.Adadelta(0.1, epsilon=1e-8)),
    "Adam": (v1.train.AdamOptimizer, keras.optimizers.Adam(0.1, epsilon=1e-8)),
    "Ftrl": (v1.train.FtrlOptimizer, keras.optimizers.Ftrl(0.1)),
}


@pytest.mark.parametrize("name", RULES)
def test_with_what_the_table_names_mended_optimizers_agree(name: str) -> None:
    theirs, ours = RULES[name]
    random = np.random.default_rng(0)
    start = random.standard_normal([4]).astype(np.float32)
    gradients = random.standard_normal([10, 4]).astype(np.float32)
    expected = trained(theirs, start, [(gradient, 0.1) for gradient in gradients])[-1]
    variable = keras.Variable(start)
    for gradient in gradients:
        ours.apply([tf.constant(gradient)], [variable])
    assert variable.numpy() == pytest.approx(expected, rel=1e-4)


def test_rmsprop_starts_elsewhere() -> None:
    start, gradient = np.array([1.0], np.float32), np.array([0.5], np.float32)
    (theirs,) = trained(lambda rate: v1.train.RMSPropOptimizer(rate), start, [(gradient, 0.01)])
    variable, optimizer = keras.Variable(start), keras.optimizers.RMSprop(0.01)
    optimizer.apply([tf.constant(gradient)], [variable])
    assert 3 * abs(theirs - start)[0] < abs(variable.numpy() - start)[0]
    assert abs(theirs - start)[0] == pytest.approx(0.01 * 0.5 / np.sqrt(0.9 + 0.1 * 0.25), rel=1e-4)
    (theirs,) = trained(
        lambda rate: v1.train.RMSPropOptimizer(rate, epsilon=0.5), start, [(gradient, 0.01)]
    )
    variable, optimizer = keras.Variable(start), keras.optimizers.RMSprop(0.01, epsilon=0.5)
    optimizer.build([variable])
    for slot in optimizer.variables:
        if "velocity" in slot.path:
            slot.assign([1.0])
    optimizer.apply([tf.constant(gradient)], [variable])
    assert variable.numpy() == pytest.approx(theirs, rel=ROUNDING)  # the root has both epsilons


EMBEDDED = {
    "Adam": (v1.train.AdamOptimizer, keras.optimizers.Adam(0.1, epsilon=1e-8)),
    "Adagrad": (v1.train.AdagradOptimizer, keras.optimizers.Adagrad(0.1, epsilon=0.0)),
    "RMSProp": (v1.train.RMSPropOptimizer, keras.optimizers.RMSprop(0.1, epsilon=1e-10)),
    "SGD": (v1.train.GradientDescentOptimizer, keras.optimizers.SGD(0.1)),
    "Momentum": (
        lambda rate: v1.train.MomentumOptimizer(rate, 0.9),
        keras.optimizers.SGD(0.1, momentum=0.9),
    ),
    "Adadelta": (
        lambda rate: v1.train.AdadeltaOptimizer(1.0, 0.9, 1e-2),
        keras.optimizers.Adadelta(1.0, 0.9, 1e-2),
    ),
    "Ftrl": (v1.train.FtrlOptimizer, keras.optimizers.Ftrl(0.1)),
}


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("ids", [[1, 1], [1, 2]])
def test_repeated_ids_are_squared_one_by_one(name: str, ids: list[int]) -> None:
    theirs, ours = embedded(*EMBEDDED[name], [(ids, [1.0, 2.0])] * 2)
    if len(set(ids)) == 2 or name in ("SGD", "Momentum"):
        assert ours[:, ids] == pytest.approx(theirs[:, ids], rel=1e-4)
    else:
        assert (ours[:, 1] > 1.05 * theirs[:, 1]).all()
        once = embedded(*EMBEDDED[name], [([1], [3.0])] * 2)[1]
        assert once[:, 1] == pytest.approx(theirs[:, 1], rel=1e-4)


THEIRS = {
    "Momentum": TF1Momentum(0.1, momentum=0.9),
    "RMSProp": TF1RMSProp(0.1),
    "Adadelta": TF1Adadelta(1.0, 0.9, 1e-2),
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_absent_rows_stay_in_tensorflow_1(name: str) -> None:
    """Row 1 in the first and the last batch only."""
    batches = [([1], [1.0]), ([2], [1.0]), ([2], [1.0]), ([1], [1.0])]
    theirs, ours = embedded(*EMBEDDED[name], batches)
    assert (theirs[2, 1] == theirs[0, 1]) == (name != "Adam")
    assert (ours[2, 1] == ours[0, 1]) == (name not in ("Adam", "Momentum"))
    far = abs(ours[3, 1] - theirs[3, 1])
    assert far > 5e-4 if name in THEIRS else far < 1e-5
    if name in THEIRS:
        _, ours = embedded(EMBEDDED[name][0], THEIRS[name], batches)
        assert ours == pytest.approx(theirs, rel=1e-5)


def test_ftrl_zeroes_rows_that_no_batch_has_looked_up() -> None:
    start = np.ones([3], np.float32)
    rows = [1.0], [1], [3]

    def build() -> Any:
        table = v1.Variable(start, use_resource=True)
        gradient = tf.IndexedSlices(*map(tf.constant, rows))
        with tf.control_dependencies(
            [v1.train.FtrlOptimizer(0.1).apply_gradients([(gradient, table)])]
        ):
            return table.read_value()

    expected = session_run(build)
    assert expected[[0, 2]].tolist() == [1, 1]
    for optimizer, others in ((keras.optimizers.Ftrl(0.1), 0), (TF1Ftrl(0.1), 1)):
        table = keras.Variable(start)
        optimizer.apply([tf.IndexedSlices(*map(tf.constant, rows))], [table])
        assert table.numpy() == pytest.approx([others, expected[1], others], rel=ROUNDING)


def test_clipnorm_is_not_the_global_norm() -> None:
    gradients = [np.array([3.0], np.float32), np.array([0.4], np.float32)]
    together = session_run(lambda: v1.clip_by_global_norm(gradients, 1.0)[0])
    apart = session_run(lambda: [v1.clip_by_norm(gradient, 1.0) for gradient in gradients])
    for option, expected in (("global_clipnorm", together), ("clipnorm", apart)):
        variables = [keras.Variable(np.zeros([1], np.float32)) for _ in gradients]
        optimizer = keras.optimizers.SGD(1.0, **{option: 1.0})
        optimizer.apply([tf.constant(gradient) for gradient in gradients], variables)
        for variable, clipped in zip(variables, expected, strict=True):
            assert -variable.numpy() == pytest.approx(clipped, rel=ROUNDING)
    assert abs(together[1] - apart[1])[0] > 0.1


def test_averages_start_elsewhere() -> None:
    """One update from 1 to 0, with a decay of 0.9."""

    def build() -> Any:
        variable = v1.Variable(np.float32(1.0), use_resource=True)
        average = v1.train.ExponentialMovingAverage(0.9)
        update = v1.train.GradientDescentOptimizer(1.0).minimize(variable * 1.0)
        with tf.control_dependencies([update]):
            kept = average.apply([variable])
        with tf.control_dependencies([kept]):
            return average.average(variable).read_value()

    assert session_run(build) == pytest.approx(0.9, rel=ROUNDING)
    variable = keras.Variable(np.float32(1.0))
    optimizer = keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.9)
    optimizer.apply([tf.constant(1.0)], [variable])
    optimizer.finalize_variable_values([variable])
    assert variable.numpy() == 0.0


schedules = keras.optimizers.schedules
SCHEDULES = {
    "exponential": (
        lambda step: v1.train.exponential_decay(0.1, step, 7, 0.5),
        schedules.ExponentialDecay(0.1, 7, 0.5),
    ),
    "staircase": (
        lambda step: v1.train.exponential_decay(0.1, step, 7, 0.5, staircase=True),
        schedules.ExponentialDecay(0.1, 7, 0.5, staircase=True),
    ),
    "polynomial": (
        lambda step: v1.train.polynomial_decay(0.1, step, 7),
        schedules.PolynomialDecay(0.1, 7),
    ),
    "cycle": (
        lambda step: v1.train.polynomial_decay(0.1, step, 7, power=2.0, cycle=True),
        schedules.PolynomialDecay(0.1, 7, power=2.0, cycle=True),
    ),
    "piecewise": (
        lambda step: v1.train.piecewise_constant(step, [5, 9], [0.1, 0.01, 0.001]),
        schedules.PiecewiseConstantDecay([5, 9], [0.1, 0.01, 0.001]),
    ),
    "cosine": (
        lambda step: v1.train.cosine_decay(0.1, step, 17),
        schedules.CosineDecay(0.1, 17),
    ),
    "inverse": (
        lambda step: v1.train.inverse_time_decay(0.1, step, 7, 0.5),
        schedules.InverseTimeDecay(0.1, 7, 0.5),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_the_same(name: str) -> None:
    theirs, ours = SCHEDULES[name]

    def build() -> Any:
        rates = [theirs(tf.constant(step)) for step in range(25)]
        return [rate() if callable(rate) else rate for rate in rates]

    rates = [float(ours(step)) for step in range(25)]
    assert rates == pytest.approx(session_run(build), rel=ROUNDING, abs=1e-9)
    if name == "piecewise":
        assert rates[5] == pytest.approx(0.1)
        assert rates[6] == pytest.approx(0.01)
