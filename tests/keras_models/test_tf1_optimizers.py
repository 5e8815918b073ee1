"""Each Keras optimizer on a TensorFlow 1 kernel is that TensorFlow 1 optimizer, bit for bit."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.tf1_optimizers import TF1Adagrad, TF1GradientDescent, TF1Momentum, TF1RMSProp

v1 = tf.compat.v1.train
PAIRS = {
    "sgd": (lambda: v1.GradientDescentOptimizer(0.03), TF1GradientDescent(0.03)),
    "momentum": (lambda: v1.MomentumOptimizer(0.03, 0.8), TF1Momentum(0.03, 0.8)),
    "nesterov": (
        lambda: v1.MomentumOptimizer(0.03, 0.9, use_nesterov=True),
        TF1Momentum(0.03, 0.9, nesterov=True),
    ),
    "rmsprop": (lambda: v1.RMSPropOptimizer(0.03), TF1RMSProp(0.03)),
    "rmsprop_momentum": (
        lambda: v1.RMSPropOptimizer(0.03, decay=0.8, momentum=0.7, epsilon=1e-5),
        TF1RMSProp(0.03, rho=0.8, momentum=0.7, epsilon=1e-5),
    ),
    "adagrad": (lambda: v1.AdagradOptimizer(0.03), TF1Adagrad(0.03)),
    "adagrad_started_elsewhere": (
        lambda: v1.AdagradOptimizer(0.03, initial_accumulator_value=0.3),
        TF1Adagrad(0.03, initial_accumulator_value=0.3),
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PAIRS)
def test_keras_optimizer_equals_tf1s_on_any_gradient(name: str, dtype: str) -> None:
    make, made = PAIRS[name]
    rng = np.random.default_rng(0)
    start = rng.standard_normal((5, 3)).astype(dtype)
    scales = np.float64(10.0) ** rng.integers(-20, 10, (100, 1, 1))
    gradients = (rng.standard_normal((100, 5, 3)) * scales).astype(dtype)

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        theirs = tf.compat.v1.Variable(start, use_resource=False)
        fed = tf.compat.v1.placeholder(dtype, start.shape)
        optimizer = make()
        update = optimizer.apply_gradients([(fed, theirs)])
        session.run(tf.compat.v1.global_variables_initializer())
        for gradient in gradients:
            session.run(update, {fed: gradient})
        expected = session.run(theirs)
        slots = [optimizer.get_slot(theirs, slot) for slot in optimizer.get_slot_names()]
        expected_slots = [array.tobytes() for array in session.run(slots)]

    ours: Any = keras.Variable(start, dtype=dtype)
    optimizer = type(made).from_config(made.get_config())  # and so its config is complete
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [ours])
    assert ours.numpy().tobytes() == expected.tobytes()
    kept = [of[0].numpy().tobytes() for of in optimizer.slot_variables.values()]
    assert sorted(kept) == sorted(expected_slots)


SPARSE = ("momentum", "nesterov", "rmsprop", "rmsprop_momentum", "adagrad")
"""Whose updates of looked-up rows alone are TensorFlow 1's as well."""


@pytest.mark.parametrize("name", SPARSE)
def test_rows_that_are_not_looked_up_stay_as_in_tf1(name: str) -> None:
    """Every bit of rows that a batch names once, twice or not at all."""
    make, made = PAIRS[name]
    rng = np.random.default_rng(0)
    start = rng.standard_normal((6, 3)).astype(np.float32)
    rows = rng.integers(0, 6, (30, 4)).astype(np.int32)
    values = rng.standard_normal((30, 4, 3)).astype(np.float32)

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        theirs = tf.compat.v1.Variable(start, use_resource=False)
        fed = tf.compat.v1.placeholder(tf.float32, [4, 3]), tf.compat.v1.placeholder(tf.int32, [4])
        update = make().apply_gradients([(tf.IndexedSlices(*fed, tf.shape(theirs)), theirs)])
        session.run(tf.compat.v1.global_variables_initializer())
        for batch in zip(values, rows, strict=True):
            session.run(update, dict(zip(fed, batch, strict=True)))
        expected = session.run(theirs)

    ours: Any = keras.Variable(start)
    optimizer = type(made).from_config(made.get_config())
    for batch in zip(values, rows, strict=True):
        gradient = tf.IndexedSlices(*map(tf.constant, batch), tf.constant(start.shape))
        optimizer.apply([gradient], [ours])
    assert ours.numpy().tobytes() == expected.tobytes()
