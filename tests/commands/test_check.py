"""`tf1keras check` on the examples, and on input that it cannot use."""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.slow import few_of
from training import cli
from training.reports.check import WIDTH

RUNGS = [
    *("variables", "copied weights", "forward", "loss", "gradients"),
    *("one update", "all updates"),
]

EXAMPLES = {
    "article_exact": ("identical", []),
    "article": ("equivalent", ["bias_add", "Adam"]),
    "softmax_regression": ("equivalent", ["bias_add"]),
    "momentum": ("equivalent", ["momentum"]),
    "convnet": ("equivalent", ["bias_add", "Adam"]),
    "batch_norm": ("equivalent", ["fused batch norm", "momentum"]),
    "batch_norm_exact": ("identical", []),
    "sentences": ("equivalent", ["rounding"]),
}
FURTHER = {
    "batch_norm": ["moving averages"],
    "batch_norm_exact": ["moving averages"],
    "sentences": ["inference"],
}
"""Rungs that few have."""


@pytest.mark.parametrize("name", few_of(EXAMPLES, "article_exact", "article", "batch_norm_exact"))
def test_example_is_judged_as_it_deserves(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdict, causes = EXAMPLES[name]
    pair = ROOT / "examples" / f"{name}.py"
    assert cli.main(["check", str(pair), "--steps", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == verdict
    further = FURTHER.get(name, [])
    assert [rung["name"] for rung in found["rungs"]] == [*RUNGS, *further, "initializers"]
    assert [cause["cause"].partition(":")[0] for cause in found["causes"]] == causes
    proven = "e-16 in float64" if name == "sentences" else "; 0 with the exact piece"
    assert all(proven in cause["evidence"] for cause in found["causes"])
    assert found["unexplained"] is None
    over_n = any(said.startswith("moving variances") for said in found["not_compared"])
    assert over_n == (name == "batch_norm")  # Keras' own layer divides by n
    if verdict == "identical":
        assert found["first_difference"] is None
        assert all(rung["ok"] and rung["max_ulp"] == 0 for rung in found["rungs"])
    assert cli.main(["check", str(pair), "--steps", "3"]) == 0
    printed = capsys.readouterr()
    assert verdict.upper() in printed.out
    assert "Not compared: " in printed.out
    assert max(len(line) for line in printed.out.splitlines()) <= WIDTH == 80
    assert f"running the code in {pair}" in printed.err


def test_article_with_keras_default_epsilon_is_different(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (ROOT / "examples" / "article.py").read_text()
    built = 'return keras_models.article.build("idiomatic")'
    assert built in source
    pair = tmp_path / "pair.py"
    pair.write_text(
        source.replace(
            built,
            'model = keras_models.article.build("idiomatic")\n'
            "    model.compile(keras.optimizers.Adam(), model.loss)\n"
            "    return model",
        )
    )
    assert cli.main(["check", str(pair), "--steps", "3", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "different"
    (cause,) = found["causes"]
    assert cause["cause"] == "epsilon: 1e-07 in Keras, 1e-08 in TensorFlow 1"
    assert "every rung holds" in cause["evidence"]


TWO_MISTAKES = """
import keras, tensorflow as tf
tf1 = tf.compat.v1
def tf1_graph():
    x, y = tf1.placeholder(tf.float32, [None, 4]), tf1.placeholder(tf.float32, [None, 2])
    hidden = tf.nn.relu(tf.matmul(x, tf1.get_variable("W", [4, 3])))
    logits = tf.matmul(hidden, tf1.get_variable("V", [3, 2]))
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": logits}
def keras_model():
    first = keras.layers.Dense(3, "tanh", use_bias=False, name="first")
    model = keras.Sequential([keras.Input([4]), first, keras.layers.Dense(2, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.2), keras.losses.CategoricalCrossentropy(from_logits=True))
    return model
"""


@pytest.mark.slow
def test_search_says_where_it_begins_and_every_mistake_that_it_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = tmp_path / "pair.py"
    pair.write_text(TWO_MISTAKES)
    assert cli.main(["check", str(pair), "--steps", "2"]) == 1
    said = capsys.readouterr().err.splitlines()
    at = said.index(f"running the code in {pair}")
    begins = "the rung forward differs in float64, first in layer first (Dense)"
    assert said[at + 1] == f"searching for the cause: {begins}"
    activation, rate = (line for line in said if line.startswith("found: "))
    assert activation.startswith("found: activation of layer first: tanh in Keras, relu in Tens")
    assert activation.endswith("; once changed, forward holds")
    assert rate.startswith("found: learning_rate: 0.2 in Keras, 0.1 in TensorFlow 1")
    assert rate.endswith("; once changed, every rung holds")
    assert cli.main(["check", str(pair), "--steps", "2", "--quiet"]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["article", "article_exact"])
def test_nothing_is_said_of_a_search_where_nothing_is_wrong(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(ROOT / "examples" / f"{name}.py"), "--steps", "2"]) == 0
    said = capsys.readouterr().err
    assert "running the code in" in said
    assert "searching" not in said
    assert "found" not in said


def test_digits_are_fed_where_the_placeholders_hold_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = str(ROOT / "examples" / "convnet.py")
    options = ["--data", "mnist_5k", "--steps", "1", "--batch-size", "4"]
    assert cli.main(["check", pair, *options]) == 0
    pair = str(ROOT / "examples" / "momentum.py")
    assert cli.main(["check", pair, *options]) == 2
    assert "expected 784 numbers a row" in capsys.readouterr().err


GRAPH = """
import keras, tensorflow as tf
tf1 = tf.compat.v1
def tf1_graph():
    x, y = tf1.placeholder(tf.float32, [None, 4]), tf1.placeholder(tf.float32, [None, 2])
    rate = 0.1
    W = tf1.Variable(tf.ones([4, 2]), name="W")
    logits = tf.matmul(x, W)
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train_op = tf1.train.GradientDescentOptimizer(rate).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op}
def keras_model():
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(2, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.CategoricalCrossentropy(from_logits=True))
    return model
"""

TABLE = """
no graph | def tf1_graph | def graph | no function tf1_graph()
no model | def keras_model | def model | no function keras_model()
syntax | rate = 0.1 | rate = = 0.1 | pair.py:6: the file raised SyntaxError
raises | rate = 0.1 | rate = 1 / 0 | pair.py:6: tf1_graph() raised ZeroDivisionError
exits | rate = 0.1 | raise SystemExit(0) | tf1_graph() raised SystemExit
no train_op | , "train_op": train_op |  | returned no train_op
no dict | return { | return 3 # | returned int; expected a dict
y made of a variable | "y": y | "y": logits | MatMul, which is to be fed, depends on the variable W
shapes | Dense(2, | Dense(3, | TensorFlow 1 W [4, 2]; Keras
uncompiled | model.compile( | dict(a= | without optimizer or loss
no keras.Model | return model | return None | returned NoneType; expected a compiled
noise | tf.matmul(x, W) | tf.matmul(x + tf.random.gamma(tf.shape(x), 1.0), W) | (RandomGamma)
unknown size | [None, 4]) | [None, None]) | expected every size but the first
"""
"""Name | what stands in PAIR.py | what in its place | what the message has in it."""

ROWS = [row.split(" | ") for row in TABLE.strip().splitlines()]
UNUSABLE = {name: rest for name, *rest in ROWS} | {
    "starved": [
        "rate = 0.1",
        'rate = tf1.placeholder(tf.float32, [], name="rate")',
        "the placeholder rate is not fed",
    ],
    "weight_map": [
        "def keras_model",
        'weight_map = {"W": "other/kernel"}\ndef keras_model',
        "weight_map names 'other/kernel' for W; Keras has",
    ],
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_input_is_one_message_and_status_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong, message = UNUSABLE[name]
    assert right in GRAPH
    pair = tmp_path / "pair.py"
    source = GRAPH.replace(right, wrong, 1)
    if name == "uncompiled":
        source = source.replace("dict(a=keras.optimizers.SGD(0.1), keras", "str(keras")
    pair.write_text(source)
    assert cli.main(["check", str(pair)]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


SUBCLASSED = GRAPH.replace(
    "    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(2, use_bias=False)])\n",
    "    class Model(keras.Model):\n"
    "        def __init__(self):\n"
    "            super().__init__()\n"
    "            self.dense = keras.layers.Dense(2, use_bias=False)\n"
    "        def call(self, x):\n"
    "            return self.dense(x)\n"
    "    model = Model()\n",
).replace("tf1.train.GradientDescentOptimizer(rate)", "tf1.train.AdamOptimizer()")


@pytest.mark.parametrize(
    ("check", "status", "said"),
    [
        ("{}['gone'] if training else 0", 2, "the Keras model raised KeyError: gone\n"),
        ("1 / (x.dtype == 'float32')", 3, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_the_users_model_raises_is_a_message(
    check: str, status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In training, or in float64 only."""
    source = SUBCLASSED.replace("def call(self, x):\n", "def call(self, x, training=False):\n")
    source = source.replace(
        "            return self", f"            {check}\n            return self"
    )
    pair = tmp_path / "pair.py"
    pair.write_text(source.replace("SGD(0.1)", "Adam(epsilon=1e-8)"))
    assert cli.main(["check", str(pair)]) == status
    printed = capsys.readouterr()
    assert said in (printed.err if status == 2 else " ".join(printed.out.split()))
    (line,) = [n for n, text in enumerate(source.splitlines(), 1) if check in text]
    assert f"{pair}:{line}: " in printed.err or status == 3
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(("epsilon", "verdict"), [(1e-8, "EQUIVALENT"), (1e-3, "DIFFERENT")])
def test_subclassed_model_is_judged_by_float64_alone(
    epsilon: float, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = tmp_path / "pair.py"
    pair.write_text(SUBCLASSED.replace("SGD(0.1)", f"Adam(epsilon={epsilon})"))
    assert cli.main(["check", str(pair)]) == (verdict == "DIFFERENT")
    assert verdict in capsys.readouterr().out


def test_undecided_is_status_3_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = tmp_path / "pair.py"
    nowhere = GRAPH.replace("tf.matmul(x, W)", "tf.matmul(x, W) * float('nan')")
    last = "keras.layers.Dense(2, use_bias=False)"
    pair.write_text(nowhere.replace(last, f"{last}, keras.layers.Rescaling(float('nan'))"))
    assert cli.main(["check", str(pair), "--json"]) == 3
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["verdict"] == "undecided"
    assert found["unexplained"].startswith("loss: loss is not finite on either side")
    assert cli.main(["check", str(pair)]) == 3
    assert "- reason: loss: loss is not finite" in capsys.readouterr().out


def test_model_that_refuses_the_batches_is_one_message_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = tmp_path / "pair.py"
    pair.write_text(GRAPH.replace("CategoricalCross", "SparseCategoricalCross"))
    assert cli.main(["check", str(pair)]) == 2
    assert "cannot be trained on what the graph takes, x [32, 4]" in capsys.readouterr().err


def test_taken_folder_is_refused_before_the_code_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, taken = tmp_path / "ran", tmp_path / "taken"
    taken.mkdir()
    (taken / "kept").write_text("kept")
    pair = tmp_path / "pair.py"
    pair.write_text(f"open({str(ran)!r}, 'w').close()\n{GRAPH}")
    assert cli.main(["check", str(pair), "--out", str(taken)]) == 2
    assert f"--out {taken}: exists already; expected a new or empty" in capsys.readouterr().err
    assert [path.name for path in taken.iterdir()] == ["kept"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pair.py", "taken"]


def test_unusable_input_leaves_no_folder(tmp_path: Path) -> None:
    pair = tmp_path / "pair.py"
    pair.write_text(GRAPH.replace("def keras_model", "def model"))
    assert cli.main(["check", str(pair), "--out", str(tmp_path / "runs" / "one")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["pair.py"]


def test_out_names_the_page_and_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair, folder = tmp_path / "pair.py", tmp_path / "run"
    pair.write_text(GRAPH)
    options = ["check", str(pair), "--steps", "1", "--out"]
    assert cli.main([*options, str(folder)]) == 0
    assert f"Report: {folder / 'report.html'}" in capsys.readouterr().out
    assert cli.main([*options, str(tmp_path / "again"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("folder") == str(tmp_path / "again")
    assert json.loads((tmp_path / "again" / "check.json").read_text()) == found


def test_missing_file_is_one_message_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "nowhere.py"]) == 2
    assert "nowhere.py: no such file" in capsys.readouterr().err
