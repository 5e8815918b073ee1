"""Keras source that `rewrite` writes, as somebody would have written it."""

import ast
import inspect
from typing import Any

import keras  # noqa: F401 (what is written calls it)
import tensorflow as tf

from keras_models import writing
from tests.conftest import ROOT
from tf1_compat import article, network
from tf1_compat.network import Given


def written_of_default_graph() -> str:
    return writing.source(*network.read(tf.compat.v1.get_default_graph(), Given()), "graph.meta")


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
        tf.compat.v1.set_random_seed(1234)
        article.build()
        source = written_of_default_graph()
    ours = source[source.index("def keras_model") : source.index("def batch")]
    listing = (ROOT / "keras_models" / "listing.py").read_text()
    theirs = listing[: listing.index("pixels, labels")]
    assert what_it_makes(ours) == what_it_makes(theirs)
    assert len(what_it_makes(ours)) == 9
