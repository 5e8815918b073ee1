"""`tf1keras rewrite` of graphs that train in ways of their own: they train on in Keras."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import run
from tf1_compat.reading.control_flow import as_tensorflow_1
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

tf1 = tf.compat.v1
LARGEST = TOLERANCES["idiomatic_resumed"].relative
BATCHES = [
    (rng.normal(size=(8, 5)).astype("f"), rng.integers(0, 3, 8))
    for rng in map(np.random.default_rng, range(8))
]
Train = Callable[[Any, Any], Any]
"""(cost, global step) -> what trains."""


class Trained(NamedTuple):
    """What TensorFlow 1 left after five updates, and what it lost, and had, in three more."""

    folder: Path
    losses: list[float]
    arrays: dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def _as_in_tensorflow_1() -> Iterator[None]:
    """Branches are ops of the graph."""
    with as_tensorflow_1():
        yield


def layer(x: Any, units: int, scope: str) -> Any:
    with tf1.variable_scope(scope):
        kernel = tf1.get_variable("kernel", [x.shape[-1], units], use_resource=False)
        return tf.matmul(x, kernel) + tf1.get_variable("bias", [units], use_resource=False)


def placeholders() -> tuple[Any, Any]:
    return tf1.placeholder(tf.float32, [None, 5], "x"), tf1.placeholder(tf.int64, [None], "y")


def trained(
    folder: Path, train: Train, inputs: Callable[[], tuple[Any, Any]] = placeholders
) -> Trained:
    """Two layers, hidden and output, trained by what `train` returns; `inputs` are fed."""
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.set_random_seed(1)
        x, y = inputs()
        logits = layer(tf.nn.relu(layer(x, 8, "hidden")), 3, "output")
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        cost, step = tf.reduce_mean(each), tf1.train.get_or_create_global_step()
        op = train(cost, step)
        session.run(tf1.global_variables_initializer())
        for rows, labels in BATCHES[:5]:
            session.run(op, {x: rows, y: labels})
        tf1.train.Saver().save(session, str(folder / "old" / "model.ckpt"))
        losses = []
        for rows, labels in BATCHES[5:]:
            losses.append(float(session.run(cost, {x: rows, y: labels})))
            session.run(op, {x: rows, y: labels})
        arrays = session.run({one.op.name: one for one in tf1.global_variables()})
    return Trained(folder / "old", losses, arrays)


def rewritten(one: Trained, *words: str) -> tuple[str, dict[str, Any], keras.Model]:
    """The source, the facts, and the model after the last batches, on which it lost the same."""
    to = one.folder.parent / "new"
    assert run("rewrite", one.folder, "--to", to, "--quiet", *words) == 0
    model = keras.models.load_model(to / "model.keras")
    losses = [float(model.train_on_batch(*batch)) for batch in BATCHES[5:]]
    assert relative_distance(losses, one.losses).max() <= LARGEST
    return (to / "model.py").read_text(), json.loads((to / "rewrite.json").read_text()), model


def averaged(of: Callable[[list[Any]], list[Any]], **how: bool) -> Train:
    def train(cost: Any, step: Any) -> Any:
        op = tf1.train.AdamOptimizer(0.01).minimize(cost, step)
        counted = {"num_updates": step} if how.get("counted") else {}
        average = tf1.train.ExponentialMovingAverage(0.9, **counted)
        with tf.control_dependencies([op]):
            return average.apply(of(tf1.trainable_variables()))

    return train


@pytest.mark.slow
@pytest.mark.parametrize("counted", [False, True])
def test_averages_of_weights_are_kept_on(counted: bool, tmp_path: Path) -> None:
    """The op that averages is no train op: it waits for the one that is."""
    old = trained(tmp_path, averaged(lambda every: every, counted=counted))
    source, facts, model = rewritten(old, "--train-op", "ExponentialMovingAverage")
    more = ", ema_num_updates=True" if counted else ""
    assert f"TF1Adam(0.01, use_ema=True, ema_momentum=0.9{more})" in source
    assert facts["aside"] == []
    held = model.optimizer._model_variables_moving_average
    for average, name in zip(held, facts["weight_map"], strict=True):
        theirs = old.arrays[f"{name}/ExponentialMovingAverage"]
        assert np.abs(np.asarray(average) - theirs).max() <= LARGEST


@pytest.mark.slow
def test_averages_of_some_weights_stand_aside(tmp_path: Path) -> None:
    old = trained(tmp_path, averaged(lambda every: every[:1]))
    source, facts, _ = rewritten(old, "--train-op", "ExponentialMovingAverage")
    assert "use_ema" not in source
    assert facts["aside"] == ["hidden/kernel/ExponentialMovingAverage"]
    assert facts["network"]["aside"] == facts["aside"]


def of(scope: str) -> list[Any]:
    return tf1.trainable_variables(scope)


def several(cost: Any, step: Any) -> Any:
    """All gradients are taken before any update is made, or TensorFlow 1 itself is not certain."""
    adagrad, adam = tf1.train.AdagradOptimizer(0.1), tf1.train.AdamOptimizer(0.01)
    both = [
        optimizer.compute_gradients(cost, of(scope))
        for optimizer, scope in ((adagrad, "hidden"), (adam, "output"))
    ]
    with tf.control_dependencies([gradient for one in both for gradient, _ in one]):
        return tf.group(adagrad.apply_gradients(both[0]), adam.apply_gradients(both[1], step))


@pytest.mark.slow
def test_several_optimizers_train_on_with_their_slots(tmp_path: Path) -> None:
    source, facts, model = rewritten(trained(tmp_path, several))
    assert '"(.*/)?output/.*": keras.optimizers.Adam(' in source
    assert "keras.optimizers.OptimizerMap(" in source
    assert "gated=True" in source
    assert [one["rule"] for one in facts["network"]["optimizers"]] == ["Adagrad", "Adam"]
    assert facts["aside"] == []
    assert {type(one).__name__ for one in model.optimizer.optimizers} == {"Adam", "TF1Adagrad"}


def test_what_is_not_in_var_list_is_frozen(tmp_path: Path) -> None:
    def train(cost: Any, step: Any) -> Any:
        return tf1.train.GradientDescentOptimizer(0.1).minimize(cost, step, of("output"))

    source, facts, model = rewritten(trained(tmp_path, train))
    assert re.search(r'trainable=False,\s+name="hidden"', source)
    assert [layer.trainable for layer in model.layers] == [False, True]
    assert len(facts["weight_map"]) == 4


def test_one_of_two_train_ops_is_chosen_and_the_other_network_stands_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(cost: Any, step: Any) -> Any:
        other = layer(tf1.placeholder(tf.float32, [None, 5], "z"), 1, "critic")
        tf1.train.AdamOptimizer().minimize(tf.reduce_mean(other), name="of_critic")
        return tf1.train.GradientDescentOptimizer(0.1).minimize(cost, step, name="of_actor")

    old = trained(tmp_path, train)
    assert run("rewrite", old.folder, "--to", tmp_path / "no") == 2
    assert "--train-op NAME chooses it: of_critic, of_actor" in capsys.readouterr().err
    _, facts, _ = rewritten(old, "--train-op", "of_actor")
    assert {"critic/kernel", "critic/kernel/Adam", "beta1_power"} <= {*facts["aside"]}


def descent(cost: Any, step: Any) -> Any:
    return tf1.train.GradientDescentOptimizer(0.1).minimize(cost, step)


def parsed(line: Any) -> tuple[Any, Any]:
    *numbers, label = tf.io.decode_csv(line, [[0.0]] * 5 + [[0]])
    return tf.stack(numbers), tf.cast(label, tf.int64)


def iterator() -> tuple[Any, Any]:
    """Rows of a file that is not there, their labels as a column."""
    lines = tf1.data.TextLineDataset("missing.csv").map(parsed).map(lambda x, y: (x, [y]))
    x, y = tf1.data.make_one_shot_iterator(lines.batch(8)).get_next()
    return x, tf.squeeze(y, [1])


def queue() -> tuple[Any, Any]:
    """The same, as before there were datasets."""
    files = tf1.train.string_input_producer(["missing.csv"])
    return tf1.train.shuffle_batch(parsed(tf1.TextLineReader().read(files)[1]), 8, 64, 16)


@pytest.mark.parametrize(
    ("inputs", "x", "y", "labels"),
    [
        (iterator, "IteratorGetNext", "Squeeze:0", 'y = fed["IteratorGetNext:1"].squeeze(1)'),
        (queue, "shuffle_batch", "shuffle_batch:1", ', fed.get("shuffle_batch:1")'),
    ],
    ids=["iterator", "queue"],
)
def test_what_an_iterator_or_a_queue_gives_is_fed_and_no_file_is_read(
    inputs: Any, x: str, y: str, labels: str, tmp_path: Path
) -> None:
    source, facts, _ = rewritten(trained(tmp_path, descent, inputs))
    assert re.search(rf'x="{x}:0",\s+y="{y}"', source)
    assert f'return fed["{x}"], ' in source
    assert labels in source
    assert facts["network"]["inputs"][0]["shape"] == [5]


def test_exact_pieces_are_identical(tmp_path: Path) -> None:
    source, facts, _ = rewritten(trained(tmp_path, several), "--exact")
    assert facts["check"]["verdict"] == "identical"
    assert "from keras_models.exact import AddV2Dense, TF1Adam\n" in source
    assert source.count("AddV2Dense(") == 2
    assert '"(.*/)?output/.*": TF1Adam(0.01)' in source
