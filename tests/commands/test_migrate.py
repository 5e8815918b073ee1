"""`tf1keras migrate` and `resume`: nothing is left out, nothing half-written, nothing rounded."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_models
from tests.conftest import ROOT, run
from tests.slow import few_of
from tests.support import pair_of_rule, tf115
from tests.support.losses import read_csv
from tf1_compat import checkpoint, meta
from tf1_compat.program import Program
from training.data import Digits
from training.model_files import training_state
from training.parity.distance import relative_distance

Printed = pytest.CaptureFixture[str]
PAIR = ROOT / "tests" / "support" / "pair_of_rule.py"


def contents(prefix: Path) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in checkpoint.read(prefix).items()}


@pytest.mark.parametrize("lane", ["exact", "idiomatic"])
def test_article_goes_to_keras_and_back_bit_for_bit(
    article: Path, tmp_path: Path, lane: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("migrate", article, "--to", tmp_path / "a.keras", "--lane", lane) == 0
    shown = capsys.readouterr().out
    assert "Proven: 15 arrays, 305,313 numbers, read back equal bit for bit." in shown
    for name in ("Variable_3", "output_layer/bias", "v of Variable_2", "step = 12"):
        assert name in shown
    assert "Assumed" not in shown
    bare = tmp_path / "bare" / "model.ckpt"
    checkpoint.write(bare, checkpoint.read(article))
    assert run("migrate", bare, "--to", tmp_path / "bare.keras", "--lane", lane) == 0
    assumed = "activations relu and linear, loss categorical_crossentropy, "
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Assumed, since a checkpoint does not record it: {assumed}" in shown
    assert run("migrate", tmp_path / "a.keras", "--to", tmp_path / "back" / "model.ckpt") == 0
    assert contents(tmp_path / "back" / "model.ckpt") == contents(article)


def test_fit_goes_on_where_the_graph_stopped(article: Path, digits: Digits, tmp_path: Path) -> None:
    """`load_model`, then `fit`: the losses of the graph going on, bit for bit."""
    assert run("migrate", article, "--to", tmp_path / "a.keras") == 0
    model = keras.models.load_model(tmp_path / "a.keras")
    x, y = digits.train
    fitted = model.fit(x, y, batch_size=len(x), epochs=4, shuffle=False, verbose=0)
    program = Program(x, y, seed=1)
    program.load_state(training_state.state(article)[0])
    assert [np.float32(loss) for loss in fitted.history["loss"]] == [
        program.step() for _ in range(4)
    ]


def test_resume_from_either_side_goes_on_alike(article: Path, tmp_path: Path) -> None:
    assert run("migrate", article, "--to", tmp_path / "a.keras") == 0
    lanes = ["--lanes", "tf1", "exact", "--epochs", "3"]
    for start, out in ((article, "ckpt"), (tmp_path / "a.keras", "keras")):
        assert run("resume", start, *lanes, "--out", tmp_path / out) == 0
    ckpt, keras_ = (tmp_path / out / "history.csv" for out in ("ckpt", "keras"))
    assert ckpt.read_text() == keras_.read_text()
    assert ckpt.read_text().splitlines()[1].startswith("12,")


def test_run_folder_is_a_source(article: Path, tmp_path: Path) -> None:
    assert run("migrate", article.parent.parent, "--to", tmp_path / "a.keras") == 0


def test_weights_only_leaves_the_optimizer_fresh(article: Path, tmp_path: Path) -> None:
    assert run("migrate", article, "--to", tmp_path / "a.keras", "--weights-only") == 0
    model = keras.models.load_model(tmp_path / "a.keras")
    assert model.optimizer.iterations.numpy() == 0
    arrays = checkpoint.read(article)
    for name, path in keras_models.article.saved_paths().items():
        variable = next(v for v in model.weights if v.path == path)
        assert variable.numpy().tobytes() == arrays[name].tobytes()


def test_saved_model_serves_the_same_predictions(
    article: Path, digits: Digits, tmp_path: Path
) -> None:
    assert run("migrate", article, "--to", tmp_path / "serving") == 0
    program = Program(*digits.train, seed=1)
    program.load_state(training_state.state(article)[0])
    loaded = tf.saved_model.load(tmp_path / "serving")
    served = loaded.serve(tf.constant(digits.test.x)).numpy()
    assert served.tobytes() == program.logits(digits.test.x).tobytes()


def renamed(article: Path, folder: Path, new: dict[str, str]) -> Path:
    """Write the article's arrays under `new` names to `folder`; return a `--map` that fits."""
    arrays = {}
    for name, array in checkpoint.read(article).items():
        first, slash, rest = name.partition("/")
        arrays[new.get(first, first) + slash + rest] = array
    checkpoint.write(folder / "model.ckpt", arrays)
    paths = keras_models.article.saved_paths()
    (folder / "map.json").write_text(json.dumps({new[name]: paths[name] for name in new}))
    return folder / "map.json"


def test_map_names_the_variables_of_another_graph(article: Path, tmp_path: Path) -> None:
    """The article's arrays under other names, and a file that says which is which."""
    new = {"Variable": "hid/W", "Variable_1": "hid/b", "Variable_2": "out/W", "Variable_3": "out/b"}
    theirs = tmp_path / "theirs"
    mapped = ["--map", renamed(article, theirs, new)]
    assert run("migrate", theirs, "--to", tmp_path / "no.keras") == 2
    assert run("migrate", theirs, "--to", tmp_path / "a.keras", *mapped) == 0
    assert run("migrate", tmp_path / "a.keras", "--to", tmp_path / "b" / "model.ckpt", *mapped) == 0
    assert contents(tmp_path / "b" / "model.ckpt") == contents(theirs / "model.ckpt")


@pytest.mark.slow
def test_the_table_of_what_went_where_breaks_no_name(
    article: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """The article's fits 80 columns, whatever the pipe's; a long name takes the room it needs."""
    for columns, lane in (("80", "exact"), ("80", "idiomatic"), ("40", "exact")):
        monkeypatch.setenv("COLUMNS", columns)
        keras.utils.clear_session()  # or it would be called adam_1
        to = tmp_path / f"{lane}{columns}.keras"
        assert run("migrate", article, "--to", to, "--lane", lane) == 0
        table, _ = capsys.readouterr().out.split("\n\n")
        _, _, *rows = table.splitlines()
        assert max(map(len, table.splitlines())) <= 80
        assert len(rows) == 15
        assert all(re.fullmatch(r"\S.*\S  +\S.*\S  +\w+ \[[\d, ]*\]", row) for row in rows)
    long = "scope_" * 12
    new = {f"Variable{n}": f"{long}/W{n}" for n in ("", "_1", "_2", "_3")}
    mapped = renamed(article, tmp_path / "long", new)
    assert run("migrate", tmp_path / "long", "--to", tmp_path / "l.keras", "--map", mapped) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in new.values():
        assert sum(f"v of {name} " in line for line in lines) == 1


@pytest.mark.parametrize("rule", few_of(tf115.RULES, "Adam", "Momentum", "CenteredRMSProp"))
def test_every_rule_goes_there_and_back_and_on_bit_for_bit(
    rule: str,
    rules: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Printed,
) -> None:
    monkeypatch.setenv("RULE", rule)
    pair, there = ["--pair", PAIR], rules / rule / "model.ckpt"
    assert run("migrate", there, "--to", tmp_path / "a.keras", *pair) == 0
    assert "Assumed" not in capsys.readouterr().out
    assert run("migrate", tmp_path / "a.keras", "--to", tmp_path / "b" / "model.ckpt", *pair) == 0
    assert contents(tmp_path / "b" / "model.ckpt") == contents(there)
    model = keras.models.load_model(tmp_path / "a.keras")
    later = np.load(rules / rule / "later.npz")
    losses = [model.train_on_batch(*tf115.batch()) for _ in range(tf115.UPDATES)]
    assert relative_distance(losses, later["losses"]).max() == 0
    assert int(model.optimizer.iterations.numpy()) == 2 * tf115.UPDATES
    for name, path in (("first", "first/kernel"), ("bias", "first/bias")):
        variable = next(v for v in model.weights if v.path == path)
        assert variable.numpy().tobytes() == later[f"net/{name}"].tobytes()


@pytest.mark.parametrize("rule", few_of(pair_of_rule.KERAS, "Adam", "Ftrl"))
def test_stock_keras_optimizers_train_on(
    rule: str, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras' own optimizers go on within rounding; SGD's momentum is rounded once on its way."""
    monkeypatch.setenv("RULE", rule)
    monkeypatch.setenv("STOCK", "1")
    there = rules / rule / "model.ckpt"
    assert run("migrate", there, "--to", tmp_path / "a.keras", "--pair", PAIR) == 0
    model = keras.models.load_model(tmp_path / "a.keras")
    later = np.load(rules / rule / "later.npz")
    losses = [model.train_on_batch(*tf115.batch()) for _ in range(tf115.UPDATES)]
    assert relative_distance(losses, later["losses"]).max() < 1e-5
    assert losses[-1] < losses[0]


def frozen(article: Path, folder: Path) -> None:
    """The article frozen, and as a TensorFlow 1 SavedModel, by TensorFlow 1's functions."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        _, _, logits, _, _ = tf115.article()
        tf.compat.v1.train.Saver().restore(session, str(article))
        constant = tf.compat.v1.graph_util.convert_variables_to_constants(
            session, session.graph_def, [logits.op.name]
        )
        tf.compat.v1.train.write_graph(constant, str(folder), "frozen.pb", as_text=False)
        for name, saver in (
            ("whole", None),
            ("bare", tf.compat.v1.train.Saver(tf.compat.v1.trainable_variables())),
        ):
            builder = tf.compat.v1.saved_model.Builder(str(folder / name))
            builder.add_meta_graph_and_variables(session, ["serve"], saver=saver)
            builder.save()


def test_frozen_graph_and_saved_model_give_their_weights(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen(article, tmp_path)
    arrays = checkpoint.read(article)
    for name, step in (("frozen.pb", 0), ("bare", 0), ("whole", 12)):
        to = tmp_path / f"{name}.keras"
        assert run("migrate", tmp_path / name, "--to", to) == 0
        assert ("No optimizer slots" in capsys.readouterr().out) == (step == 0)
        model = keras.models.load_model(to)
        assert model.optimizer.iterations.numpy() == step
        for variable, path in keras_models.article.saved_paths().items():
            arrived = next(v for v in model.weights if v.path == path)
            assert arrived.numpy().tobytes() == arrays[variable].tobytes()


def test_resumed_epochs_are_numbered_on(article: Path, tmp_path: Path) -> None:
    command = ["resume", article, "--epochs", 2, "--lanes", "exact", "--out", tmp_path / "run"]
    assert run(*command) == 0
    assert len(read_csv(tmp_path / "run" / "history.csv")["exact"]) == 2


def test_betas_of_ones_own_are_taken_from_the_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The step follows from beta2_power only by the right beta; another one is refused."""
    adam = tf.compat.v1.train.AdamOptimizer
    monkeypatch.setitem(tf115.RULES, "Adam", lambda: adam(0.01, beta2=0.99))
    genuine_rules = {"Adam": tf115.RULES["Adam"]}
    monkeypatch.setattr(tf115, "RULES", genuine_rules)
    (tmp_path / "Adam").mkdir()
    tf115.write_rules(str(tmp_path))
    arrays = checkpoint.read(tmp_path / "Adam" / "model.ckpt")
    del arrays["global_step"]
    where = checkpoint.layout(arrays)
    assert checkpoint.to_state(arrays, where, beta_2=0.99).step == tf115.UPDATES
    there = tmp_path / "Adam" / "model.ckpt"
    assert run("migrate", there, "--to", tmp_path / "wrong.keras", "--pair", PAIR) == 2
    assert "which is no power of 0.999" in capsys.readouterr().err
    pair = tmp_path / "own_pair.py"
    text = PAIR.read_text(encoding="utf-8").replace("TF1Adam(0.01)", "TF1Adam(0.01, beta_2=0.99)")
    pair.write_text(text, encoding="utf-8")
    assert run("migrate", there, "--to", tmp_path / "a.keras", "--pair", pair) == 0
    back = tmp_path / "b" / "model.ckpt"
    assert run("migrate", tmp_path / "a.keras", "--to", back, "--pair", pair) == 0
    assert contents(back) == contents(there)


@pytest.mark.parametrize("name", ["convnet_bn", "text_lstm", "regression_l2"])
def test_all_that_a_graph_saves_goes_there_and_back(name: str, tmp_path: Path) -> None:
    """Moving averages; slots of an embedding, by no Apply op; a step that is called Variable."""
    rng, arrays = np.random.default_rng(0), {}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta.load(ROOT / "examples" / "tf115" / "graphs" / f"{name}.meta")
        session.run(tf.compat.v1.global_variables_initializer())
        for variable in tf.compat.v1.global_variables():
            value = session.run(variable)
            noise = rng.random(value.shape, np.float32) if value.ndim else 0
            arrays[variable.op.name] = (value + noise).astype(value.dtype)
    checkpoint.write(tmp_path / "model.ckpt", arrays)
    there, back = tmp_path / "there.keras", tmp_path / "back" / "model.ckpt"
    pair = ROOT / "examples" / "tf115" / f"{name}_exact.py"
    assert run("migrate", tmp_path / "model.ckpt", "--to", there, "--pair", pair) == 0
    assert run("migrate", there, "--to", back, "--pair", pair) == 0
    came = {name: (array.dtype, array.tobytes()) for name, array in checkpoint.read(back).items()}
    assert came == {name: (array.dtype, array.tobytes()) for name, array in arrays.items()}
