"""`tf1keras migrate` of graphs as people trained them: what the source shows is read, all goes."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import run
from tests.model_files import saved_graphs
from tests.promises.test_genuine import tf115_python
from tf1_compat import checkpoint
from training.parity.tolerances import TOLERANCES

Printed = pytest.CaptureFixture[str]
LARGEST = TOLERANCES["answers"].relative
ENDS = {"x": "x:0", "y": "y:0", "logits": "logits:0", "cost": "cost:0", "train_op": "Adam"}

PAIRS = {
    "batch_norm": """
import keras
from tf1_compat import meta

def tf1_graph():
    return meta.load({meta!r}, **{ends!r})

def keras_model():
    layers = [
        keras.layers.Dense(8, use_bias=False, name="fc"),
        keras.layers.BatchNormalization(epsilon=1e-3, name="bn"),
        keras.layers.Activation("relu"),
        keras.layers.Dense(10, use_bias=False, name="out"),
    ]
    model = keras.Sequential([keras.Input([784]), *layers])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-8), loss)
    return model

names = ["fc/kernel", "bn/beta", "bn/gamma", "bn/moving_mean", "bn/moving_variance", "out/kernel"]
weight_map = {{name: name for name in names}}
""",
    "partitioned": """
import keras
from tf1_compat import meta

def tf1_graph():
    return meta.load({meta!r}, **{ends!r})

def keras_model():
    model = keras.Sequential([keras.Input([784]), keras.layers.Dense(10, name="fc")])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-8), loss)
    return model

halves = [{{"split": "fc/kernel", "into": 2, "take": n, "axis": 0}} for n in (0, 1)]
weight_map = {{f"fc/kernel/part_{{n}}": half for n, half in enumerate(halves)}}
weight_map["fc/bias"] = "fc/bias"
""",
}


class Saved(NamedTuple):
    """What was saved, and what it gives."""

    folder: Path
    logits: dict[str, Any]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    folder, logits = tmp_path_factory.mktemp("saved"), {}
    for name, build in saved_graphs.GRAPHS.items():
        logits[name] = saved_graphs.save(build, str(folder / name))
        if name in PAIRS:
            meta = str(folder / name / "model.ckpt.meta")
            (folder / f"{name}.py").write_text(PAIRS[name].format(meta=meta, ends=ENDS))
    return Saved(folder, logits)


@pytest.fixture(scope="module")
def carried(saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every checkpoint, as NAME/model.ckpt, that went to NAME.keras and back."""
    folder = tmp_path_factory.mktemp("carried")
    for name in saved_graphs.GRAPHS:
        says = ["--meta", saved.folder / name / "model.ckpt.meta"]
        if name in PAIRS:
            says = ["--pair", saved.folder / f"{name}.py"]
        there = ["migrate", saved.folder / name, "--to", folder / f"{name}.keras", "--quiet"]
        assert run(*there, *(says if name in PAIRS else ())) == 0, name
        back = folder / name / "model.ckpt"
        assert run("migrate", folder / f"{name}.keras", "--to", back, *says, "--quiet") == 0, name
    return folder


def contents(prefix: Path) -> dict[str, tuple[str, bytes]]:
    """What TensorFlow itself reads."""
    reader = tf.train.load_checkpoint(str(prefix))
    arrays = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    return {name: (str(one.dtype), one.tobytes()) for name, one in arrays.items()}


def far(found: Any, wanted: Any) -> float:
    return float(np.abs(np.asarray(found) - wanted).max() / np.abs(wanted).max())


@pytest.mark.parametrize("name", saved_graphs.GRAPHS)
def test_everything_comes_back_under_its_own_name_bit_for_bit(
    name: str, saved: Saved, carried: Path
) -> None:
    """Weights, slots, averages, powers and steps; there was nothing but the `.keras` file."""
    assert contents(carried / name / "model.ckpt") == contents(saved.folder / name / "model.ckpt")


@pytest.mark.parametrize("build", saved_graphs.READ, ids=lambda build: build.__name__)
def test_the_model_answers_and_trains_on_as_the_graph_does(
    build: Any, saved: Saved, carried: Path
) -> None:
    name = build.__name__
    model = keras.models.load_model(carried / f"{name}.keras")
    x, y = saved_graphs.batch()
    assert far(model(x), saved.logits[name]) <= LARGEST
    assert int(model.optimizer.iterations.numpy()) == saved_graphs.UPDATES
    losses = saved_graphs.restored(build, str(saved.folder / name / "model.ckpt"))
    found = [np.ravel(model.train_on_batch(x, y))[0] for _ in losses]  # before any metric
    assert far(found, losses) <= LARGEST


def test_the_optimizer_is_the_graphs(carried: Path) -> None:
    models = {
        name: keras.models.load_model(carried / f"{name}.keras")
        for name in ("sigmoid", "two_adams", "adam_and_momentum", "ema")
    }
    rates = [one.learning_rate for one in models["two_adams"].optimizer.optimizers]
    assert sorted(map(float, rates)) == [float(np.float32(1e-4)), float(np.float32(1e-3))]
    kinds = {type(one).__name__ for one in models["adam_and_momentum"].optimizer.optimizers}
    assert kinds == {"TF1Adam", "TF1Momentum"}
    assert float(models["sigmoid"].optimizer.learning_rate) == np.float32(0.002)
    assert models["ema"].optimizer.ema_momentum == 0.9
    assert models["ema"].name == "article_exact"  # whose names it has, so that resume knows it


def exported(folder: Path) -> Any:
    """A sigmoid net frozen, and as a SavedModel with a step and no slots; returns its logits."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x, _, logits, _, _ = saved_graphs.net(tf.nn.sigmoid)
        step = v1.train.get_or_create_global_step()
        tf.nn.softmax(logits, name="probabilities")
        session.run(v1.global_variables_initializer())
        session.run(step.assign(5))
        frozen = v1.graph_util.convert_variables_to_constants(
            session, session.graph.as_graph_def(), ["probabilities"]
        )
        v1.train.write_graph(frozen, str(folder), "frozen.pb", as_text=False)
        v1.saved_model.simple_save(session, str(folder / "saved"), {"x": x}, {"logits": logits})
        return session.run(logits, {x: saved_graphs.batch()[0]})


def test_exported_graphs_keep_their_activations_and_their_step(
    tmp_path: Path, capsys: Printed
) -> None:
    wanted = exported(tmp_path)
    for name, step in (("frozen.pb", 0), ("saved", 5)):
        to = tmp_path / f"{name}.keras"
        assert run("migrate", tmp_path / name, "--to", to) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "Its outputs are the graph's, within" in shown
        assert "relu" not in shown
        assumed = shown.partition("since this graph does not record it: ")[2]
        assert ("loss" in assumed) == (name == "frozen.pb")
        assert "with learning_rate 0.001" in assumed
        model = keras.models.load_model(to)
        assert far(model(saved_graphs.batch()[0]), wanted) <= LARGEST
        assert int(model.optimizer.iterations.numpy()) == step
    back = tmp_path / "back" / "model.ckpt"
    told = ["--to", back, "--meta", tmp_path / "frozen.pb"]
    assert run("migrate", tmp_path / "frozen.pb.keras", *told) == 0
    assert {"Variable", "Variable/Adam", "beta1_power"} < set(checkpoint.read(back))
    shutil.rmtree(back.parent)
    assert run("migrate", tmp_path / "saved.keras", "--to", back) == 2
    assert "--meta FILE takes the names" in capsys.readouterr().err
    paths = ("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias")
    (tmp_path / "map.json").write_text(json.dumps(dict(zip("abcd", paths, strict=True))))
    mapped = ["--map", tmp_path / "map.json"]
    assert run("migrate", tmp_path / "saved.keras", "--to", back, *mapped) == 2
    assert "step 5 would be 0" in capsys.readouterr().err
    assert not back.parent.exists() or not any(back.parent.iterdir())


def test_averages_are_taken_or_left_by_name(saved: Saved, tmp_path: Path, capsys: Printed) -> None:
    there = contents(saved.folder / "ema" / "model.ckpt")
    for ema, said in (("take", "The weights are their moving averages."), ("leave", "left out")):
        to = tmp_path / f"{ema}.keras"
        assert run("migrate", saved.folder / "ema", "--to", to, "--ema", ema) == 0
        assert said in capsys.readouterr().out
        model = keras.models.load_model(to)
        suffix = "/ExponentialMovingAverage" if ema == "take" else ""
        for one, name in zip(model.weights, ("", "_1", "_2", "_3"), strict=True):
            assert one.numpy().tobytes() == there[f"Variable{name}{suffix}"][1]
        assert int(model.optimizer.iterations.numpy()) == (0 if ema == "take" else 5)
    copy(saved.folder / "ema", tmp_path / "bare", meta=False)
    assert run("migrate", tmp_path / "bare", "--to", tmp_path / "no.keras") == 2
    said = capsys.readouterr().err
    assert "--ema leave" in said
    assert "--meta FILE" in said
    assert (
        run("migrate", saved.folder / "plain", "--to", tmp_path / "n.keras", "--ema", "take") == 2
    )
    assert "it has no moving averages to take" in capsys.readouterr().err


def copy(folder: Path, to: Path, *, meta: bool = True) -> Path:
    to.mkdir()
    for file in folder.iterdir():
        if meta or file.suffix != ".meta":
            (to / file.name).write_bytes(file.read_bytes())
    return to


def test_a_graph_that_is_not_understood_or_not_the_maps_is_refused_by_name(
    saved: Saved, tmp_path: Path, capsys: Printed
) -> None:
    """A ReLU net is never made of it, as long as nobody says that it is one."""
    to = ["--to", tmp_path / "no.keras"]
    assert run("migrate", saved.folder / "partitioned", *to) == 2
    said = capsys.readouterr().err
    assert "MatMul" in said
    assert "--pair PAIR.py" in said
    paths = [
        f"{layer}_layer/{kind}" for layer in ("hidden", "output") for kind in ("kernel", "bias")
    ]
    names = ["Variable", "Variable_1", "Variable_2", "Variable_3"]
    (tmp_path / "map.json").write_text(json.dumps(dict(zip(names, paths, strict=True))))
    mapped = ["--map", tmp_path / "map.json"]
    assert run("migrate", saved.folder / "sigmoid", *to, *mapped) == 2
    assert "is another graph" in capsys.readouterr().err
    assert run("migrate", saved.folder / "plain", *to, *mapped) == 0
    meta = saved.folder / "sigmoid" / "model.ckpt.meta"
    bare = copy(saved.folder / "sigmoid", tmp_path / "bare", meta=False)
    assert run("migrate", bare, "--to", tmp_path / "told.keras", "--meta", meta) == 0
    assert "sigmoid" in str(keras.models.load_model(tmp_path / "told.keras").get_config())


def unusual() -> Any:
    x, y, logits, cost, made = saved_graphs.net()
    cost += 0.01 * tf.reduce_max(made[0])
    return x, y, logits, cost, tf.compat.v1.train.AdamOptimizer().minimize(cost)


def test_whoever_says_that_it_is_the_articles_is_told_what_was_not_read(
    tmp_path: Path, capsys: Printed
) -> None:
    saved_graphs.save(unusual, str(tmp_path))
    command = ["migrate", tmp_path, "--to", tmp_path / "a.keras"]
    assert run(*command) == 2
    assert "Max (Max): expected a loss of rows, or L1" in capsys.readouterr().err
    assert run(*command, "--lane", "exact") == 0
    shown, noted = capsys.readouterr()
    assert "not read: " in noted
    assert "Max (Max)" in noted
    assert "Assumed, since a checkpoint does not record it: activations relu" in shown


def test_what_the_outputs_only_wait_for_is_not_run(tmp_path: Path, capsys: Printed) -> None:
    """It would run before them: here it takes a terabyte."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x, y = saved_graphs.ends()
        size = v1.placeholder_with_default([2**38], [1])
        with tf.control_dependencies([tf.fill(size, 1.0)]):
            logits = saved_graphs.answered(x, saved_graphs.weights())
        v1.train.AdamOptimizer().minimize(saved_graphs.cost_of(y, logits))
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(tmp_path / "model.ckpt"))
    assert run("migrate", tmp_path, "--to", tmp_path / "a.keras") == 0
    assert "Its outputs are the graph's, within " in capsys.readouterr().out


def fed() -> Any:
    """With a keep_prob that is fed, and a second train op on the same variables."""
    x, y = saved_graphs.ends()
    keep = tf.compat.v1.placeholder_with_default(1.0, [], "keep_prob")
    kernels = saved_graphs.weights()
    hidden = tf.compat.v1.nn.dropout(tf.nn.relu(tf.matmul(x, kernels[0]) + kernels[1]), keep)
    logits = tf.add(tf.matmul(hidden, kernels[2]), kernels[3])
    cost = saved_graphs.cost_of(y, logits)
    tf.compat.v1.train.GradientDescentOptimizer(0.1).minimize(cost, name="sgd")
    return x, y, logits, cost, tf.compat.v1.train.AdamOptimizer().minimize(cost)


def test_what_a_graph_leaves_open_can_be_said(tmp_path: Path, capsys: Printed) -> None:
    wanted = saved_graphs.save(fed, str(tmp_path / "there"))
    command = ["migrate", tmp_path / "there", "--to", tmp_path / "a.keras"]
    assert run(*command) == 2
    assert "--train-op with one of them" in capsys.readouterr().err
    command += ["--train-op", "Adam"]
    assert run(*command) == 2
    assert "--feed keep_prob=0.5/1.0" in capsys.readouterr().err
    command += ["--feed", "keep_prob=0.5/1.0"]
    assert run(*command) == 0
    assert "--feed keep_prob=0.5/1.0 --train-op Adam" in capsys.readouterr().out
    model = keras.models.load_model(tmp_path / "a.keras")
    assert far(model(saved_graphs.batch()[0]), wanted) <= LARGEST
    assert [one.rate for one in model.layers if "dropout" in one.name] == [0.5]
    assert run(*command, "--pair", tmp_path / "p.py") == 2
    assert "with --pair, tf1_graph() says it" in capsys.readouterr().err
    bare = copy(tmp_path / "there", tmp_path / "bare", meta=False)
    assert run("migrate", bare, "--to", tmp_path / "b.keras", *command[4:]) == 2
    assert "no graph is there" in capsys.readouterr().err


def odd() -> Any:
    """In float64, for batches of 16, with a dropout that nothing switches off, with seeds."""
    v1 = tf.compat.v1
    x, y = (v1.placeholder(tf.float64, [16, size]) for size in (784, 10))
    hidden = v1.nn.dropout(x, 0.5, seed=1)
    kernel = saved_graphs.variable(np.full([784, 10], 1 / 3), "kernel")
    logits = tf.matmul(hidden, kernel)
    cost = saved_graphs.cost_of(y, logits)
    return x, y, logits, cost, v1.train.AdamOptimizer().minimize(cost)


def test_doubles_fixed_batches_and_seeded_randomness(tmp_path: Path, capsys: Printed) -> None:
    """Doubles are rounded to be Keras' floats, which is said, and are doubles again for the graph;
    what is random is not taken for another answer.
    """
    saved_graphs.save(odd, str(tmp_path))
    assert run("migrate", tmp_path, "--to", tmp_path / "a.keras") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "rounded by at most 6" in shown or "rounded by at most 5" in shown
    assert "were not compared with the graph's, which are random" in shown
    back, meta = tmp_path / "back" / "model.ckpt", tmp_path / "model.ckpt.meta"
    assert run("migrate", tmp_path / "a.keras", "--to", back, "--meta", meta) == 0
    assert "read back equal bit for bit" in capsys.readouterr().out
    there, came = (contents(one) for one in (tmp_path / "model.ckpt", back))
    assert {n: dtype for n, (dtype, _) in there.items()} == {n: d for n, (d, _) in came.items()}


def test_two_optimizers_that_disagree_are_not_one(saved: Saved, tmp_path: Path) -> None:
    arrays = checkpoint.read(saved.folder / "two_adams_alike" / "model.ckpt")
    arrays["beta1_power_1"] *= np.float32(0.9)
    checkpoint.write(tmp_path / "model.ckpt", arrays)
    meta = saved.folder / "two_adams_alike" / "model.ckpt.meta"
    assert run("migrate", tmp_path, "--to", tmp_path / "a.keras", "--meta", meta) == 2


def test_weights_alone_need_no_option(saved: Saved, tmp_path: Path, capsys: Printed) -> None:
    arrays = checkpoint.read(saved.folder / "plain" / "model.ckpt")
    weights = {name: one for name, one in arrays.items() if one.ndim and "/" not in name}
    for name, step in (("bare", {}), ("stepped", {"global_step": np.int64(7)})):
        checkpoint.write(tmp_path / name / "model.ckpt", weights | step)
        assert run("migrate", tmp_path / name, "--to", tmp_path / f"{name}.keras") == 0
        assert "No optimizer slots" in capsys.readouterr().out
        model = keras.models.load_model(tmp_path / f"{name}.keras")
        assert int(model.optimizer.iterations.numpy()) == (7 if step else 0)


@pytest.mark.slow
def test_genuine_tensorflow_1_trains_on_from_what_came_back(
    saved: Saved, carried: Path, tmp_path: Path
) -> None:
    """It cannot tell it from what never left: one process for all graphs."""
    out = tmp_path / "losses.json"
    command = [tf115_python(), saved_graphs.__file__, str(saved.folder), str(carried), str(out)]
    env = {name: one for name, one in os.environ.items() if not name.startswith(("TF", "PYTHON"))}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(out.read_text())
    assert set(found) == set(saved_graphs.GRAPHS)
    for name, (stayed, returned) in found.items():
        assert stayed == returned, name
        assert stayed[-1] < stayed[0], name
