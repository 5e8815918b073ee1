"""Which Keras variables a TensorFlow 1 variable is, and that every recipe has its way back."""

from typing import Any

import keras
import numpy as np
import pytest

from keras_models.pairing import Pairing, Unmatched, carried_over, pair_up, recipes, views

layers = keras.layers
INPUTS, UNITS = 2, 3
BOTH = {"k": (INPUTS, 4 * UNITS), "r": (UNITS, 4 * UNITS)}
RECIPES: dict[str, tuple[dict[str, Any], dict[str, tuple[int, ...]]]] = {
    "lstm kernel": ({"lstm": ["k", "r"]}, BOTH),
    "lstm kernel in Keras' order": ({"lstm": ["k", "r"], "gates": "ifco"}, BOTH),
    "lstm bias": ({"lstm": "b", "forget_bias": 0.5}, {"b": (12,)}),
    "transpose": ({"transpose": "k"}, {"k": (2, 3)}),
    "transpose of filters": ({"transpose": "k", "axes": [2, 3, 1, 0]}, {"k": (2, 3, 4, 5)}),
    "reshape": ({"reshape": "b", "shape": [1, 4]}, {"b": (4,)}),
    "concat": ({"concat": ["k", "r"], "axis": 1}, {"k": (2, 3), "r": (2, 4)}),
    "nested": (
        {"transpose": {"concat": ["k", {"reshape": "b", "shape": [1, 3]}]}},
        {"k": (2, 3), "b": (3,)},
    ),
}


def arrays_of(shapes: dict[str, tuple[int, ...]]) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes.values()]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_its_own_way_back(name: str) -> None:
    """Values to rounding where a forget bias is added, all else to the bit."""
    order, arrays = recipes.order(*RECIPES[name]), arrays_of(RECIPES[name][1])
    there = order.to_tf1(arrays)
    back = order.to_keras(there, [np.zeros_like(array) for array in arrays])
    for one, other in zip(arrays, back, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-7 if order.more is not None else 0)
    changes = order.of_changes()
    squares = changes.to_tf1([array**2 for array in arrays])
    assert np.array_equal(changes.to_tf1(arrays) ** 2, squares)  # as Adam's v is of its m
    back = changes.to_keras(changes.to_tf1(arrays), [np.zeros_like(array) for array in arrays])
    assert all(np.array_equal(one, other) for one, other in zip(arrays, back, strict=True))


def test_lstm_is_tensorflow_1s_order_of_gates() -> None:
    i, f, c, o = (np.full([UNITS], float(gate)) for gate in range(4))
    keras_bias = np.concatenate([i, f + 1, c, o])
    order = recipes.order({"lstm": "b"}, {"b": (4 * UNITS,)})
    assert np.array_equal(order.to_tf1([keras_bias]), np.concatenate([i, c, f, o]))


def test_gru_takes_two_variables_of_one() -> None:
    update, reset, candidate = (np.full([2, UNITS], float(gate)) for gate in range(3))
    kernel = np.concatenate([update, reset, candidate], axis=1)
    gates, own = (
        recipes.order({name: "k"}, {"k": kernel.shape}) for name in ("gru_gates", "gru_candidate")
    )
    assert np.array_equal(gates.to_tf1([kernel]), np.concatenate([reset, update], axis=1))
    assert np.array_equal(own.to_tf1([kernel]), candidate)
    [half] = gates.to_keras(gates.to_tf1([kernel]), [np.zeros_like(kernel)])
    assert np.array_equal(half, np.concatenate([update, reset, 0 * candidate], axis=1))


def model_of(*made: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input([2, INPUTS]), *made])


def shapes_of(scope: str, gates: int, inputs: int = INPUTS) -> dict[str, tuple[int, ...]]:
    size = gates * UNITS
    return {f"{scope}kernel": (inputs + UNITS, size), f"{scope}bias": (size,)}


def paths_of(pairing: Pairing, model: keras.Model) -> dict[str, list[str]]:
    return {
        name: ["/".join(variable.path.split("/")[-3:]) for variable in view.variables]
        for name, view in views(pairing, model).items()
    }


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    [
        (
            lambda: layers.Bidirectional(layers.LSTM(UNITS, name="lstm")),
            shapes_of("bw/", 4) | shapes_of("fw/", 4),
            ["forward_lstm/lstm_cell/kernel", "forward_lstm/lstm_cell/recurrent_kernel"],
        ),
        (
            lambda: layers.RNN(layers.LSTMCell(UNITS), name="rnn"),
            shapes_of("cell/", 4),
            ["rnn/lstm_cell/kernel", "rnn/lstm_cell/recurrent_kernel"],
        ),
        (
            lambda: layers.SimpleRNN(UNITS, name="plain"),
            shapes_of("cell/", 1),
            ["plain/simple_rnn_cell/kernel", "plain/simple_rnn_cell/recurrent_kernel"],
        ),
    ],
)
def test_a_cells_kernel_is_both_of_keras(layer: Any, shapes: Any, expected: list[str]) -> None:
    model = model_of(layer())
    pairing = pair_up(shapes, model)
    assert paths_of(pairing, model)[next(iter(shapes))] == expected
    assert {name: match.shape(model.weights) for name, match in pairing.items()} == shapes


def test_names_of_layers_tell_two_cells_apart() -> None:
    model = model_of(
        layers.LSTM(UNITS, name="first", return_sequences=True), layers.LSTM(UNITS, name="second")
    )
    shapes = shapes_of("second/", 4, UNITS) | shapes_of("first/", 4)
    pairing = pair_up(shapes, model)
    assert paths_of(pairing, model)["second/bias"] == ["second/lstm_cell/bias"]
    assert not any(match.guessed for match in pairing.values())


def test_a_pairing_is_carried_over_to_weights_in_another_order() -> None:
    names = ["first", "second"]
    old, new = (
        keras.Sequential(
            [
                keras.Input([2, UNITS]),
                *(layers.LSTM(UNITS, return_sequences=True, name=name) for name in order),
            ],
            name="model",
        )
        for order in (names, names[::-1])
    )
    pairing = pair_up(shapes_of("first/", 4, UNITS) | shapes_of("second/", 4, UNITS), old)
    assert paths_of(carried_over(pairing, old, new), new) == paths_of(pairing, old)


def test_a_cell_with_keras_own_arrays_is_paired_as_it_is() -> None:
    model = model_of(layers.LSTM(UNITS))
    pairing = pair_up({**BOTH, "b": (4 * UNITS,)}, model)
    assert [match.recipe for match in pairing.values()] == [0, 1, 2]


def test_biases_of_one_row_pair_with_vectors() -> None:
    """Also where a kernel of as many numbers stands beside them."""
    model = keras.Sequential([keras.Input([3]), layers.Dense(4), layers.Dense(1)])
    shapes = {"v": (3, 4), "b": (1, 4), "w": (4, 1), "c": (1, 1)}
    for order in (list(shapes), list(shapes)[::-1]):
        found = views(pair_up({name: shapes[name] for name in order}, model), model)
        assert {name: view.shape for name, view in found.items()} == shapes
        names = {name: view.variables[0].path.split("/")[-1] for name, view in found.items()}
        assert names == {"v": "kernel", "b": "bias", "w": "kernel", "c": "bias"}
    with pytest.raises(Unmatched, match=r"pairs b \[2, 2\] with .*/bias \[4\]"):
        pair_up({"b": (2, 2)}, model, {"b": model.layers[0].bias.path})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"lsm": ["k"]}, "expected the path of a Keras variable, or one of concat, gru_candidate"),
        ({"split": "lstm_cell/bias"}, "split has missing a required"),
        ({"lstm": []}, "made of nothing"),
        ({"lstm": "lstm_cell/bias", "gates": "ijfo"}, "expected i, c, f and o in some order"),
        ({"lstm": "lstm_cell/bias", "forget_bias": float("nan")}, "expected a number such as 1.0"),
        ({"reshape": "lstm_cell/bias", "shape": [5]}, "cannot reshape array of size 12"),
        ({"split": "lstm_cell/bias", "into": [5, 5], "take": 0}, "sizes that sum to 12"),
        ({"concat": ["lstm_cell/bias", "lstm_cell/bias"]}, "names one Keras variable twice"),
        ({"split": "lstm_cell/bias", "into": 2, "take": 0}, "leaves out 6 of the 12 numbers"),
        ({"lstm": "nowhere/bias"}, "names 'nowhere/bias' for b; Keras has"),
    ],
)
def test_a_wrong_recipe_is_refused_by_what_was_expected(source: Any, said: str) -> None:
    with pytest.raises(Unmatched, match=said.replace("'", ".")):
        pair_up({"b": (4 * UNITS,)}, model_of(layers.LSTM(UNITS)), {"b": source})
