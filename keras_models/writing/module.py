"""model.py: a network as the module that somebody would have written."""

from collections.abc import Iterator, Mapping

from keras_models.writing import batches, layers, model, training
from keras_models.writing.expressions import Calling, Name, written
from keras_models.writing.names import of_inputs
from tf1_compat.network import Network
from tf1_compat.network.values import AVERAGES

HEAD = '''"""A network that TensorFlow 1 trained, as {meta} beside this file has it, in Keras.

tf1keras check model.py
"""

from pathlib import Path

import keras
import numpy as np

{imports}
'''


def source(network: Network, mapped: Mapping[str, str], meta: str) -> str:
    """Return the source; `mapped` is TensorFlow 1 variable -> Keras path, `meta` a file's name.

    `check` pairs moving averages, and takes no map of them.
    """
    trained = {one: path for one, path in mapped.items() if not path.endswith(AVERAGES)}
    imports = "\n".join(sorted([*_imports(network), "from tf1_compat import meta"]))
    return "\n\n".join(
        [
            HEAD.format(meta=meta, imports=imports),
            f"{_keras_model(network)}\n",
            f"{batches.source(network)}\n",
            f"{_tf1_graph(network, meta)}\n",
            f"weight_map = {written(trained, 0, 13)}\n",
        ]
    )


def _imports(network: Network) -> Iterator[str]:
    """Yield what is imported of this project's pieces."""
    _, piece, _ = training.optimizer(network)
    if piece:
        yield f"from {training.module_of(piece)} import {piece}"
    for kind in {call.layer.kind for call in network.calls} & {*layers.OURS}:
        yield f"from {layers.OURS[kind]} import {layers.ROWS[kind].name}"


def _keras_model(network: Network) -> str:
    optimizer, _, why = training.optimizer(network)
    weights = {} if network.loss.weight == 1 else {"loss_weights": [network.loss.weight]}
    compiled = Calling("model.compile", [Name("optimizer"), Name("loss")], weights)
    return "\n".join(
        [
            "def keras_model() -> keras.Model:",
            '    """Return the network, compiled."""',
            *model.lines(network),
            f"    loss = {written(training.loss(network.loss), 4, 7)}",
            *([f"    # {why}."] if why else []),
            f"    optimizer = {written(optimizer, 4, 12)}",
            f"    {written(compiled, 4)}",
            "    return model",
        ]
    )


def _tf1_graph(network: Network, meta: str) -> str:
    """Return the function that loads the graph, and names its ends."""
    names = of_inputs(network)
    x = {names[one.tensor]: one.tensor for one in network.inputs}
    ends = {
        "x": x if len(x) > 1 else network.inputs[0].tensor,
        **{"y": network.loss.labels, "logits": network.loss.outputs},
        **{"cost": network.cost, "train_op": network.train_op},
    }
    switches = {name.removesuffix(":0"): both for name, both in network.switches.items()}
    feeds = f' | {{"feeds": {written(switches)}}}' if switches else ""
    return "\n".join(
        [
            "def tf1_graph() -> dict:",
            '    """Return the ends of the graph that it was."""',
            f"    graph = Path(__file__).with_name({written(meta)})",
            f"    return {written(Calling('meta.load', [Name('graph')], ends, feeds), 4, 7)}",
        ]
    )
