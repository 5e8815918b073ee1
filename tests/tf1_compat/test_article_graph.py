"""The TensorFlow 1 side is the article's listing, down to TensorFlow 1.15's own weights."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from tests.conftest import ROOT, golden
from tests.support.listing import nodes
from tf1_compat import article, checkpoint
from tf1_compat.program import Program
from training.data import Digits
from training.parity.bits import same_bits

SEEDED = ["mnist_5k-seed1234", "mnist_5k-seed0"]


def build_graph(seed: int | None = 1234) -> tuple[tf.Graph, article.Article]:
    graph = tf.Graph()
    with graph.as_default():
        if seed is not None:
            tf.compat.v1.set_random_seed(seed)
        return graph, article.build()


def test_graph_equals_the_listings_node_for_node(digits: Digits) -> None:
    listing = golden("article_graph")
    program = Program(digits.train.x, digits.train.y, seed=1234, device="")
    ours = nodes(program.graph.as_graph_def())
    assert list(ours) == list(listing)  # names, in the order in which they were made
    assert ours == listing


def test_build_makes_all_of_the_listing_but_its_initializer() -> None:
    graph, _ = build_graph()
    listing = golden("article_graph")
    # tf.global_variables_initializer() in the listing's session block adds `init`, which depends on
    # every Assign; TensorFlow notes that on those.
    for assign in listing.pop("init")["input"]:
        del listing[assign.removeprefix("^")]["attr"]["_has_manual_control_dependencies"]
    assert nodes(graph.as_graph_def()) == listing


def test_golden_graph_is_the_listings() -> None:
    file = os.environ.get("ARTICLE")
    if not file:
        pytest.skip("the article is not here: ARTICLE=FILE names its text")
    script = ROOT / "tests" / "support" / "listing.py"
    done = subprocess.run([sys.executable, script, file], capture_output=True, check=True)
    assert json.loads(done.stdout) == golden("article_graph")


@pytest.mark.parametrize("name", SEEDED)
def test_op_seeds_are_those_of_tensorflow_1_15(name: str) -> None:
    recorded = golden(name)
    _, endpoints = build_graph(recorded["graph_seed"])
    for variable, op_seed in recorded["op_seeds"].items():
        random = endpoints.weights[variable].initializer.inputs[1].op.inputs[0].op.inputs[0].op
        assert random.type == "RandomStandardNormal"
        assert random.get_attr("seed") == recorded["graph_seed"]
        assert random.get_attr("seed2") == op_seed


@pytest.mark.parametrize("name", SEEDED)
def test_initial_weights_are_those_of_tensorflow_1_15(name: str, digits: Digits) -> None:
    recorded = golden(name)
    program = Program(digits.train.x, digits.train.y, seed=recorded["graph_seed"])
    found = {n: hashlib.sha256(w.tobytes()).hexdigest() for n, w in program.weights().items()}
    assert found == recorded["initial_sha256"]


def test_without_a_graph_seed_every_run_draws_other_weights() -> None:
    graph, endpoints = build_graph(seed=None)
    W1 = endpoints.weights["W1"]
    with tf.compat.v1.Session(graph=graph) as session:
        first = session.run([W1.initializer, W1.initial_value])[1]
        again = session.run([W1.initializer, W1.initial_value])[1]
    assert (first != again).any()


def test_variables_are_reference_variables() -> None:
    _, endpoints = build_graph()
    assert {variable.op.type for variable in endpoints.weights.values()} == {"VariableV2"}


def test_loading_weights_adds_no_op_and_is_exact(digits: Digits) -> None:
    program = Program(digits.train.x, digits.train.y, seed=1)
    other = Program(digits.train.x, digits.train.y, seed=2)
    before = len(program.graph.get_operations())
    program.load_weights(other.weights())
    assert len(program.graph.get_operations()) == before
    assert program.step() == other.step()


def test_resident_data_change_neither_bits_nor_names(digits: Digits) -> None:
    fed, resident = (
        Program(digits.train.x, digits.train.y, seed=1234, feed=feed)
        for feed in ("documented", "resident")
    )
    assert same_bits(fed.weights(), resident.weights())
    assert [fed.step() for _ in range(10)] == [resident.step() for _ in range(10)]
    assert fed.logits(digits.test.x).tobytes() == resident.logits(digits.test.x).tobytes()
    ours, theirs = (checkpoint.to_arrays(of.state(), of._layout) for of in (fed, resident))
    assert same_bits(ours, theirs)
    (ops,) = resident.placement.values()
    assert "Placeholder" not in ops
