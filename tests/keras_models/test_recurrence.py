"""Recurrent layers are found in loops and in single steps, and Keras computes what they did."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from keras_models import transfer, writing
from tests.slow import few_of
from tests.support import exact_cells as cells
from tests.tf1_compat.network.graphs import images, read, variable
from tf1_compat.network import Network, NotCovered
from tf1_compat.reading.control_flow import as_tensorflow_1
from tf1_compat.state import State
from training.parity.tolerances import TOLERANCES

tf1 = tf.compat.v1
Build = Callable[[], Any]
STEPS, SIZE, UNITS = 5, 3, cells.UNITS


def cell(kind: str, scope: str = "rnn", inputs: int = SIZE) -> cells.Cell:
    with tf1.variable_scope(scope):
        return cells.Cell(getattr(cells, kind)(inputs), 2 if kind == "lstm" else 1)


def loop(one: Any, x: Any, **options: Any) -> tuple[Any, Any]:
    return tf1.nn.dynamic_rnn(one, x, dtype=tf.float32, **options)


def steps_first(x: Any) -> Any:
    return tf.transpose(x, [1, 0, 2])


def ends(rows: Any, units: int = UNITS) -> Any:
    return tf.matmul(rows, variable("out/kernel", units, 2))


def last_step() -> Any:
    return ends(loop(cell("lstm"), images(STEPS, SIZE))[0][:, -1])


def state() -> Any:
    return ends(loop(cell("lstm"), images(STEPS, SIZE))[1][1])


def steps_in_front() -> Any:
    outputs, _ = loop(cell("gru"), steps_first(images(STEPS, SIZE)), time_major=True)
    return ends(outputs[-1])


def every_step() -> Any:
    outputs, _ = loop(cell("basic"), images(STEPS, SIZE))
    return tf.reshape(ends(tf.reshape(outputs, [-1, UNITS])), [-1, STEPS, 2])


def two_layers() -> Any:
    first, second = cell("lstm", "one"), cell("gru", "two", UNITS)

    def both(x: Any, states: Any) -> Any:
        hidden, one = first(x, states[0])
        outputs, two = second(hidden, states[1])
        return outputs, (one, two)

    stack = cells.Cell(both, 2)
    stack.state_size = (first.state_size, UNITS)
    stack.zero_state = lambda rows, dtype: tuple(
        one.zero_state(rows, dtype) for one in (first, second)
    )
    return ends(loop(stack, images(STEPS, SIZE))[1][1])


def both_directions() -> Any:
    x, both = images(STEPS, SIZE), [cell("gru", "fw"), cell("gru", "bw")]
    outputs, _ = tf1.nn.bidirectional_dynamic_rnn(*both, x, dtype=tf.float32)
    return ends(tf.reshape(tf.concat(outputs, 2), [-1, STEPS * 2 * UNITS]), STEPS * 2 * UNITS)


def both_last_states() -> Any:
    x, both = images(STEPS, SIZE), [cell("lstm", "fw"), cell("lstm", "bw")]
    _, ((_, fw), (_, bw)) = tf1.nn.bidirectional_dynamic_rnn(*both, x, dtype=tf.float32)
    return ends(fw + bw)


def from_an_encoder() -> Any:
    x, y = images(STEPS, SIZE), tf1.placeholder(tf.float32, [None, STEPS, SIZE], "after")
    _, states = loop(cell("lstm"), x)
    decoder = cell("lstm", "decoder")
    return ends(tf1.nn.dynamic_rnn(decoder, y, initial_state=states)[1][1])


def backwards() -> Any:
    return ends(loop(cell("gru"), tf.reverse(images(STEPS, SIZE), [1]))[1])


def both_directions_step_by_step() -> Any:
    x, both = tf.unstack(images(STEPS, SIZE), axis=1), [cell("lstm", "fw"), cell("lstm", "bw")]
    outputs, _, _ = tf1.nn.static_bidirectional_rnn(*both, x, dtype=tf.float32)
    return ends(outputs[-1], 2 * UNITS)


def called_twice() -> Any:
    x, one = images(STEPS, SIZE), cell("lstm")
    sides = [loop(one, x)[1][1], loop(one, tf.tanh(x))[1][1]]
    return ends(sides[0] * sides[1])


def step_by_step() -> Any:
    rows = tf.reshape(steps_first(images(STEPS, SIZE)), [-1, SIZE])
    hidden = tf.nn.relu(tf.matmul(rows, variable("in/kernel", SIZE, SIZE)))
    one = cell("lstm")
    outputs, _ = tf1.nn.static_rnn(one, tf.split(hidden, STEPS, 0), dtype=tf.float32)
    return ends(outputs[-1])


def outputs_beside_each_other() -> Any:
    x, kernel = tf.unstack(images(STEPS, SIZE), axis=1), variable("out/kernel", UNITS, 2)
    outputs, _ = tf1.nn.static_rnn(cell("gru"), x, dtype=tf.float32)
    return tf.stack([tf.matmul(one, kernel) for one in outputs], 1)


def by_hand() -> Any:
    x, kernel = images(STEPS, SIZE), variable("kernel", SIZE + UNITS, 4 * UNITS)
    h = c = tf.zeros([tf.shape(x)[0], UNITS])
    for step in range(STEPS):
        f, i, o, new = tf.split(tf.matmul(tf.concat([h, x[:, step]], 1), kernel), 4, 1)
        c = tf.tanh(new) * tf.sigmoid(i) + tf.sigmoid(f) * c
        h = tf.sigmoid(o) * tf.tanh(c)
    return ends(h)


def gates_by_hand() -> Any:
    x, sizes = images(STEPS, SIZE), [(SIZE, UNITS), (UNITS, UNITS), (UNITS,)]
    weights = {
        gate: [variable(f"{gate}{number}", *size) for number, size in enumerate(sizes)]
        for gate in "zrh"
    }

    def linear(gate: str, inputs: Any, state: Any) -> Any:
        w, u, b = weights[gate]
        return tf.matmul(inputs, w) + tf.matmul(state, u) + b

    h = tf.zeros([tf.shape(x)[0], UNITS])
    for step in range(STEPS):
        z, r = (tf.sigmoid(linear(gate, x[:, step, :], h)) for gate in "zr")
        h = (1.0 - z) * tf.tanh(linear("h", x[:, step, :], r * h)) + z * h
    return ends(h)


def of_lengths(last: Callable[[Any, Any, Any], Any]) -> Build:
    def build() -> Any:
        x, lengths = images(STEPS, SIZE), tf1.placeholder(tf.int32, [None], "lengths")
        outputs, (_, h) = loop(cell("lstm"), x, sequence_length=lengths)
        return ends(last(outputs, h, lengths))

    return build


def before_length(outputs: Any, _: Any, lengths: Any) -> Any:
    rows = tf.range(tf.shape(outputs)[0])
    return tf.gather_nd(outputs, tf.stack([rows, lengths - 1], axis=1))


def before_length_of_all(outputs: Any, _: Any, lengths: Any) -> Any:
    places = tf.range(tf.shape(outputs)[0]) * STEPS + (lengths - 1)
    return tf.gather(tf.reshape(outputs, [-1, UNITS]), places)


LSTM = 'keras.layers.LSTM(4, name="rnn")'
GRU = 'keras.layers.GRU(4, reset_after=False, name="rnn_gates_kernel")'
GRUS = "keras.layers.GRU(4, reset_after=False, return_sequences=True, name="
DENSE = "keras.layers.Dense(2, use_bias=False, name="
BY_LENGTH = [
    "lengths[:, None] > keras.ops.arange(5)",
    'keras.layers.LSTM(4, name="rnn")(x, mask=within)',
    f'{DENSE}"out")(rnn)',
]
OUT = f'{DENSE}"out")'
FORMS: dict[str, tuple[Build, list[str]]] = {
    "last step": (last_step, [LSTM, OUT]),
    "state": (state, [LSTM, OUT]),
    "steps in front": (steps_in_front, [GRU, OUT]),
    "every step": (
        every_step,
        ['keras.layers.SimpleRNN(4, return_sequences=True, name="rnn")', OUT],
    ),
    "two layers": (
        two_layers,
        [
            'keras.layers.LSTM(4, return_sequences=True, name="one")',
            'keras.layers.GRU(4, reset_after=False, name="two_gates_kernel")',
            OUT,
        ],
    ),
    "both directions": (
        both_directions,
        [
            f'keras.layers.Bidirectional({GRUS}"fw_gates_kernel")',
            "keras.layers.Flatten()",
            OUT,
        ],
    ),
    "both last states": (
        both_last_states,
        ['keras.layers.Bidirectional(keras.layers.LSTM(4, name="fw"), merge_mode="sum")', OUT],
    ),
    "from an encoder": (
        from_an_encoder,
        [
            'keras.layers.LSTM(4, return_state=True, name="rnn")(x)',
            'keras.layers.LSTM(4, name="decoder")(after, initial_state=[part, part_2])',
            f'{DENSE}"out")',
        ],
    ),
    "backwards": (
        backwards,
        [
            'keras.layers.GRU(4, reset_after=False, go_backwards=True, name="rnn_gates_kernel")',
            OUT,
        ],
    ),
    "both directions, step by step": (
        both_directions_step_by_step,
        [
            'keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True, name="fw"))(x)',
            "[:, -1]",
            f'{DENSE}"out")',
        ],
    ),
    "called twice": (
        called_twice,
        [
            f"rnn_layer = {LSTM}",
            'keras.layers.Activation("tanh")',
            "keras.layers.Multiply()",
            f'{DENSE}"out")',
        ],
    ),
    "step by step": (
        step_by_step,
        ['keras.layers.Dense(3, activation="relu", use_bias=False, name="in")', LSTM, OUT],
    ),
    "outputs beside each other": (
        outputs_beside_each_other,
        [f'{GRUS}"rnn_gates_kernel")', OUT],
    ),
    "by hand": (
        by_hand,
        ['keras.layers.LSTM(4, use_bias=False, unit_forget_bias=False, name="lstm")', OUT],
    ),
    "gates by hand": (
        gates_by_hand,
        ['keras.layers.GRU(4, reset_after=False, name="gru")', OUT],
    ),
    "state of lengths": (of_lengths(lambda _, h, __: h), BY_LENGTH),
    "output before a length": (of_lengths(before_length), BY_LENGTH),
    "output before a length, of all": (of_lengths(before_length_of_all), BY_LENGTH),
}


def written(network: Network) -> tuple[str, dict[str, Any]]:
    """The model as it is written, in one line, and what the module has in it."""
    source, module = writing.source(network, writing.weight_map(network), "graph.meta").text, {}
    exec(source, module)
    body = source.partition("def keras_model")[2].partition("model.compile")[0]
    return "".join(line.strip() for line in body.splitlines()), module


@pytest.mark.parametrize("name", few_of(FORMS, *({*FORMS} - {"step by step", "gates by hand"})))
def test_recurrent_layers_are_written_and_compute_what_they_did(name: str) -> None:
    build, expected = FORMS[name]
    rng = np.random.default_rng(1)
    with tf.Graph().as_default(), as_tensorflow_1(), tf1.Session() as session:
        network = replace(read(outputs := build()), beginnings={})
        fed = {one.tensor: rng.normal(size=(7, *one.shape)).astype("f") for one in network.inputs}
        fed |= {"lengths:0": rng.integers(1, STEPS + 1, 7)} if "lengths:0" in fed else {}
        trained = tf1.trainable_variables()
        values = {one.op.name: rng.normal(size=one.shape).astype("f") for one in trained}
        for one in trained:
            one.load(values[one.op.name], session)
        there = session.run(outputs, fed)
    model, module = written(network)
    if network.drawn:
        drawn, _ = module["sample_batch"](rng, 7)
        assert {name: array.shape for name, array in drawn.items()} == {
            name.removesuffix(":0"): array.shape for name, array in fed.items()
        }
    assert [one for one in expected if one not in model] == []
    assert model.count("keras.layers.") == sum(one.count("keras.layers.") for one in expected)
    model = module["keras_model"]()
    transfer.load_state(model, State(values), module["weight_map"], weights_only=True)
    rows = {name.removesuffix(":0"): array for name, array in fed.items()}
    here = model(rows if len(rows) > 1 else rows["x"]).numpy()
    atol = TOLERANCES["idiomatic_resumed"].relative * np.abs(there).max()
    np.testing.assert_allclose(here, there, rtol=0, atol=atol)


def penalties() -> list[Any]:
    return tf1.get_collection(tf1.GraphKeys.REGULARIZATION_LOSSES)


def beyond_the_end() -> Any:
    return of_lengths(lambda outputs, _, __: outputs[:, -1])()


def memory_beside_all_outputs() -> Any:
    outputs, (c, _) = loop(cell("lstm"), images(STEPS, SIZE))
    return ends(tf.reduce_sum(outputs, 1) + c)


def dropped() -> Any:
    one, inner = cell("basic"), cell("basic", "other")
    one.step = lambda x, h: (tf1.nn.dropout(inner.step(x, h)[0], 0.5), inner.step(x, h)[1])
    return ends(loop(one, images(STEPS, SIZE))[0][:, -1])


def no_cell() -> Any:
    one = cells.Cell(lambda x, h: (h, tf.cumsum(h)), 1)
    return ends(loop(one, images(STEPS, UNITS))[1])


def of_a_penalized_bias() -> Any:
    outputs = last_step()
    bias = next(one for one in tf1.trainable_variables() if one.op.name.endswith("bias"))
    tf1.add_to_collection(tf1.GraphKeys.REGULARIZATION_LOSSES, tf.nn.l2_loss(bias))
    return outputs


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (beyond_the_end, r"\(Select\w*\): of rows of several lengths only the last state, or the"),
        (memory_beside_all_outputs, r"Exit_\d \(Exit\): an LSTM's c is read only where"),
        (dropped, r"dropout of 0\.5 in a loop, .* Feed its keep_prob 1\.0/1\.0"),
        (of_a_penalized_bias, r"rnn/bias \(Variable\w*\): Keras keeps it with others, or with"),
        (no_cell, r"Exit_\d \(Exit\): a loop that is no layer"),
    ],
)
def test_what_keras_says_otherwise_is_refused(build: Build, said: str) -> None:
    with tf.Graph().as_default(), as_tensorflow_1(), pytest.raises(NotCovered, match=said):
        read(
            build(),
            cost=lambda z, y: tf.add_n([tf.reduce_mean(tf.square(z - y)), *penalties()]),
        )
