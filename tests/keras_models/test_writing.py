"""Keras source that `rewrite` writes, as somebody would have written it."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras  # noqa: F401 (what is written calls it)
import numpy as np
import pytest
import tensorflow as tf

from keras_models import writing
from keras_models.writing import model
from tests.conftest import ROOT
from tf1_compat import article, network
from tf1_compat.network import Given

tf1 = tf.compat.v1


def written_of_default_graph(*, exact: bool = False) -> str:
    read, mapped = network.read(tf1.get_default_graph(), Given(exact=exact))
    read = writing.of_pieces(read) if exact else read
    return writing.source(read, mapped, "graph.meta", to_the_bit=exact).text


class NamesAside(ast.NodeTransformer):
    """Numbers in the place of their names, `_` in that of all others; no layer has a name."""

    def __init__(self, tree: ast.AST) -> None:
        self.numbers = {
            node.targets[0].id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.numbers.get(node.id, ast.Name("_"))

    def visit_keyword(self, node: ast.keyword) -> ast.keyword | None:
        self.generic_visit(node)
        return None if node.arg == "name" else node


def what_it_makes(source: str) -> list[tuple[str, Any]]:
    """Every call of Keras and every dict, in the order of the lines, with names aside.

    But for the model's own: the listing's is functional, and a Sequential would do.
    """
    tree = ast.parse(source)
    calls = {
        node: ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    dicts = {node: "dict" for node in ast.walk(tree) if isinstance(node, ast.Dict)}
    NamesAside(tree).visit(tree)
    return [
        (name, arguments(name, node) if name.startswith("keras.") else ast.unparse(node))
        for node, name in sorted(
            (calls | dicts).items(), key=lambda one: (one[0].lineno, one[0].col_offset)
        )
        if name not in ("keras.Sequential", "keras.Model")
    ]


def arguments(function: str, node: ast.Call) -> dict[str, Any]:
    """What a call of Keras gives for each parameter."""
    named = {one.arg or "**": ast.unparse(one.value) for one in node.keywords}
    more = named.pop("**", None)
    bound = inspect.signature(eval(function)).bind(*map(ast.unparse, node.args), **named)
    return bound.arguments | {"**": more}


def test_the_articles_graph_becomes_the_listing() -> None:
    with tf.Graph().as_default():
        tf1.set_random_seed(1234)
        article.build()
        source = written_of_default_graph()
    ours = source[source.index("def keras_model") : source.index("def batch")]
    listing = (ROOT / "keras_models" / "listing.py").read_text()
    theirs = listing[: listing.index("pixels, labels")]
    assert what_it_makes(ours) == what_it_makes(theirs)
    assert len(what_it_makes(ours)) == 9


def dense(x: Any, units: int, scope: str, drawn: Any = None) -> Any:
    with tf1.variable_scope(scope):
        kernel = tf1.get_variable("kernel", [x.shape[-1], units], None, drawn, use_resource=False)
        bias = tf1.get_variable("bias", [units], None, tf1.zeros_initializer(), use_resource=False)
        return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def residual(units: list[int], scopes: bool = True) -> None:
    """Blocks of two layers and a shortcut, each of other hidden units; in scopes, or numbered."""
    x = tf1.placeholder(tf.float32, [None, 6], "x")
    y = tf1.placeholder(tf.float32, [None, 1], "y")
    outputs = dense(x, 6, "stem" if scopes else "dense")
    for number, hidden in enumerate(units):
        first, second = (
            f"unit{number}/{part}" if scopes else f"dense_{2 * number + place}"
            for place, part in enumerate(("first", "second"), 1)
        )
        inner = dense(tf.nn.tanh(dense(outputs, hidden, first)), 6, second)
        outputs = tf.nn.relu(outputs + inner)
    cost = tf.reduce_mean(tf.square(dense(outputs, 1, "last") - y))
    tf1.train.GradientDescentOptimizer(0.1).minimize(cost)


def ran(source: str) -> Any:
    """The model that a source makes."""
    names: dict[str, Any] = {"__file__": "model.py"}
    exec(source, names)
    model = names["keras_model"]()
    paths = {"/".join(one.path.split("/")[-2:]) for one in model.variables}
    assert {*names["weight_map"].values()} == paths
    return model


BY_SCOPE = """
    def unit(x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
        first = keras.layers.Dense(units, activation="tanh", name=f"{name}_first")(x)
        second = keras.layers.Dense(6, name=f"{name}_second")(first)
        add = keras.layers.Add()([x, second])
        return keras.layers.Activation("relu")(add)

    x = keras.Input([6])
    stem = keras.layers.Dense(6, name="stem")(x)
    unit0 = unit(stem, 3, "unit0")
    unit1 = unit(unit0, 3, "unit1")
"""
BY_NUMBER = """
    def block(x: keras.KerasTensor, units: int, number: int) -> keras.KerasTensor:
        dense = keras.layers.Dense(units, activation="tanh", name=f"dense_{number}")(x)
        dense_2 = keras.layers.Dense(6, name=f"dense_{number + 1}")(dense)
"""


@pytest.mark.parametrize(("scopes", "lines"), [(True, BY_SCOPE), (False, BY_NUMBER)])
def test_blocks_that_come_again_become_a_function(
    scopes: bool, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tf.Graph().as_default():
        residual([3, 3, 4, 4, 5, 5], scopes)
        source = written_of_default_graph()
        monkeypatch.setattr(model, "SHORTER", 0.0)
        flat = written_of_default_graph()
    assert lines in source
    ours, theirs = ran(source), ran(flat)
    theirs.set_weights(ours.get_weights())
    rows = np.random.default_rng(0).normal(size=(4, 6))
    np.testing.assert_array_equal(ours.predict(rows, verbose=0), theirs.predict(rows, verbose=0))


def test_blocks_are_of_exact_pieces_too() -> None:
    with tf.Graph().as_default():
        residual([3, 3, 4, 4, 5, 5])
        source = written_of_default_graph(exact=True)
    assert BY_SCOPE.replace("keras.layers.Dense", "BiasAddDense") in source
    assert "keras.layers.Dense" not in source
    ran(source)


def test_a_few_layers_that_come_again_stay_lines() -> None:
    with tf.Graph().as_default():
        residual([3, 3])
        assert "    def " not in written_of_default_graph()


@pytest.mark.parametrize("units", [[], [3, 3, 4, 4, 50, 50]])
def test_what_is_written_is_what_ruff_would_write(units: list[int], tmp_path: Path) -> None:
    with tf.Graph().as_default():
        residual(units)
        (tmp_path / "model.py").write_text(written_of_default_graph())
    for words in (["check"], ["format", "--check"]):
        command = [
            Path(sys.executable).with_name("ruff"),
            *words,
            "--config",
            ROOT / "pyproject.toml",
        ]
        done = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_layers_that_share_an_initializer_begin_with_numbers_of_their_own() -> None:
    """Also where another one, with the same seed, draws for the same shape."""
    with tf.Graph().as_default():
        tf1.set_random_seed(3)
        x = tf1.placeholder(tf.float32, [None, 6], "x")
        y = tf1.placeholder(tf.float32, [None, 6], "y")
        for place, stddev in enumerate([0.5, 0.5, 0.25, 0.25]):
            drawn = tf1.random_normal_initializer(stddev=stddev)
            x = dense(x, 6, f"layer{place}", drawn)
        tf1.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(x - y)))
        source = written_of_default_graph()
    assert "    normal_2 = keras.initializers.RandomNormal(stddev=0.25, seed=seed)\n" in source
    kernels = [layer.kernel.numpy() / layer.kernel.numpy().std() for layer in ran(source).layers]
    for place, one in enumerate(kernels):
        assert all(np.abs(one - other).max() > 0.1 for other in kernels[:place])
