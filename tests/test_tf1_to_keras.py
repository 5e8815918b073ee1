"""docs/tf1-to-keras.md and its Chinese twin: every default is read back, every claim computed."""

import ast
import inspect
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import ROOT, golden
from tests.test_genuine import tf115
from training.runs import read_json

v1 = tf.compat.v1
PAGES = {
    language: (ROOT / "docs" / f"tf1-to-keras{language}.md").read_text(encoding="utf-8")
    for language in ("", ".zh-CN")
}
SILENT = {"": "What changes in silence", ".zh-CN": "悄悄变了的地方"}
OF_ANY = {"": r"`(\w+)` of any optimizer", ".zh-CN": r"`(\w+)`，任何优化器都有"}
PLACES = {"keras": keras, "tf": tf}
ROUNDING = 2e-6
"""How far float32 may be away where both sides compute the same formula in other ops."""


class Row(NamedTuple):
    """A line of the tables: both calls, and the defaults that are quoted of them."""

    tf1: str
    tf1_defaults: dict[str, Any]
    keras: str
    keras_defaults: dict[str, Any]
    change: str


def rows(page: str) -> Iterator[Row]:
    for line in page.splitlines():
        if line.startswith("| `tf."):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            assert len(cells) == 5, line
            names = [re.match(r"`([\w.]+)`", cell) for cell in (cells[0], cells[2])]
            tf1, counterpart = (name[1] if name else "" for name in names)
            yield Row(tf1, quoted(cells[1]), counterpart, quoted(cells[3]), cells[4])


def quoted(cell: str) -> dict[str, Any]:
    """`a=1`, `b=relu` -> {"a": 1, "b": "relu"}."""
    found = dict(re.findall(r"`(\w+)=([^`]+)`", cell))
    assert found or cell == "-", cell
    return {name: value_of(text) for name, text in found.items()}


def value_of(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except ValueError:
        return text


def find(name: str) -> Any:
    first, *parts = name.split(".")
    found = PLACES[first]
    for part in parts:
        found = getattr(found, part)
    return found


def defaults(call: Any) -> dict[str, Any]:
    parameters = inspect.signature(call.__init__ if inspect.isclass(call) else call).parameters
    return {p.name: p.default for p in parameters.values() if p.default is not p.empty}


def same(quoted: Any, found: Any) -> bool:
    found = tuple(found) if isinstance(found, list) else found
    return type(quoted) is type(found) and quoted == found


ROWS = list(rows(PAGES[""]))
languages = pytest.mark.parametrize("language", PAGES)


def test_the_chinese_page_has_the_same_rows() -> None:
    theirs = list(rows(PAGES[".zh-CN"]))
    assert [row[:4] for row in theirs] == [row[:4] for row in ROWS]
    unchanged = [row.change.startswith("不变") for row in theirs]
    assert unchanged == [row.change.startswith("nothing") for row in ROWS]


def test_the_page_has_some_seventy_calls() -> None:
    """As README, troubleshooting and tutorial say."""
    assert 65 <= len({row.tf1 for row in ROWS}) <= 79
    assert {row.tf1 for row in ROWS} >= {
        f"tf.train.{rule}Optimizer" for rule in ("Adam", "RMSProp")
    }


def test_tensorflow_1_defaults_are_those_of_1_15() -> None:
    recorded = golden("tf115_signatures")
    for row in ROWS:
        for name, value in row.tf1_defaults.items():
            assert same(value, recorded[row.tf1][name]), (row.tf1, name)


def test_what_tensorflow_2_ships_of_tensorflow_1_has_the_same_defaults() -> None:
    checked = 0
    for row in ROWS:
        if re.match(r"tf\.(layers|contrib|nn\.rnn_cell)\.", row.tf1):
            with pytest.raises(AttributeError, match=r"not available with Keras 3|contrib"):
                find(row.tf1.replace("tf.", "tf.compat.v1.", 1))
            continue
        call = find(row.tf1.replace("tf.", "tf.compat.v1.", 1))
        for name, value in row.tf1_defaults.items():
            checked += 1
            assert value == defaults(call)[name], (row.tf1, name)
    assert checked > 40


def test_keras_defaults_are_those_of_the_installed_keras() -> None:
    checked = 0
    for row in ROWS:
        if row.keras.startswith(("keras.", "tf.")):
            call = find(row.keras)
            for name, value in row.keras_defaults.items():
                checked += 1
                assert same(value, defaults(call)[name]), (row.keras, name)
        else:
            assert not row.keras_defaults
    assert checked > 60


@languages
def test_any_optimizer_has_what_is_said_of_any(language: str) -> None:
    named = re.findall(OF_ANY[language], PAGES[language])
    assert len(named) == 3
    for name in named:
        assert name in defaults(keras.optimizers.SGD)


def test_where_nothing_changes_the_defaults_are_equal() -> None:
    """But for those in which another word, or None, means the same."""
    alike = {
        ("tf.layers.dense", "kernel_initializer"),
        ("tf.layers.dense", "bias_initializer"),
        ("tf.layers.conv2d", "kernel_initializer"),
        ("tf.Variable", "trainable"),
        ("tf.one_hot", "axis"),
        ("tf.layers.flatten", "data_format"),
    }
    differing = {
        (row.tf1, name)
        for row in ROWS
        if row.change.startswith("nothing")
        for name in row.tf1_defaults.keys() & row.keras_defaults.keys()
        if row.tf1_defaults[name] != row.keras_defaults[name]
    }
    assert differing == alike
    one_hot = session_run(lambda: v1.one_hot([[2, 0]], 3))
    assert one_hot.tolist() == keras.ops.one_hot([[2, 0]], 3).numpy().tolist()


def test_recorded_defaults_are_genuine(tmp_path: Path) -> None:
    tf115("signatures", ROOT / "docs" / "tf1-to-keras.md", tmp_path / "out.json")
    assert read_json(tmp_path / "out.json") == golden("tf115_signatures")


@languages
def test_numbered_statements_are_there_and_name_their_tests(language: str) -> None:
    tables, _, statements = PAGES[language].partition(f"\n## {SILENT[language]}\n")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", statements, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(n) for n in re.findall(r" \[(\d+)\]", tables)} == set(numbers)
    named = re.findall(r"`(test_\w+)`", statements)
    assert len(named) == len(numbers)
    for name in named:
        assert callable(globals()[name])


def session_run(build: Any) -> Any:
    """What `build()`, any TensorFlow 1 code, gives in a graph of its own."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        tensors = build()
        session.run(v1.global_variables_initializer())
        return session.run(tensors)


def trained(optimizer: Any, start: np.ndarray, gradients: list[Any]) -> list[np.ndarray]:
    """What a TensorFlow 1 optimizer makes of a variable, gradient by gradient."""
    with tf.Graph().as_default(), v1.Session() as session:
        variable, fed = v1.Variable(start), v1.placeholder(tf.float32, start.shape)
        rate = v1.placeholder_with_default(np.float32(1.0), [])
        update = optimizer(rate).apply_gradients([(fed, variable)])
        session.run(v1.global_variables_initializer())
        found = []
        for gradient, of_step in gradients:
            session.run(update, {fed: gradient, rate: of_step})
            found.append(session.run(variable))
        return found


def dense(units: int = 3, **options: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input([4]), keras.layers.Dense(units, **options)])


def batch(number: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.standard_normal((number, 4)).astype(np.float32)
    return x, np.eye(3, dtype=np.float32)[random.integers(3, size=number)]


def test_both_sides_start_from_glorots_range() -> None:
    limit = np.sqrt(6 / 500)
    theirs = session_run(lambda: v1.get_variable("W", [300, 200]))
    ours = keras.layers.Dense(200)
    ours.build([None, 300])
    own = keras.layers.Layer()
    for drawn in (theirs, ours.kernel.numpy(), own.add_weight(shape=[300, 200]).numpy()):
        assert 0.99 * limit < np.abs(drawn).max() <= limit
        assert drawn.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)  # uniform


def test_the_loss_is_that_before_the_update() -> None:
    x, y = batch()
    model = dense()
    model.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(True))
    losses, expected = [], []
    for _ in range(3):
        expected.append(float(model.loss(y, model(x))))
        losses.append(float(model.train_on_batch(x, y)))
    assert losses == pytest.approx(expected, rel=ROUNDING)
    assert losses[2] < losses[1] < losses[0]

    def build() -> Any:
        fed = v1.Variable(np.float32(3.0))
        cost = fed * 1.0
        update = v1.train.GradientDescentOptimizer(1.0).minimize(cost)
        return [update, cost]

    assert session_run(build)[1] == 3.0
    before = float(model.loss(y, model(x)))
    history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([before], rel=ROUNDING)
    model.optimizer.learning_rate = 0.0  # so that the loss of all rows is that of every batch
    x, y = batch(12)
    history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([float(model.loss(y, model(x)))], rel=ROUNDING)
    assert float(model.loss(y[:8], model(x[:8]))) != pytest.approx(history["loss"][0], rel=0.01)


def test_fit_takes_batches_of_32() -> None:
    x, y = batch(65)
    model = dense()
    model.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(True))
    model.fit(x, y, verbose=0)
    assert model.optimizer.iterations.numpy() == 3
    model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0)
    assert model.optimizer.iterations.numpy() == 4


def test_statistics_move_in_training_only() -> None:
    x, y = batch()
    layer = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input([4]), layer, keras.layers.Dense(3)])
    model(x)
    assert not layer.moving_mean.numpy().any()
    model(x, training=True)
    once = layer.moving_mean.numpy().copy()
    assert once.all()
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=8, verbose=0)
    assert (layer.moving_mean.numpy() != once).all()
    model.predict(x, verbose=0)


def test_a_seed_gives_other_numbers() -> None:
    theirs = session_run(lambda: v1.random_normal([5]))
    keras.utils.set_random_seed(1)
    assert not np.isclose(theirs, keras.random.normal([5])).any()
    recorded = golden("mnist_5k-seed1234")["initial_sha256"]["W1"]

    def build() -> Any:
        v1.set_random_seed(1234)
        v1.placeholder(tf.float32, [None, 784])
        v1.placeholder(tf.float32, [None, 10])
        return v1.Variable(v1.random_normal([784, 128]))

    assert sha256(session_run(build).tobytes()).hexdigest() != recorded


def test_argmax_has_another_default_axis() -> None:
    logits = np.array([[1.0, 5.0], [3.0, 2.0]], np.float32)
    assert session_run(lambda: v1.argmax(logits)).tolist() == [1, 0]
    assert int(keras.ops.argmax(logits)) == 1
    assert session_run(lambda: v1.argmax(logits, axis=-1)).tolist() == [1, 0]
    assert keras.ops.argmax(logits, axis=-1).numpy().tolist() == [1, 0]


def test_moving_variance_is_divided_by_one_less_in_tensorflow_1() -> None:
    images = np.random.default_rng(0).standard_normal((2, 3, 3, 1)).astype(np.float32)
    values = images.size

    def build() -> Any:
        return v1.nn.fused_batch_norm(images, [1.0], [0.0])[2]

    theirs = session_run(build)[0]
    assert theirs == pytest.approx(images.var() * values / (values - 1), rel=ROUNDING)
    layer = keras.layers.BatchNormalization(momentum=0.0)
    layer(images, training=True)
    assert layer.moving_variance.numpy()[0] == pytest.approx(images.var(), rel=ROUNDING)


def test_keep_prob_is_one_minus_rate() -> None:
    ones = np.ones([10_000], np.float32)
    theirs = session_run(lambda: v1.nn.dropout(ones, keep_prob=0.9))
    for rate, kept in ((0.9, 0.1), (0.1, 0.9)):
        ours = keras.layers.Dropout(rate, seed=0)(ones, training=True).numpy()
        assert (ours > 0).mean() == pytest.approx(kept, abs=0.02)
    assert (theirs > 0).mean() == pytest.approx(0.9, abs=0.02)
    assert theirs.max() == pytest.approx(ours.max(), rel=ROUNDING)  # both scale what is kept


def test_lstm_cell_is_keras_lstm_reordered(tmp_path: Path) -> None:
    tf115("lstm", tmp_path / "out.npz")
    found = np.load(tmp_path / "out.npz")
    assert not found["started"].any()  # the forget gate's one is not in the variable
    layer = keras.layers.LSTM(4, return_sequences=True)
    layer.build(found["x"].shape)
    assert layer.cell.bias.numpy().tolist() == [0] * 4 + [1] * 4 + [0] * 8

    def reordered(array: np.ndarray) -> np.ndarray:
        i, j, f, o = np.split(array, 4, axis=-1)
        return np.concatenate([i, f, j, o], axis=-1)

    kernel, bias = reordered(found["kernel"]), reordered(found["bias"])
    bias[4:8] += 1
    layer.set_weights([kernel[:3], kernel[3:], bias])
    assert layer(found["x"]).numpy() == pytest.approx(found["outputs"], rel=1e-5)


def test_logits_are_taken_for_probabilities() -> None:
    logits = np.array([[2.0, 1.0, 0.5], [0.3, 0.2, 4.0]], np.float32)
    labels = np.eye(3, dtype=np.float32)[:2]
    theirs = session_run(
        lambda: tf.reduce_mean(
            v1.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
        )
    )
    right = keras.losses.CategoricalCrossentropy(from_logits=True)(labels, logits)
    wrong = keras.losses.CategoricalCrossentropy()(labels, logits)
    assert float(right) == pytest.approx(float(theirs), rel=ROUNDING)
    assert np.isfinite(float(wrong))
    assert abs(float(wrong) - float(theirs)) > 0.05
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.arange(2), logits)
    assert float(sparse) == pytest.approx(float(theirs), rel=ROUNDING)
    each = session_run(
        lambda: v1.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    of_rows = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)(labels, logits)
    assert of_rows.numpy() == pytest.approx(each.mean(axis=-1), rel=ROUNDING)


LOSSES = {
    "softmax": (v1.losses.softmax_cross_entropy, keras.losses.CategoricalCrossentropy(True)),
    "squared": (v1.losses.mean_squared_error, keras.losses.MeanSquaredError()),
    "absolute": (v1.losses.absolute_difference, keras.losses.MeanAbsoluteError()),
    "huber": (v1.losses.huber_loss, keras.losses.Huber()),
    "smoothed": (
        lambda y, f, **more: v1.losses.softmax_cross_entropy(y, f, label_smoothing=0.1, **more),
        keras.losses.CategoricalCrossentropy(True, label_smoothing=0.1),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_masked_rows_count_in_keras_mean(name: str) -> None:
    theirs, ours = LOSSES[name]
    y = batch()[1]
    outputs = 3 * np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)
    mask = np.array([1, 0] * 4, np.float32)
    whole = session_run(lambda: theirs(y, outputs))
    assert float(ours(y, outputs)) == pytest.approx(float(whole), rel=ROUNDING)
    weights = mask if name in ("softmax", "smoothed") else mask[:, None]
    masked = session_run(lambda: theirs(y, outputs, weights=weights))
    assert float(ours(y, outputs, mask)) == pytest.approx(float(masked) / 2, rel=ROUNDING)


def test_l2_has_a_half_and_fit_adds_it() -> None:
    W = np.array([[3.0, 4.0]], np.float32)
    assert session_run(lambda: v1.nn.l2_loss(W)) == 12.5
    assert float(keras.regularizers.L2(0.1)(W)) == pytest.approx(2.5, rel=ROUNDING)
    x, y = batch()
    losses = []
    for penalty in (None, keras.regularizers.L2(0.1)):
        model = dense(kernel_initializer="ones", kernel_regularizer=penalty)
        model.compile("sgd", "mse")
        losses.append(model.train_on_batch(x, y))
    assert losses[1] - losses[0] == pytest.approx(0.1 * 12, rel=1e-5)

    def build() -> Any:
        v1.get_variable("W", initializer=W, regularizer=lambda w: 0.1 * v1.nn.l2_loss(w))
        cost = v1.losses.mean_squared_error([1.0], [0.0])
        return [cost, v1.losses.get_total_loss(False), *v1.losses.get_regularization_losses()]

    assert session_run(build) == pytest.approx([1.0, 1.0, 1.25], rel=ROUNDING)


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
