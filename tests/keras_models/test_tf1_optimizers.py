"""Each Keras optimizer on a TensorFlow 1 kernel is that TensorFlow 1 optimizer, bit for bit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.exact import AddV2Dense, TF1Adam
from keras_models.tf1_optimizers import (
    TF1Adadelta,
    TF1Adagrad,
    TF1AdamW,
    TF1Ftrl,
    TF1GradientDescent,
    TF1LazyAdam,
    TF1Momentum,
    TF1Nadam,
    TF1ProximalAdagrad,
    TF1ProximalGradientDescent,
    TF1RMSProp,
)
from tests.promises.test_genuine import on_tf115
from tests.slow import few_of
from tests.support import tf115

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
    "adam": (lambda: v1.AdamOptimizer(0.03, 0.8, 0.99), TF1Adam(0.03, 0.8, 0.99)),
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
    scales = np.float64(10.0) ** rng.integers(-20, 10, (50, 1, 1))
    gradients = (rng.standard_normal((50, 5, 3)) * scales).astype(dtype)

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


AS_A_GRAPH = {"adam"}
"""Whose ops for rows round otherwise where they run one by one: see the trained models below."""


@pytest.mark.parametrize("name", sorted({*PAIRS} - AS_A_GRAPH))
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


@pytest.mark.parametrize("by_step", [False, True])
def test_averages_are_tf1s(by_step: bool) -> None:
    """From the initial value, and with num_updates."""
    rng = np.random.default_rng(0)
    start, *gradients = rng.standard_normal((51, 5, 3)).astype(np.float32)
    with tf.Graph().as_default(), tf1.Session() as session:
        theirs, fed = tf1.Variable(start, use_resource=True), tf1.placeholder("float32", [5, 3])
        step = v1.get_or_create_global_step()
        update = v1.MomentumOptimizer(0.03, 0.8).apply_gradients([(fed, theirs)], step)
        average = v1.ExponentialMovingAverage(0.9, step if by_step else None)
        with tf.control_dependencies([update]):
            update = average.apply([theirs])
        session.run(tf1.global_variables_initializer())
        for gradient in gradients:
            session.run(update, {fed: gradient})
        expected = session.run(average.average(theirs))

    ours = keras.Variable(start)
    made = TF1Momentum(0.03, 0.8, use_ema=True, ema_momentum=0.9, ema_num_updates=by_step)
    optimizer = TF1Momentum.from_config(made.get_config())
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [ours])
    optimizer.finalize_variable_values([ours])
    assert ours.numpy().tobytes() == expected.tobytes()


TRAINED = (
    *("sgd", "nesterov", "rmsprop_centered", "adagrad", "adadelta_of_the_paper"),
    *("ftrl_regularized", "ftrl_shrinking", "proximal_sgd", "proximal_adagrad", "adam"),
)
"""Each optimizer once, with as many of its settings as there are."""


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """50 batches of 16 and 17 rows of four ids from twelve, so that ids repeat; and a target."""
    rng = np.random.default_rng(1)
    for index in range(50):
        rows = 16 + index % 2
        yield rng.integers(0, 12, (rows, 4)), rng.standard_normal((rows, 1)).astype(np.float32)


START = {
    name: np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for name, shape in (("table", (12, 3)), ("kernel", (12, 1)), ("bias", (1,)))
}


def trained_in_tf1(build: Callable) -> list[bytes]:
    """The weights after those batches; `build` gives what is fed and the update."""
    with tf.Graph().as_default(), tf1.Session() as session:
        ids, y, update = build()
        session.run(tf1.global_variables_initializer())
        for variable in tf1.trainable_variables():
            variable.load(START[variable.op.name], session)
        for fed in batches():
            session.run(update, dict(zip((ids, y), fed, strict=True)))
        return [array.tobytes() for array in session.run(tf1.trainable_variables())]


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


def trained_in_keras(made: Any, folder: Path) -> list[bytes]:
    """The same of a Keras model, which is saved and loaded half way."""
    model: Any = keras.Sequential(
        [
            keras.Input([4], dtype="int64"),
            keras.layers.Embedding(12, 3),
            keras.layers.Flatten(),
            AddV2Dense(1),
        ]
    )
    model.compile(type(made).from_config(made.get_config()), "mse")
    model.set_weights(list(START.values()))
    step = step_of(model)
    for index, (ids, y) in enumerate(batches()):
        if index == 25:
            model.save(folder / "half.keras")
            model = keras.models.load_model(folder / "half.keras")
            step = step_of(model)
        step(ids, y)
    return [weight.tobytes() for weight in model.get_weights()]


@pytest.mark.parametrize("name", few_of(TRAINED, "adam", "adagrad", "proximal_sgd"))
def test_a_saved_model_trains_on_as_tf1_would_have(name: str, tmp_path: Path) -> None:
    make, made = PAIRS[name]
    assert trained_in_keras(made, tmp_path) == trained_in_tf1(lambda: tf115.embedded(make))


CONTRIB = {
    "TF1AdamW": TF1AdamW(0.02, 0.03, 0.8, 0.99, 1e-6),
    "TF1LazyAdam": TF1LazyAdam(0.03, 0.8, 0.99, 1e-6),
    "TF1Nadam": TF1Nadam(0.03, 0.8, 0.99, 1e-6),
}


@pytest.fixture(scope="module")
def contrib(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph for each, that TensorFlow 1.15.5 made."""
    folder = tmp_path_factory.mktemp("contrib")
    on_tf115("contrib", folder)
    return folder


@pytest.mark.parametrize("name", CONTRIB)
def test_contribs_optimizers_are_those_of_genuine_graphs(
    name: str, contrib: Path, tmp_path: Path
) -> None:

    def build() -> list[str]:
        tf1.train.import_meta_graph(str(contrib / f"{name}.meta"))
        return ["ids:0", "y:0", "update"]

    assert trained_in_keras(CONTRIB[name], tmp_path) == trained_in_tf1(build)
