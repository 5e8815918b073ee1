"""Every exact layer is TensorFlow 1's ops bit for bit, over 50 updates, saved and loaded midway."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models.exact import AddV2Conv2D, TF1BatchNorm, TF1Dropout, TF1FusedBatchNorm
from tests.conftest import ROOT, python
from tests.promises.test_genuine import tf115_python
from tests.slow import few_of
from tests.support.exact_pieces import PIECES
from tests.support.exactness import (
    Model,
    Trained,
    drifts,
    train_graph,
    train_net,
    trains_as_tensorflow_1,
)
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES


@cache
def graph(name: str) -> Trained:
    return train_net(PIECES[name].net, PIECES[name].inputs, PIECES[name].cost)


KEPT = (
    *("AddV2Conv2D", "BiasAddSeparableConv2D", "TF1BatchNorm", "TF1FusedBatchNorm", "TF1Dropout"),
    *("TF1LSTMCell", "TF1LocalResponseNormalization", "TF1ResizeBilinear", "TF1Loss"),
)


@pytest.mark.parametrize("name", few_of(PIECES, *KEPT))
def test_piece_is_tensorflow_1_bit_for_bit(name: str, tmp_path: Path) -> None:
    ours = Model(graph(name), PIECES[name].ours(), PIECES[name].loss)
    assert trains_as_tensorflow_1(ours, tmp_path) == (True, True)


@pytest.mark.parametrize("name", few_of(PIECES, *KEPT))
def test_without_its_point_the_bits_are_others(name: str) -> None:
    assert drifts(Model(graph(name), PIECES[name].without(), PIECES[name].loss_without))


@pytest.mark.parametrize("kind", [TF1BatchNorm, TF1FusedBatchNorm])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(16, 3, 3, 4), (17, 4)])
def test_batch_norm_is_itself_in_float64(kind: type, training: bool, shape: tuple) -> None:
    """Which `check` holds a model against; the fused op has no kernel there."""
    images = np.random.default_rng(0).normal(3, 2, shape)
    found = []
    for dtype in ("float32", "float64"):
        start = keras.initializers.Constant(2.0)
        layer = kind(momentum=0.0, moving_variance_initializer=start, dtype=dtype)
        outputs = layer(images.astype(dtype), training=training)
        found.append([np.array(one) for one in (outputs, *layer.get_weights())])
    for narrow, wide in zip(*found, strict=True):
        assert wide.dtype == np.float64
        assert relative_distance(narrow, wide).max() <= TOLERANCES["float64_of_float32"].relative


@pytest.mark.parametrize("kind", [TF1BatchNorm, TF1FusedBatchNorm])
def test_batch_norm_keeps_its_averages_in_float32_in_mixed_precision(kind: type) -> None:
    layer = kind(dtype="mixed_bfloat16")
    assert layer(np.arange(12.0).reshape(3, 4), training=True).dtype == tf.bfloat16
    assert {array.dtype for array in layer.get_weights()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TF1BatchNorm(axis=1)(np.ones([2, 3, 4])), "axis=1; expected -1"),
        (lambda: TF1BatchNorm(renorm=True), "renorm or synchronized is set; expected neither"),
        (lambda: TF1FusedBatchNorm()(np.ones([2, 3, 4])), r"inputs \[2, 3, 4\]; expected \[N, hei"),
        (lambda: AddV2Conv2D(1, 1, data_format="channels_first"), "expected 'channels_last'"),
        (lambda: TF1Dropout(0.5, 0, 0), "seed=0 and seed2=0: expected one that is not"),
        (lambda: TF1Dropout(1.0, 0, 1), "rate=1.0: expected a number from 0 to below 1"),
    ],
)
def test_what_tensorflow_1_did_otherwise_is_refused(make: Callable, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


ON_ONE_THREAD = """
import pathlib, sys
from training.machine import startup
startup.one_thread_per_op()
from tests.keras_models import test_exact_layers
for name in test_exact_layers.PIECES:
    test_exact_layers.test_piece_is_tensorflow_1_bit_for_bit(name, pathlib.Path(sys.argv[1]))
    print(name)
"""


@pytest.mark.slow
def test_pieces_are_tensorflow_1_on_one_thread_too(tmp_path: Path) -> None:
    """Sums are cut otherwise then; the other tests take as many threads as there are cores."""
    assert python(ON_ONE_THREAD, str(tmp_path)).splitlines() == list(PIECES)


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
