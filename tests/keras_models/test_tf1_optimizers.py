"""Each Keras optimizer on a TensorFlow 1 kernel is that TensorFlow 1 optimizer, bit for bit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.exact import AddV2Dense
from keras_models.tf1_optimizers import (
    TF1Adadelta,
    TF1Adagrad,
    TF1Ftrl,
    TF1GradientDescent,
    TF1Momentum,
    TF1ProximalAdagrad,
    TF1ProximalGradientDescent,
    TF1RMSProp,
)

tf1 = tf.compat.v1
v1 = tf.compat.v1.train
L1_L2 = {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.03}
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
    "rmsprop_centered": (
        lambda: v1.RMSPropOptimizer(0.03, decay=0.8, momentum=0.7, centered=True),
        TF1RMSProp(0.03, rho=0.8, momentum=0.7, centered=True),
    ),
    "adagrad": (lambda: v1.AdagradOptimizer(0.03), TF1Adagrad(0.03)),
    "adagrad_started_elsewhere": (
        lambda: v1.AdagradOptimizer(0.03, initial_accumulator_value=0.3),
        TF1Adagrad(0.03, initial_accumulator_value=0.3),
    ),
    "adadelta": (v1.AdadeltaOptimizer, TF1Adadelta()),
    "adadelta_of_the_paper": (
        lambda: v1.AdadeltaOptimizer(1.0, rho=0.9, epsilon=1e-6),
        TF1Adadelta(1.0, rho=0.9, epsilon=1e-6),
    ),
    "ftrl": (lambda: v1.FtrlOptimizer(0.03), TF1Ftrl(0.03)),
    "ftrl_regularized": (
        lambda: v1.FtrlOptimizer(0.03, -0.3, 0.2, **L1_L2),
        TF1Ftrl(0.03, -0.3, 0.2, **L1_L2),
    ),
    "ftrl_shrinking": (
        lambda: v1.FtrlOptimizer(0.03, l2_shrinkage_regularization_strength=0.04, **L1_L2),
        TF1Ftrl(0.03, l2_shrinkage_regularization_strength=0.04, **L1_L2),
    ),
    "proximal_sgd": (
        lambda: v1.ProximalGradientDescentOptimizer(0.03, **L1_L2),
        TF1ProximalGradientDescent(0.03, **L1_L2),
    ),
    "proximal_adagrad": (
        lambda: v1.ProximalAdagradOptimizer(0.03, 0.2, **L1_L2),
        TF1ProximalAdagrad(0.03, 0.2, **L1_L2),
    ),
}
DTYPES = [
    (name, dtype)
    for name in PAIRS
    for dtype in ("float32", "float64")
    if dtype == "float32" or not name.startswith("proximal")  # TensorFlow 1 refuses those
]


@pytest.mark.parametrize(("name", "dtype"), DTYPES)
def test_keras_optimizer_equals_tf1s_on_any_gradient(name: str, dtype: str) -> None:
    make, made = PAIRS[name]
    rng = np.random.default_rng(0)
    start = rng.standard_normal((5, 3)).astype(dtype)
    scales = np.float64(10.0) ** rng.integers(-20, 10, (100, 1, 1))
    gradients = (rng.standard_normal((100, 5, 3)) * scales).astype(dtype)

    with tf.Graph().as_default(), tf1.Session() as session:
        theirs = tf1.Variable(start, use_resource=False)
        fed = tf1.placeholder(dtype, start.shape)
        optimizer = make()
        update = optimizer.apply_gradients([(fed, theirs)])
        session.run(tf1.global_variables_initializer())
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


@pytest.mark.parametrize("name", PAIRS)
def test_rows_that_are_not_looked_up_stay_as_in_tf1(name: str) -> None:
    """Every bit of rows that a batch names once, twice or not at all."""
    make, made = PAIRS[name]
    rng = np.random.default_rng(0)
    start = rng.standard_normal((6, 3)).astype(np.float32)
    rows = rng.integers(0, 6, (30, 4)).astype(np.int32)
    values = rng.standard_normal((30, 4, 3)).astype(np.float32)

    with tf.Graph().as_default(), tf1.Session() as session:
        theirs = tf1.Variable(start, use_resource=False)
        fed = tf1.placeholder(tf.float32, [4, 3]), tf1.placeholder(tf.int32, [4])
        update = make().apply_gradients([(tf.IndexedSlices(*fed, tf.shape(theirs)), theirs)])
        session.run(tf1.global_variables_initializer())
        for batch in zip(values, rows, strict=True):
            session.run(update, dict(zip(fed, batch, strict=True)))
        expected = session.run(theirs)

    ours: Any = keras.Variable(start)
    optimizer = type(made).from_config(made.get_config())
    for batch in zip(values, rows, strict=True):
        gradient = tf.IndexedSlices(*map(tf.constant, batch), tf.constant(start.shape))
        optimizer.apply([gradient], [ours])
    assert ours.numpy().tobytes() == expected.tobytes()


TRAINED = (
    *("sgd", "nesterov", "rmsprop_centered", "adagrad", "adadelta_of_the_paper"),
    *("ftrl_regularized", "ftrl_shrinking", "proximal_sgd", "proximal_adagrad"),
)
"""Each optimizer once, with as many of its settings as there are."""


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """50 batches of 16 and 17 rows of four ids from twelve, so that ids repeat; and a target."""
    rng = np.random.default_rng(1)
    for index in range(50):
        rows = 16 + index % 2
        yield rng.integers(0, 12, (rows, 4)), rng.standard_normal((rows, 1)).astype(np.float32)


def trained_in_tf1(make: Callable, start: dict[str, np.ndarray]) -> list[np.ndarray]:
    """An embedding and a dense layer after those batches."""
    with tf.Graph().as_default(), tf1.Session() as session:
        ids, y = tf1.placeholder(tf.int64, [None, 4]), tf1.placeholder(tf.float32, [None, 1])
        table, kernel, bias = (tf1.Variable(a, use_resource=False) for a in start.values())
        rows = tf.reshape(tf.nn.embedding_lookup(table, ids), [-1, 12])
        update = make().minimize(tf.reduce_mean(tf.square(tf.matmul(rows, kernel) + bias - y)))
        session.run(tf1.global_variables_initializer())
        for fed in batches():
            session.run(update, dict(zip((ids, y), fed, strict=True)))
        return session.run([table, kernel, bias])


def step_of(model: keras.Model) -> Callable:
    """An update of `model` as TensorFlow 1's graph has it, with an open number of rows."""

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, 4], tf.int64), tf.TensorSpec([None, 1])],
    )
    def step(ids: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(ids, training=True) - y))
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)

    return step


@pytest.mark.parametrize("name", TRAINED)
def test_a_saved_model_trains_on_as_tf1_would_have(name: str, tmp_path: Path) -> None:
    make, made = PAIRS[name]
    rng = np.random.default_rng(0)
    shapes = {"table": (12, 3), "kernel": (12, 1), "bias": (1,)}
    start = {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    model: Any = keras.Sequential(
        [
            keras.Input([4], dtype="int64"),
            keras.layers.Embedding(12, 3),
            keras.layers.Flatten(),
            AddV2Dense(1),
        ]
    )
    model.compile(type(made).from_config(made.get_config()), "mse")
    model.set_weights(list(start.values()))
    step = step_of(model)
    for index, (ids, y) in enumerate(batches()):
        if index == 25:
            model.save(tmp_path / "half.keras")
            model = keras.models.load_model(tmp_path / "half.keras")
            step = step_of(model)
        step(ids, y)
    ours = [weight.tobytes() for weight in model.get_weights()]
    assert ours == [weight.tobytes() for weight in trained_in_tf1(make, start)]
