"""`tf1keras rewrite`: the source that somebody would have written, proven, and trained on."""

import contextlib
import html
import json
import os
import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.writing import layers
from keras_models.writing.rows.batches import FORMS
from tests.conftest import ROOT, python, run
from tests.slow import few_of
from tests.support.docs_pages import code_blocks, text
from training.checking.judgement import Diagnosis
from training.commands import rewrite
from training.parity import ladder
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES
from training.reports import rewrite as reports

tf1 = tf.compat.v1
LARGEST = TOLERANCES["idiomatic_resumed"].relative
TRAINED, MODEL = code_blocks(text("docs/do/rewrite.md"), "python")
"""What was trained once, and what becomes of it."""


class Recorded(NamedTuple):
    """A checkpoint, and what TensorFlow 1's graph lost in the updates after it."""

    prefix: Path
    batches: list[tuple[Any, Any]]
    losses: list[float]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder, names = tmp_path_factory.mktemp("trained"), dict[str, Any]()
    with contextlib.chdir(folder), tf.Graph().as_default():
        tf1.set_random_seed(1)
        exec(TRAINED, names)
    rng, losses = np.random.default_rng(1), []
    batches = [(rng.normal(size=(16, 6)).astype("f"), rng.integers(0, 3, 16)) for _ in range(6)]
    with names["session"] as session:
        for rows, labels in batches:
            fed = {names["x"]: rows, names["y"]: labels, names["keep_prob"]: 1.0}
            losses.append(float(session.run(names["cost"], fed)))
            session.run(names["train"], fed)
    return Recorded(folder / "old" / "model.ckpt", batches, losses)


@pytest.fixture(scope="module")
def new(recorded: Recorded) -> Path:
    to = recorded.prefix.parent.parent / "rewritten"
    feed = ("--feed", "keep_prob=0.75/1.0")
    assert run("rewrite", recorded.prefix, "--to", to, *feed, "--quiet") == 0
    return to


def test_the_source_is_what_one_would_have_written(new: Path) -> None:
    source = (new / "model.py").read_text()
    assert MODEL in source
    assert "from keras_models.tf1_optimizers import TF1Momentum\n" in source
    assert '"feeds": {"keep_prob": (0.75, 1.0)}' in source


def test_what_became_what_is_recorded_with_the_verdict(new: Path) -> None:
    found = json.loads((new / "rewrite.json").read_text())
    assert found["check"]["verdict"] in ("identical", "equivalent")
    assert found["weight_map"] == {
        f"net/{name}/{old}": f"{name}/{kept}"
        for name in ("hidden", "output")
        for old, kept in (("weights", "kernel"), ("biases", "bias"))
    }
    assert found["network"]["step"] == "step"
    assert found["aside"] == []


def test_the_page_has_every_line_of_the_model_beside_the_ops_that_became_it(new: Path) -> None:
    page, source = (new / "report.html").read_text(), (new / "model.py").read_text()
    (table,) = re.findall(r'<table class="sides">.*?</table>', page, re.DOTALL)
    beside = {}
    lines: list[str] = []
    for row in re.findall(r"<tr>\n<td>(.*?)</tr>", table, re.DOTALL):
        left, right = row.split("<td>")
        ops = [" ".join(plain(one).split()) for one in re.findall(r"<li>.*?</li>", left)]
        number, text = re.findall(r"<small>(\d+)</small><code>(.*?)</code>", right, re.DOTALL)[0]
        beside[html.unescape(text).strip()] = ops
        lines += [""] * (int(number) - len(lines) - 1) + html.unescape(text).split("\n")
    made = source[source.index("def keras_model") : source.index("def batch")]
    assert "\n".join(lines).strip() == made.strip()
    assert lines[-1] == source.split("\n")[len(lines) - 1]
    assert beside["keras.Input([6]),"] == ["Placeholder x"]
    assert beside['keras.layers.Dense(3, name="output"),'] == [
        "MatMul MatMul_1 with net/output/weights",
        "AddV2 add_1 with net/output/biases",
    ]
    (loss,) = (ops for line, ops in beside.items() if line.startswith("loss ="))
    assert "L2Loss L2Loss with net/hidden/weights" in loss
    (trained,) = (ops for line, ops in beside.items() if line.startswith("optimizer ="))
    assert [op.split()[-1] for op in trained if "ApplyMomentum" in op] == [
        f"net/{layer}/{kind}" for layer in ("hidden", "output") for kind in ("weights", "biases")
    ]


def plain(markup: str) -> str:
    """What is read in English."""
    return html.unescape(re.sub("<[^>]*>", "", re.sub(r'<span class="zh".*?</span>', "", markup)))


def batch_of(new: Path) -> Callable[[dict[str, Any]], tuple[Any, Any]]:
    """The `batch` of what was written."""
    return runpy.run_path(str(new / "model.py"))["batch"]


def losses_of(file: Path, batches: list[tuple[Any, Any]]) -> list[float]:
    """What the model in a file loses as it trains, without dropout."""
    model = keras.models.load_model(file)
    for one in model.layers:
        if isinstance(one, keras.layers.Dropout):
            one.rate = 0.0
    return [float(np.ravel(model.train_on_batch(*batch))[0]) for batch in batches]


def test_keras_trains_on_where_tensorflow_1_stopped(new: Path, recorded: Recorded) -> None:
    batch = batch_of(new)
    batches = [batch({"x:0": x, "y": y, "keep_prob": 0.75}) for x, y in recorded.batches]
    losses = losses_of(new / "model.keras", batches)
    assert relative_distance(losses, recorded.losses).max() <= LARGEST


ALONE = """
import runpy, sys
names = runpy.run_path(sys.argv[1] + "/model.py")
import keras, numpy as np
x, y = names["batch"]({"x": np.eye(16, 6, dtype="f"), "y": np.arange(16) % 3, "keep_prob": 0.75})
kept = keras.models.load_model(sys.argv[1] + "/model.keras")
loss = kept.fit(x, y, verbose=0).history["loss"]
print(np.isfinite(loss).all(), kept.optimizer.iterations.numpy())
"""


@pytest.mark.slow
def test_what_is_written_needs_nothing_else(new: Path) -> None:
    """In a process of its own, in which model.py alone is imported."""
    assert python(ALONE, str(new)).split() == ["True", "4"]


def layer(x: Any, units: int, scope: str) -> tuple[Any, Any]:
    with tf1.variable_scope(scope):
        weights = tf1.get_variable("weights", [x.shape[-1], units])
        return tf.matmul(x, weights) + tf1.get_variable("biases", [units]), weights


def save(build: Callable[[Any, Any], Any], folder: Path) -> None:
    """Save the graph of a cost of two placeholders that is trained."""
    with tf.Graph().as_default(), tf1.Session() as session:
        x, y = (tf1.placeholder(tf.float32, [None, 3], name) for name in "xy")
        tf1.train.GradientDescentOptimizer(0.1).minimize(build(x, y))
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, str(folder / "model.ckpt"))


def refused(
    build: Callable[[Any, Any], Any], folder: Path, printed: pytest.CaptureFixture[str], *more: str
) -> str:
    """What is said of a graph that is refused, with nothing written."""
    save(build, folder / "old")
    assert run("rewrite", folder / "old", "--to", folder / "new" / "er", *more) == 2
    assert [path.name for path in folder.iterdir()] == ["old"]
    return " ".join(printed.readouterr().err.split())


def squared(outputs: Any, y: Any) -> Any:
    return tf.reduce_mean(tf.square(outputs - y))


@pytest.mark.parametrize(
    ("build", "said", "partial"),
    [
        (
            lambda x, y: squared(tf.math.cumsum(layer(x, 3, "a")[0]), y),
            r"Cumsum \(Cumsum\): no layer is known for it, near the variable a/",
            True,
        ),
        (
            lambda x, y: squared(layer(x + tf1.random_normal([3]), 3, "a")[0], y),
            r"RandomStandardNormal \(RandomStandardNormal\): it gives other numbers each time",
            False,
        ),
        (
            lambda x, y: squared(layer(x, 3, "a")[0], y) + tf.reduce_max(layer(x, 3, "b")[1]),
            r"Max \(Max\): expected a loss of rows, or L1",
            False,
        ),
        (
            lambda x, y: squared(layer(x, 3, "a")[0] * tf1.placeholder(tf.float32, [], "by"), y),
            r"the placeholder by is one number, .* --feed by=0\.5/1\.0\.",
            False,
        ),
    ],
)
def test_what_is_not_understood_is_named_and_nothing_is_written(
    build: Any, said: str, partial: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--partial is offered where it would do."""
    message = refused(build, tmp_path, capsys)
    assert re.search(said, message), message
    assert "Write it by hand: a PAIR.py" in message
    assert ("--partial writes the rest in Keras" in message) == partial


@pytest.mark.slow
def test_with_partial_the_rest_is_a_layer_of_raw_ops_that_nobody_overlooks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(x: Any, y: Any) -> Any:
        outputs, kernel = layer(tf.nn.relu(layer(x, 3, "a")[0]), 3, "b")
        norm = 0.01 * tf.nn.l2_loss(kernel)
        return squared(tf.matmul(outputs, tf.linalg.band_part(kernel, 0, -1)), y) + norm

    save(build, tmp_path / "old")
    assert run("rewrite", tmp_path / "old", "--to", tmp_path / "new", "--partial") == 0
    facts = json.loads((tmp_path / "new" / "rewrite.json").read_text())
    assert "MatrixBandPart (MatrixBandPart)" in facts["partial"]
    said = "PARTIAL: no Keras layer is known for the ops of the layer NotUnderstood in model.py: "
    assert f"{said}{', '.join(facts['partial'])}.\n" in capsys.readouterr().out
    assert facts["check"]["verdict"] in ("identical", "equivalent")
    assert {"b/weights", "b/biases"} <= {*facts["weight_map"]}
    page = (tmp_path / "new" / "report.html").read_text()
    (listed,) = re.findall(r'<ul id="partial">.*?</ul>', page, re.DOTALL)
    assert [op for op in facts["partial"] if op not in plain(listed)] == []
    assert "class NotUnderstood(keras.layers.Layer):" in html.unescape(page)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("missing --to new", "missing: no such file or folder"),
        ("old --to full", "--to full: exists already"),
        ("alone --to new", "expected a TensorFlow 1 checkpoint with its graph beside it"),
        ("damaged --to new", "not a readable graph"),
        ("old --to new --feed keep_prob", "expected NAME=TRAINING/INFERENCE"),
        ("old --to new --feed keep_prob=1 --feed who=1", "no placeholder of one number is called"),
        ("old --to new --feed keep_prob=1 --cost Relu:0", "--cost Relu:0: it is no number"),
        ("old --to new --feed keep_prob=1 --train-op no", "--train-op no: no such op"),
        (
            "old --to new --feed keep_prob=1 --train-op MatMul",
            "gradients of 0 costs; expected one",
        ),
    ],
)
def test_bad_words_are_refused_and_nothing_is_written(
    words: str,
    said: str,
    recorded: Recorded,
    beside_full: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = recorded.prefix.parent
    Path("old").symlink_to(old)
    for name in ("alone", "damaged"):
        shutil.copytree(old, name, ignore=shutil.ignore_patterns("*.meta"))
    Path("damaged", "model.ckpt.meta").write_bytes(b"damaged")
    before = sorted(Path().rglob("*"))
    assert run("rewrite", *words.split()) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert sorted(Path().rglob("*")) == before


def test_what_is_not_proven_is_not_written(
    recorded: Recorded,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row of the language that is wrong is found by the proof."""
    wrong = {**layers.ROWS["dense"].defaults, "activation": "relu"}
    monkeypatch.setitem(layers.ROWS, "dense", layers.ROWS["dense"]._replace(defaults=wrong))
    monkeypatch.setattr(rewrite, "BUDGET", 0.0)
    feed = ("--feed", "keep_prob=1.0")
    assert run("rewrite", recorded.prefix, "--to", tmp_path / "new", *feed) == 1
    assert "What `tf1keras rewrite` read is not all that the graph does" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_what_is_undecided_is_not_called_a_bug() -> None:
    rung = ladder.Rung("loss", False, where="loss")
    said = {one: reports.unproven(Diagnosis(one, [rung])) for one in ("different", "undecided")}
    assert ("a bug" in said["different"], "a bug" in said["undecided"]) == (True, False)
    assert "the proof could not be run" in said["undecided"]


def test_a_batch_that_is_not_what_the_graph_takes_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMS, "arithmetic", lambda rows, sign, number: rows)
    said = refused(lambda x, y: squared(layer(x, 3, "a")[0], y / 2), tmp_path, capsys)
    assert "batch() in model.py gives other numbers than truediv:0" in said


@pytest.mark.slow
def test_a_model_gives_the_loss_that_is_none_of_outputs_and_labels(tmp_path: Path) -> None:
    """The gain of actions, less the entropy of a policy, as TensorFlow 1 goes on losing it."""
    rng, losses = np.random.default_rng(0), []
    with tf.Graph().as_default(), tf1.Session() as session:
        state, gain = tf1.placeholder(tf.float32, [None, 3], "state"), row_of(tf.float32, "gain")
        action = row_of(tf.int32, "action")
        logits = layer(tf.nn.tanh(layer(state, 4, "a")[0]), 2, "b")[0]
        chosen = tf.nn.sparse_softmax_cross_entropy_with_logits(action, logits)
        policy = tf.nn.softmax(logits)
        entropy = -tf.reduce_mean(tf.reduce_sum(policy * tf.math.log(policy), 1))
        cost = tf.reduce_mean(chosen * gain) - 0.1 * entropy
        train = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, str(tmp_path / "old" / "model.ckpt"))
        fed = [
            {"state": rng.normal(size=(8, 3)), "gain": rng.normal(size=8), "action": [0, 1] * 4}
            for _ in range(4)
        ]
        for one in fed:
            rows = {f"{name}:0": values for name, values in one.items()}
            losses.append(float(session.run(cost, rows)))
            session.run(train, rows)
    assert run("rewrite", tmp_path / "old", "--to", tmp_path / "new", "--quiet") == 0
    batch = batch_of(tmp_path / "new")
    ours = losses_of(tmp_path / "new" / "model.keras", [batch(one) for one in fed])
    assert relative_distance(ours, losses).max() <= LARGEST


def row_of(kind: Any, name: str) -> Any:
    return tf1.placeholder(kind, [None], name)


def test_a_loop_is_refused_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def build(x: Any, y: Any) -> Any:
        outputs, _ = layer(x, 3, "a")
        last = tf1.while_loop(lambda i, _: i < 2, lambda i, z: (i + 1, tf.tanh(z)), (0, outputs))[1]
        return squared(last, y)

    tf1.disable_control_flow_v2()
    try:
        said = refused(build, tmp_path, capsys)
    finally:
        tf1.enable_control_flow_v2()
    assert re.search(r"while/Exit_1 \(Exit\): a loop that is no layer", said), said


EXACT = ("text_lstm", "regression_l2", "autoencoder", "slim_style")
OTHERS = ("mlp_layers", "convnet_layers", "convnet_bn", "two_inputs")


@pytest.mark.parametrize("name", few_of([*EXACT, *OTHERS], "regression_l2", "autoencoder"))
def test_graphs_of_tensorflow_1_15_are_rewritten_bit_for_bit(name: str, tmp_path: Path) -> None:
    """Recurrent cells, sums of losses and penalties, tied weights, classes made one-hot."""
    meta = ROOT / "examples" / "tf115" / "graphs" / f"{name}.meta"
    feeds = ["--feed=keep_prob=1.0/1.0"] if name == "slim_style" else []
    assert run("rewrite", meta, "--to", tmp_path / "new", "--exact", "--quiet", *feeds) == 0
    facts = json.loads((tmp_path / "new" / "rewrite.json").read_text())
    assert facts["check"]["verdict"] == "identical"


GRAPHS = (
    *("a1_mlp_layers", "a2_convnet_layers", "a3_convnet_bn", "a4_text_lstm", "a5_regression_l2"),
    *("a6_autoencoder", "a7_two_inputs", "a8_slim_style"),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_of_tensorflow_1_15_train_on_as_it_did(name: str, tmp_path: Path) -> None:
    """Needs REFERENCE, beside whose folder `graphs` lies, with a folder of each graph."""
    old = Path(os.environ.get("REFERENCE", "missing")).parent / "graphs" / name
    if not old.is_dir():
        pytest.skip("no genuine checkpoints: REFERENCE=DIR, with the folder graphs beside DIR")
    truth, new = json.loads((old / "truth.json").read_text()), tmp_path / "new"
    training, inference = truth["training_feeds"], truth["inference_feeds"]
    switches = [name for name, role in truth["placeholders"].items() if "switch" in role]
    feeds = [f"--feed={name}={training[name]}/{inference[name]}" for name in switches]
    assert run("rewrite", old / "model.ckpt", "--to", new, *feeds, "--quiet") == 0
    batch = batch_of(new)
    with np.load(old / "batches.npz") as arrays:
        rows = {name: array for name, array in arrays.items() if name in training}
        asked = {name: arrays[f"inference/{name}"] for name in rows if name in inference}
        answer = arrays[f"outputs/{truth['logits'].removesuffix(':0')}"]
    steps = [training | {name: array[step] for name, array in rows.items()} for step in range(30)]
    outputs = keras.models.load_model(new / "model.keras").predict(
        batch(steps[0] | asked)[0], verbose=0
    )
    assert np.abs(outputs - answer).max() <= LARGEST * np.abs(answer).max()
    losses = losses_of(new / "model.keras", [batch(step) for step in steps])
    assert relative_distance(losses, truth["losses_after"]).max() <= LARGEST
    assert relative_distance(truth["losses_without_updates"], losses).max() >= 1e4 * LARGEST
