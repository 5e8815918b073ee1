"""Every exact layer is TensorFlow 1's ops bit for bit, over 50 updates, saved and loaded midway."""

import subprocess
from functools import cache
from pathlib import Path

import pytest
import tensorflow as tf

from tests.conftest import ROOT, python
from tests.promises.test_genuine import tf115_python
from tests.support.exact_pieces import PIECES
from tests.support.exactness import (
    Model,
    Trained,
    drifts,
    train_graph,
    train_net,
    trains_as_tensorflow_1,
)


@cache
def graph(name: str) -> Trained:
    return train_net(PIECES[name].net, PIECES[name].inputs, PIECES[name].cost)


@pytest.mark.parametrize("name", PIECES)
def test_piece_is_tensorflow_1_bit_for_bit(name: str, tmp_path: Path) -> None:
    ours = Model(graph(name), PIECES[name].ours(), PIECES[name].loss)
    assert trains_as_tensorflow_1(ours, tmp_path) == (True, True)


@pytest.mark.parametrize("name", PIECES)
def test_without_its_point_the_bits_are_others(name: str) -> None:
    assert drifts(Model(graph(name), PIECES[name].without(), PIECES[name].loss_without))


@pytest.mark.slow
def test_pieces_are_tensorflow_1_on_one_thread_too() -> None:
    """Sums are cut otherwise then; the other tests take as many threads as there are cores."""
    code = f"import pytest, sys; sys.exit(pytest.main(['-qk', 'bit_for_bit', {__file__!r}]))"
    assert f"{len(PIECES)} passed" in python(code, env={"TF_NUM_INTRAOP_THREADS": "1"})


@pytest.mark.slow
def test_pieces_are_what_genuine_tensorflow_1_wrote(tmp_path: Path) -> None:
    """`tf.layers`, slim and `tf.nn.rnn_cell`, from their .meta files."""
    write = ROOT / "tests" / "support" / "tf115_layers.py"
    subprocess.run([tf115_python(), write, tmp_path], check=True, timeout=300, env={})
    graphs = sorted(tmp_path.glob("*.meta"))
    assert len(graphs) == 9
    for meta in graphs:
        with tf.Graph().as_default():
            tf.compat.v1.train.import_meta_graph(str(meta))
            theirs = train_graph()
        ours = Model(theirs, PIECES[meta.stem].ours())
        assert trains_as_tensorflow_1(ours, tmp_path) == (True, True), meta.stem
