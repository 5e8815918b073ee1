"""Layers that nobody named have the same names in each model that a PAIR.py makes."""

from pathlib import Path
from typing import Any

import keras
import pytest

from tests.support.examining import examine
from tests.support.pairs.graph_parts import dense, descent, mean_square, placeholder
from training.model_files import pair


def tf1_graph() -> dict[str, Any]:
    x, y = placeholder(None, 4), placeholder(None, 4)
    out = dense(dense(x, 4, "one"), 4, "two")
    cost = mean_square(out, y)
    return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}


def keras_model(*before: keras.Layer) -> keras.Model:
    layers = [keras.layers.Dense(4) for _ in range(2 - len(before))]
    model = keras.Sequential([keras.Input([4]), *before, *layers])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_names_are_the_same_in_every_model() -> None:
    shared = keras.layers.Dense(4)  # made while the file is read

    def names() -> list[list[str]]:
        made = {"tf1_graph": tf1_graph, "keras_model": lambda: keras_model(shared)}
        loaded = pair.validate(Path("pair.py"), made, seed=0)
        return [[layer.name for layer in loaded.keras_model().layers] for _ in range(3)]

    first, *others = names()
    assert all(other == first for other in others)
    assert len(set(first)) == 2


@pytest.mark.slow
def test_a_map_may_name_them() -> None:
    weight_map = {
        **{"one/kernel": "dense/kernel", "one/bias": "dense/bias"},
        **{"two/kernel": "dense_1/kernel", "two/bias": "dense_1/bias"},
    }
    keras.utils.clear_session()
    names = {"tf1_graph": tf1_graph, "keras_model": keras_model, "weight_map": weight_map}
    assert examine(names).verdict in ("identical", "equivalent")
