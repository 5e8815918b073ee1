"""A model's outputs held against those of the graph that it was made of, from the same weights."""

from typing import TYPE_CHECKING, Any

import numpy as np

from training.errors import UserError
from training.model_files.graphs.understood import Understood
from training.parity.distance import shown
from training.parity.tolerances import TOLERANCES

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from tf1_compat.state import State

ROWS = 8
LARGEST = TOLERANCES["answers"].relative


def compared(understood: Understood, model: "keras.Model", state: "State") -> str:
    """Return a sentence that says how far the outputs are apart for random rows.

    It says that they were not compared where the graph draws random numbers, or takes what cannot
    be drawn. Raises UserError where they are too far apart.
    """
    import keras
    import tensorflow as tf

    from tf1_compat import meta, network

    read = understood.network
    drawn: list[Any] = [(ROWS, *one.shape) for one in read.inputs if one.dtype == "float32"]
    with tf.Graph().as_default() as graph:
        meta.import_definition(meta.read_any(understood.file).definition, understood.file)
        known = _weights(graph.get_tensor_by_name(read.outputs[0]), state)
        if known is None or len(drawn) < len(read.inputs) or None in sum(drawn, ()):
            return "Its outputs were not compared with the graph's."
        rng = np.random.default_rng(0)
        rows = [rng.random(shape, np.float32) for shape in drawn]
        fed = {one.tensor: row for one, row in zip(read.inputs, rows, strict=True)}
        wanted = network.answer(graph, read, known, fed)
    training = not read.switches  # a graph without any is as it trains
    given = rows[0] if len(rows) == 1 else dict(zip(model.input_names, rows, strict=True))
    with keras.StatelessScope():  # moving averages stay
        found = np.asarray(model(given, training=training))
    far = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    if not far <= LARGEST:
        raise UserError(
            f"{understood.file}: the model that was made of it answers otherwise than the graph, "
            f"by {far:.1e} of the largest output. --pair PAIR.py gives your own Keras model."
        )
    return f"Its outputs are the graph's, within {shown(far)} of the largest, for {ROWS} rows."


def _weights(output: "tf.Tensor", state: "State") -> dict[str, np.ndarray] | None:
    """Return the values of the variables behind `output`; None where they will not do."""
    from tf1_compat.reading.draws import RANDOM
    from tf1_compat.reading.structure import VARIABLES
    from tf1_compat.reading.updates import ancestors

    known: dict[str, np.ndarray] = {}
    for op in ancestors([output.op], control=False):
        if op.type in RANDOM:
            return None
        if op.type in VARIABLES:
            if op.name not in state.weights:
                return None
            known[op.name] = state.weights[op.name]
    return known
