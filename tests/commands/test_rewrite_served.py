"""`tf1keras rewrite` of graphs that give outputs: frozen ones, SavedModels, and up to --logits."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.writing import layers
from tests.conftest import ROOT, run
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

tf1 = tf.compat.v1
LARGEST = TOLERANCES["idiomatic_resumed"].relative
LAYERS = [
    "keras.Input([5, 5, 2])",
    'keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="c")',
    'keras.layers.BatchNormalization(epsilon=0.01, name="bn")',
    'keras.layers.Activation("relu")',
    "keras.layers.Flatten()",
    'keras.layers.Dense(3, activation="softmax", name="out")',
]


class Served(NamedTuple):
    """One network, as TensorFlow 1 leaves it in four kinds of file, and what it gives."""

    folder: Path
    rows: np.ndarray
    outputs: np.ndarray


def network(x: Any, training: Any, keep: Any) -> Any:
    """A convolution, batch normalization by a switch, dropout, a dense layer."""
    x = tf.nn.conv2d(x, tf1.get_variable("c/kernel", [3, 3, 2, 4], use_resource=True), 1, "SAME")
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    drawn = tf1.random_uniform_initializer(0.5, 1.5)
    parts = [tf1.get_variable(f"bn/{name}", [4], initializer=drawn) for name in names]
    normalize = tf1.nn.fused_batch_norm
    x = tf1.cond(
        training,
        lambda: normalize(x, *parts[:2], epsilon=0.01)[0],
        lambda: normalize(x, *parts, 0.01, is_training=False)[0],
    )
    x = tf1.nn.dropout(tf.reshape(tf.nn.relu(x), [-1, 100]), keep)
    logits = tf.matmul(x, tf1.get_variable("out/w", [100, 3])) + tf1.get_variable("out/b", [3])
    return tf.nn.softmax(logits, name="probabilities")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder, rows = tmp_path_factory.mktemp("served"), np.random.default_rng(0).normal(size=(9, 50))
    tf1.disable_control_flow_v2()
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        x = tf1.placeholder(tf.float32, [None, 5, 5, 2], "x")
        training = tf1.placeholder_with_default(False, [], "training")
        outputs = network(x, training, tf1.placeholder_with_default(1.0, [], "keep"))
        session.run(tf1.global_variables_initializer())
        kept = [outputs.op.name]
        frozen = tf1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), kept)
        (folder / "frozen.pb").write_bytes(frozen.SerializeToString())
        tf1.saved_model.simple_save(session, str(folder / "saved"), {"x": x}, {"y": outputs})
        saver = tf1.train.Saver()
        for step in (1, 2):
            saver.save(session, str(folder / "several" / "model.ckpt"), step)
        given = session.run(outputs, {x: rows.reshape(9, 5, 5, 2)})
    tf1.enable_control_flow_v2()
    return Served(folder, rows.reshape(9, 5, 5, 2).astype("f"), given)


@pytest.mark.parametrize("source", ["frozen.pb", "saved/saved_model.pb"])
def test_what_was_served_gives_the_same_in_keras(
    source: str, served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rewrite", served.folder / source, "--to", tmp_path / "new") == 0
    written = (tmp_path / "new" / "model.py").read_text()
    assert [line.strip().rstrip(",") for line in written.splitlines()][12:18] == LAYERS
    model = keras.models.load_model(tmp_path / "new" / "model.keras")
    assert not model.compiled
    given = np.asarray(model(served.rows, training=False))
    assert relative_distance(given, served.outputs).max() <= LARGEST
    assert "There is no training in it" in capsys.readouterr().out
    facts = json.loads((tmp_path / "new" / "rewrite.json").read_text())
    assert facts["check"]["verdict"] in ("identical", "equivalent")
    assert facts["weight_map"]["bn/moving_variance"] == "bn/moving_variance"
    page = (tmp_path / "new" / "report.html").read_text()
    beside = r"<li>Conv2D <code>Conv2D</code>[^\n]* c/kernel</small></li>\s*</ul>\s*</td>\s*<td>.*"
    assert re.search(rf"{beside}keras\.layers\.Conv2D\(4, 3,", page)


def test_the_newest_of_several_checkpoints_is_taken_and_named(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a graph without its checkpoint is enough for the source, without weights."""
    several, more = served.folder / "several", ("--logits", "probabilities", "--to")
    assert run("rewrite", several, *more, tmp_path / "newest") == 0
    assert "model.ckpt-2, the newest of 2 checkpoints" in capsys.readouterr().err
    shutil.copy(several / "model.ckpt-1.meta", tmp_path / "graph.meta")
    assert run("rewrite", tmp_path / "graph.meta", *more, tmp_path / "alone") == 0
    assert "No checkpoint is beside graph.meta" in capsys.readouterr().out
    assert (tmp_path / "alone" / "model.py").is_file()
    assert not (tmp_path / "alone" / "model.keras").exists()
    data = several / "model.ckpt-1.data-00000-of-00001"
    assert run("rewrite", data, *more, tmp_path / "newest") == 2


def test_outputs_that_are_others_are_not_written(
    served: Served,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {**layers.ROWS["batch_normalization"].defaults, "epsilon": 0.01}
    changed = layers.ROWS["batch_normalization"]._replace(defaults=wrong)
    monkeypatch.setitem(layers.ROWS, "batch_normalization", changed)
    assert run("rewrite", served.folder / "frozen.pb", "--to", tmp_path / "new") == 1
    assert "DIFFERENT: the outputs are others" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def reading_a_file(x: Any) -> Any:
    size = tf.strings.to_number(tf.io.read_file("secret"), tf.int32)
    return tf.reshape(x, tf.stack([size, 4]))


def calling_python(x: Any) -> Any:
    return tf1.py_func(lambda rows: rows, [x], tf.float32)


def two(x: Any) -> Any:
    return tf.nn.relu(x, name="more")


GRAPHS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "files": (reading_a_file, "ReadFile (ReadFile): it reads or writes files"),
    "python": (calling_python, "PyFunc calls a Python function"),
    "several": (two, "--logits NAME chooses it: last:0, more:0"),
    "unknown": (tf.math.cumsum, "no layer is known for it"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_that_are_not_understood_are_refused(
    name: str, beside_full: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, said = GRAPHS[name]
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 4], "x")
        rows = x if name == "several" else change(x)
        tf.matmul(rows, tf.constant(np.ones((4, 2), "f")), name="last")
        if name == "several":
            change(x)
    (beside_full / "frozen.pb").write_bytes(graph.as_graph_def().SerializeToString())
    assert run("rewrite", "frozen.pb", "--to", "new") == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert sorted(path.name for path in beside_full.iterdir()) == ["frozen.pb", "full"]


def test_a_graph_that_trains_by_a_file_is_refused_before_anything_runs(
    beside_full: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tf.Graph().as_default():
        x, y = (tf1.placeholder(tf.float32, [None, 3], name) for name in "xy")
        outputs = tf.matmul(x, tf1.get_variable("k", [3, 3]))
        with tf.control_dependencies([tf.io.read_file("secret")]):
            cost = tf.reduce_mean(tf.square(outputs - y))
        tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
        tf1.train.export_meta_graph("graph.meta")
    assert run("rewrite", "graph.meta", "--to", "new") == 2
    assert "it reads or writes files, which is never done here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("frozen.pb --cost Mean", "no training is read of it"),
        ("frozen.pb --logits Mean --cost Mean", "it writes no training"),
        ("frozen.pb --logits no", "--logits no: no such op or tensor is in the graph"),
        ("frozen.pb --logits x", "no layer gives it"),
        ("several/model.ckpt-1.meta", "--logits NAME writes the network"),
    ],
)
def test_bad_words_are_refused(
    words: str, said: str, served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, *more = words.split()
    assert run("rewrite", served.folder / source, "--to", tmp_path / "new", *more) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not [*tmp_path.iterdir()]


@pytest.mark.slow
def test_a_loop_goes_on_where_outputs_alone_are_asked(tmp_path: Path) -> None:
    """What is in it waits for the loop, and for nothing else of the graph."""
    graph = ROOT / "examples/tf115/graphs/text_lstm.meta"
    logits = ("--logits", "logits/BiasAdd", "--quiet")
    assert run("rewrite", graph, "--to", tmp_path / "new", *logits) == 0
    assert "keras.layers.LSTM(24" in (tmp_path / "new" / "model.py").read_text()
