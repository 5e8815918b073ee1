"""The page of `tf1keras check --out`: what it marks, in both languages, and what lies beside it."""

import html
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import run
from training.checking.looks import distributions
from training.checking.side_by_side import smallest
from training.machine.files import read_json
from training.parity import ladder
from training.reports import check_page

PAIR = """
import keras
import tensorflow as tf

tf1 = tf.compat.v1


def tf1_graph():
    x = tf1.placeholder(tf.float32, [None, 4], name="x")
    y = tf1.placeholder(tf.float32, [None, 2], name="y")
    W = tf1.get_variable("W", [4, 3])
    b = tf1.get_variable("b", [3])
    hidden = tf.matmul(x, W) + b
    hidden = tf.nn.relu(hidden)
    logits = tf.matmul(hidden, tf1.get_variable("V", [3, 2]))
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train_op = tf1.train.GradientDescentOptimizer(0.1).minimize(cost)
    return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": logits}


def keras_model():
    inputs = keras.Input([4])
    hidden = keras.layers.Dense(3, "relu", name="first")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, use_bias=False)(hidden))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model
"""
WRONG = PAIR.replace('Dense(3, "relu"', 'Dense(3, "tanh"')
MARKUP = "<img src=x>.py"
"""The name of the wrong pair's file."""
LAYER = "First layer whose outputs the graph has nowhere"
OP = "First op after the last tensor that both have"


def line(source: str, part: str) -> int:
    """The number of the one line that has `part` in it."""
    (number,) = (n for n, text in enumerate(source.splitlines(), 1) if part in text)
    return number


def checked(folder: Path, source: str, status: int, name: str = "pair.py") -> Path:
    """The run folder of a check of `source`."""
    (folder / name).write_text(source, encoding="utf-8")
    options = ("--steps", 2, "--batch-size", 8, "--budget", 5)
    assert run("check", folder / name, *options, "--out", folder / "run") == status
    return folder / "run"


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checked(tmp_path_factory.mktemp("wrong"), WRONG, 1, MARKUP)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checked(tmp_path_factory.mktemp("right"), PAIR, 0)


def page(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def plain(markup: str) -> str:
    """What is read in English."""
    english = re.sub(r'<(span|p) class="(note )?zh".*?</\1>', "", markup)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", english)).split())


def main(folder: Path) -> str:
    """What is read in English between the page's head and its scripts, on a wide screen."""
    whole = page(folder).partition("<main>")[2].partition("</main>")[0]
    return plain(re.sub(r'<span class="label">.*?</span></span>', "", whole))


def sides(text: str) -> list[tuple[list[str], list[str]]]:
    """The entries of both cells, row by row, as they are read in English."""
    (table,) = re.findall(r'<table class="sides">.*?</table>', text, re.DOTALL)
    found = []
    for row in re.findall(r"<tr>\n<td>(.*?)</tr>", table, re.DOTALL):
        left, right = row.split("<td>")
        entries = [re.findall(r"<li>.*?</li>", cell, re.DOTALL) for cell in (left, right)]
        found.append(([*map(plain, entries[0])], [*map(plain, entries[1])]))
    return found


def test_the_layer_and_the_op_where_a_wrong_pair_departs_are_marked(wrong: Path) -> None:
    first, second = sides(page(wrong))
    assert main(wrong).count(LAYER) == main(wrong).count(OP) == 1
    number = line(WRONG, "keras.Input")
    assert f"line {number} inputs = keras.Input([4]) InputLayer" in first[1][0]
    assert first[1][0].endswith("[None, 4] = x:0")
    layer, last = second[1]
    number = line(WRONG, '"tanh"')
    assert layer.startswith(f'line {number} hidden = keras.layers.Dense(3, "tanh"')
    assert f"{LAYER} Dense first [None, 3]" in layer
    assert layer.endswith("without its activation: = add:0")
    assert last.startswith(f"line {line(WRONG, 'use_bias=False')} ")
    (op,) = (entry for entry in second[0] if OP in entry)
    number = line(WRONG, "tf.nn.relu")
    said = f"line {number} hidden = tf.nn.relu(hidden) {OP} Relu Relu [None, 3]"
    assert op == said
    assert second[0][0].endswith("MatMul MatMul [None, 3] with W")
    assert second[0][1] == "AddV2 add [None, 3] with b"  # of the same line


def test_of_a_right_pair_nothing_is_marked_and_each_layer_stands_beside_its_op(right: Path) -> None:
    text = page(right)
    assert 'class="mark"' not in text
    assert LAYER not in text
    found = sides(text)
    ends = [ops[-1].rsplit(" [None", 1)[0] for ops, _ in found]
    assert [end.split()[-1] for end in ends] == ["x", "Relu", "MatMul_1"]
    (inputs,), (first,), (last,) = (layers for _, layers in found)
    assert inputs.endswith(" = x:0")
    assert first.endswith("Dense first [None, 3] = Relu:0")
    assert last.endswith("[None, 2] = MatMul_1:0")
    assert 'id="smallest"' not in text
    assert not (right / "smallest.npz").exists()


def test_every_rung_has_its_name_in_both_languages() -> None:
    assert tuple(check_page.RUNGS) == (*ladder.NAMES, distributions.NAME)


def test_page_has_what_the_command_says(wrong: Path) -> None:
    text, found = main(wrong), read_json(wrong / "check.json")
    (cause,) = found["causes"]
    assert cause["cause"] == "activation of layer first: tanh in Keras, relu in TensorFlow 1"
    for said in (cause["cause"], cause["evidence"], *found["not_compared"]):
        assert said in text
    assert text.startswith("Different")
    for rung in found["rungs"][1:]:
        ulp = "–" if rung["max_ulp"] is None else f"{rung['max_ulp']:,}"
        numbers = f"{ulp} {rung['max_rel']:.1e}" if not rung["ok"] else "0 0"
        assert f"{rung['name']} {'identical' if rung['ok'] else 'differs'} {numbers}" in text
    assert read_json(wrong / "config.json")["steps"] == 2
    assert "onednn" in read_json(wrong / "environment.json")


def test_smallest_file_holds_what_fails(wrong: Path) -> None:
    with np.load(wrong / "smallest.npz") as file:
        held = dict(file)
    assert held["x"].shape == (1, 4)
    assert held["x"].dtype == np.float32
    inner = held["layer_input_1"] @ held["layer_kernel"] + held["layer_bias"]
    np.testing.assert_array_equal(held["layer_input_1"], held["x"])
    np.testing.assert_allclose(held["layer_keras"], np.tanh(inner), rtol=1e-12)
    np.testing.assert_allclose(held["layer_tensorflow_1"], np.maximum(inner, 0), rtol=1e-12)
    assert np.abs(held["layer_keras"] - held["layer_tensorflow_1"]).max() > 1e-3
    assert np.abs(held["keras"] - held["tensorflow_1"]).max() > 1e-3
    text = main(wrong)
    assert "fail on the rung forward in float64: 1 of 8. They are in smallest.npz" in text
    for name, array in held.items():
        shape = ", ".join(map(str, array.shape))
        assert f"{name} [{shape}]" in text


def test_a_file_that_would_be_too_large_is_left_out_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smallest, "LARGEST", 100)
    folder = checked(tmp_path, WRONG, 1)
    assert not (folder / "smallest.npz").exists()
    assert "they take more than 1 MB, so no file was written" in main(folder)


ROWS = WRONG.replace('"tanh"', '"relu"').replace(
    "keras.layers.Dense(2, use_bias=False)(hidden)",
    "keras.layers.Dense(2, use_bias=False)(keras.ops.clip(hidden, 0.0, 2.5))",
)


def test_the_rows_that_fail_are_found_where_others_agree(tmp_path: Path) -> None:
    """A bound that few rows reach: the batch of one is one of them."""
    folder = checked(tmp_path, ROWS, 1)
    with np.load(folder / "smallest.npz") as file:
        assert len(file["x"]) == 1
        assert np.abs(file["keras"] - file["tensorflow_1"]).max() > 1e-3
        assert file["layer_input_1"].max() > 2.5
    marked = [layer for _, layers in sides(page(folder)) for layer in layers if LAYER in layer]
    assert len(marked) == 1
    assert "Clip clip" in marked[0]


EIGHT = WRONG.replace("tf.nn.relu(hidden)", "tf.nn.relu(tf.reshape(hidden, [8, 3]))")


def test_a_graph_that_takes_no_fewer_rows_gets_them_all(tmp_path: Path) -> None:
    assert EIGHT != WRONG
    folder = checked(tmp_path, EIGHT, 1)
    assert "8 of 8" in main(folder)
    with np.load(folder / "smallest.npz") as file:
        assert file["x"].shape == (8, 4)


LOSS = PAIR.replace(', "logits": logits', "").replace("from_logits=True", "from_logits=False")
UNPAIRED = PAIR.replace('"relu", name', '"relu", use_bias=False, name')
MANY = WRONG.replace(
    "    logits = ", "    for _ in range(PLACES):\n        hidden = hidden * 1.0\n    logits = "
)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (LOSS, "No layer is marked: the difference was not traced to one."),
        (UNPAIRED, "No layer could be held against the graph: the variables could not be paired."),
    ],
)
def test_where_no_layer_is_marked_the_page_says_why(source: str, said: str, tmp_path: Path) -> None:
    folder = checked(tmp_path, source, 1)
    assert said in main(folder)
    assert 'class="mark"' not in page(folder)
    assert len(sides(page(folder))) == (1 if source == UNPAIRED else 4)


@pytest.mark.parametrize(
    ("places", "said"),
    [(30, "16 more"), pytest.param(420, "406 more, for which", marks=pytest.mark.slow)],
)
def test_of_many_ops_the_page_shows_the_first_and_the_last(
    places: int, said: str, tmp_path: Path
) -> None:
    folder = checked(tmp_path, MANY.replace("PLACES", str(places)), 1)
    assert said in main(folder)
    assert OP in main(folder)
    assert (" mul_20 " in main(folder)) == (places == 30)
    assert len(page(folder)) < 100_000


EXTRA = PAIR.replace(
    "keras.layers.Dense(2, use_bias=False)(hidden))",
    "keras.layers.Rescaling(0.5)(keras.layers.Dense(2, use_bias=False)(hidden)))",
)
LESS = PAIR.replace('tf1.get_variable("V", [3, 2]))', 'tf1.get_variable("V", [3, 2])) * 0.5')


@pytest.mark.parametrize(
    ("source", "one", "other"),
    [
        (EXTRA, LAYER, "The graph’s outputs end with the last tensor that both have"),
        (LESS, OP, "Keras’ outputs end with the last tensor that both have"),
    ],
)
def test_where_one_side_goes_on_the_other_is_said_to_end(
    source: str, one: str, other: str, tmp_path: Path
) -> None:
    assert source != PAIR
    text = main(checked(tmp_path, source, 1))
    assert text.count(one) == text.count(other) == 1
    assert len([mark for mark in (LAYER, OP) if mark in text]) == 1


SUBCLASSED = WRONG.replace(
    "def keras_model():",
    "class Model(keras.Model):\n"
    "    def __init__(self):\n"
    "        super().__init__()\n"
    '        self.first = keras.layers.Dense(3, "tanh")\n'
    "        self.second = keras.layers.Dense(2, use_bias=False)\n"
    "    def call(self, x):\n"
    "        return self.second(self.first(x))\n\n\n"
    "def keras_model():",
)
SUBCLASSED = re.sub(r"model = keras\.Model\(.*", "model = Model()", SUBCLASSED)


def test_of_a_model_that_cannot_be_cloned_the_page_has_the_rungs(tmp_path: Path) -> None:
    folder = checked(tmp_path, SUBCLASSED, 1)
    text = main(folder)
    assert "forward differs" in text
    assert "The layers could not be looked into" in text
    assert '<table class="sides">' not in page(folder)
    assert [path.name for path in folder.glob("*.npz")] == []


def test_page_is_whole_in_both_languages(wrong: Path, right: Path) -> None:
    for text in map(page, (wrong, right)):
        spans = re.findall(r'<span class="(en|zh)"(?: lang="zh-CN")?>([^<]*)</span>', text)
        english = [said for language, said in spans if language == "en"]
        chinese = [said for language, said in spans if language == "zh"]
        assert len(english) == len(chinese)
        assert all(said.strip() for _, said in spans)
        assert not any(re.search("[一-鿿]", said) for said in english)
        long = [said for said in chinese if len(said) > 12]
        assert len(long) >= 4
        assert all(re.search("[一-鿿]", said) for said in long)
        assert not re.search(r"[，。：；！？]</span>\s", text)
    assert "第一个在计算图里找不到其输出的层" in page(wrong)
    assert 'data-zh="不同 · tf1keras check"' in page(wrong)


def test_nothing_is_loaded_and_nothing_printed_is_markup(wrong: Path) -> None:
    text = page(wrong)
    assert "<img" not in text
    assert "&lt;img src=x&gt;.py" in text
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert re.findall(r' (?:src|href)="([^"]*)"', text) == ["data:,"]
    assert len(text) < 100_000
