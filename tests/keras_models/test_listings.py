"""The three listings give the numbers of what they are the listing of, bit for bit."""

import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from keras_models import article
from keras_models.trainees.compiled import KerasTrainee
from keras_models.trainees.tf2 import TF2Trainee
from tests.conftest import golden, python
from tf1_compat.program import Program
from training.data import Digits
from training.lanes.build import bind
from training.machine.devices import Device

EPOCHS = 20
RUN = """
import json, runpy, sys
from training.machine import startup
startup.import_tensorflow()
printed = []
few = {"range": lambda epochs: range(int(sys.argv[2]))}
keep = {"print": lambda *said: printed.append(said)}
names = runpy.run_module(sys.argv[1], init_globals=few | keep)
losses = [str(loss) for _, _, _, loss in printed]
assert [said[:3] for said in printed] == [("Epoch:", n, "Loss:") for n in range(len(printed))]
"""
PRINT = "print(json.dumps({'losses': losses, 'more': more}))"


def run(module: str, more: str = "more = None") -> dict[str, Any]:
    """What `python -m module` prints of the first epochs, and `more` that it leaves behind."""
    return json.loads(python(f"{RUN}{more}\n{PRINT}", module, str(EPOCHS)))


def steps(trainee: Any) -> list[np.float32]:
    return [np.float32(trainee.step()) for _ in range(EPOCHS)]


def test_tensorflow_1s_is_the_articles_graph_and_prints_its_losses(digits: Digits) -> None:
    nodes = """
import tensorflow as tf
from tests.support.listing import nodes
more = nodes(tf.compat.v1.get_default_graph().as_graph_def())
"""
    found = run("tf1_compat.listing", nodes)
    assert found["more"] == golden("article_graph")
    program = Program(digits.train.x, digits.train.y, seed=1234)
    assert found["losses"] == [str(loss) for loss in steps(program)]
    assert found["losses"][0] == "101.944"


def test_kerass_prints_the_idiomatic_lanes_losses(digits: Digits) -> None:
    found = run("keras_models.listing")
    bound = [bind(array, Device("CPU", 0)) for array in digits.train]
    lane = KerasTrainee("idiomatic", article.build("idiomatic", seed=1234), *bound)
    assert [np.float32(loss) for loss in found["losses"]] == steps(lane)


@pytest.mark.slow
def test_tensorflow_2s_prints_the_tf2_lanes_losses(digits: Digits) -> None:
    weights = "more = [names[one].numpy().tolist() for one in ('b1', 'b2')]"
    found = run("keras_models.tf2_listing", weights)
    tf.random.set_seed(1234)
    drawn = [tf.random.normal(shape) for shape in ([784, 128], [128], [128, 10], [10])]
    lane = TF2Trainee("tf2", *(bind(array, Device("CPU", 0)) for array in digits.train))
    lane.load_weights(dict(zip(("W1", "b1", "W2", "b2"), drawn, strict=True)))
    assert [np.float32(loss) for loss in found["losses"]] == steps(lane)
    after = lane.weights()
    assert found["more"] == [after[name].tolist() for name in ("b1", "b2")]
