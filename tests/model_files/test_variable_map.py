"""`migrate` of variables that are made of several: there by a PAIR.py, back by a map, and on."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import ROOT, run
from tests.support.pairs import of_cells
from tf1_compat import checkpoint
from training.errors import UserError
from training.model_files import variable_map
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

tf1 = tf.compat.v1
PAIR = ROOT / "tests" / "support" / "pairs" / "of_cells.py"
UPDATES = 3
OPTIONS = {"gates": of_cells.GATES, "forget_bias": of_cells.FORGET_BIAS}


def kernels(cell: str) -> list[str]:
    return [f"{cell}/kernel", f"{cell}/recurrent_kernel"]


MAP: dict[str, Any] = {
    "lstm/kernel": {"lstm": kernels("lstm_cell"), **OPTIONS},
    "lstm/bias": {"reshape": {"lstm": "lstm_cell/bias", **OPTIONS}, "shape": [1, 12]},
    "gru/gates/kernel": {"gru_gates": kernels("gru_cell")},
    "gru/gates/bias": {"gru_gates": "gru_cell/bias"},
    "gru/candidate/kernel": {"gru_candidate": kernels("gru_cell")},
    "gru/candidate/bias": {"gru_candidate": "gru_cell/bias"},
    "rnn/kernel": {"concat": kernels("plain")},
    "rnn/bias": "plain/bias",
    "out": "head/kernel",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A checkpoint after UPDATES of the graph, and the losses of as many more."""
    prefix = tmp_path_factory.mktemp("cells") / "model.ckpt"
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.set_random_seed(7)
        ends = of_cells.tf1_graph()
        session.run(tf1.global_variables_initializer())
        fed = dict(zip((ends["x"], ends["y"]), of_cells.batch(), strict=True))
        step = [ends["train_op"], ends["cost"]]
        for _ in range(UPDATES):
            session.run(step, fed)
        tf1.train.Saver().save(session, str(prefix), write_meta_graph=False)
        return prefix, [float(session.run(step, fed)[1]) for _ in range(UPDATES)]


@pytest.mark.slow
def test_cells_go_there_and_back_and_train_on(
    trained: tuple[Path, list[float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every array to the bit, but for the forget gates, whose bias is rounded with 1 added."""
    there, later = trained
    assert run("migrate", there, "--to", tmp_path / "a.keras", "--pair", PAIR) == 0
    assert "Read back: 29 of 30 arrays equal bit for bit" in capsys.readouterr().out
    (tmp_path / "map.json").write_text(json.dumps(MAP))
    back = tmp_path / "b" / "model.ckpt"
    assert run("migrate", tmp_path / "a.keras", "--to", back, "--map", tmp_path / "map.json") == 0
    went, came = checkpoint.read(there), checkpoint.read(back)
    assert {name for name in went if not np.array_equal(went[name], came[name])} <= {"lstm/bias"}
    np.testing.assert_allclose(went.pop("lstm/bias"), came["lstm/bias"], rtol=0, atol=6e-8)
    model = keras.models.load_model(tmp_path / "a.keras")
    losses = [model.train_on_batch(*of_cells.batch()) for _ in range(UPDATES)]
    allowed = TOLERANCES["idiomatic_resumed"].relative
    assert relative_distance(losses, later).max() <= allowed


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"lsm": ["a/kernel"]}, "one of concat, gru_candidate, gru_gates, lstm, reshape, split"),
        ({"lstm": "a/bias", "forget": 1}, "unexpected keyword argument 'forget'"),
        ([["a/kernel"]], "expected TensorFlow 1 variable -> Keras"),
    ],
)
def test_a_wrong_map_is_refused_where_it_is_read(source: Any, said: str, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(json.dumps({"W": source}))
    with pytest.raises(UserError, match=said):
        variable_map.read(tmp_path / "map.json")
