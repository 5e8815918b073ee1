"""model.py: a network as the module that somebody would have written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras

from keras_models.pairing import WeightMap
from keras_models.writing import exact, layers, losses, model, rest, training, variables
from keras_models.writing.expressions import Calling, Name, written
from keras_models.writing.lines import Line, assigned
from keras_models.writing.names import of_inputs
from keras_models.writing.rows import batches, samples
from tf1_compat.network import Network
from tf1_compat.network.losses.own import KINDS as OWN

HEAD = '''"""A network that TensorFlow 1 trained, as {meta} beside this file has it, in Keras.
{partial}
tf1keras check model.py
"""

from pathlib import Path

import keras
import numpy as np
{tensorflow}
{imports}
'''

GIVEN = "OutputAsLoss is of what the model itself gives, which takes the labels as inputs"


class Source(NamedTuple):
    """What is written."""

    text: str
    model: Sequence[Line]
    """The lines of `keras_model()`."""


def source(network: Network, mapped: WeightMap, meta: str, *, to_the_bit: bool = False) -> Source:
    """Return the source; `mapped` is TensorFlow 1 variable -> Keras path, `meta` a file's name.

    `to_the_bit`: it is a network of exact pieces.
    `check` pairs what is not trainable, such as moving averages, and takes no map of it.
    """
    cost = exact.cost(network) if to_the_bit else None
    trained = {one: path for one, path in mapped.items() if one not in network.held}
    trainer = training.trainer(network, mapped, to_the_bit)
    pieces = {"meta": "tf1_compat", **losses.pieces(network.losses, cost)}
    pieces |= variables.pieces(network.penalties)
    pieces |= layers.pieces(network.calls)
    imported = imports(pieces | training.modules(trainer.pieces))
    made = [*rest.lines(network), *_keras_model(network, trainer, cost)]
    lines = "\n".join(line.text for line in made)
    text = "\n\n".join(
        [
            HEAD.format(meta=meta, imports="\n".join(imported), **rest.head(network)),
            f"{lines}\n",
            f"{batches.source(network)}\n",
            *([f"{drawn}\n"] if (drawn := samples.source(network)) else []),
            f"{_tf1_graph(network, meta)}\n",
            f"weight_map = {written(trained, 0, 13)}\n",
        ]
    )
    return Source(text, made)


def build(network: Network, mapped: WeightMap) -> keras.Model:
    """Return what the source's keras_model() gives."""
    return run(source(network, mapped, "").text)


def run(text: str) -> keras.Model:
    """Return what the keras_model() of a source gives."""
    names: dict[str, Any] = {"__name__": __name__}
    exec(text, names)
    return names["keras_model"]()


def imports(pieces: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines that import names, each from its module."""
    for module in sorted({*pieces.values()}):
        names = sorted(name for name, of in pieces.items() if of == module)
        yield f"from {module} import {', '.join(names)}"


def _keras_model(
    network: Network, trainer: training.Trainer, cost: losses.Cost | None
) -> list[Line]:
    loss, weights = losses.compiled(network.losses, cost)
    compiled = Calling("model.compile", [Name("optimizer"), Name("loss")], weights)
    return [
        Line("def keras_model() -> keras.Model:"),
        Line('    """Return the network, compiled."""'),
        *model.lines(network),
        *([] if cost is None else [Line("    model = TF1Model.of(model)")]),
        *([Line(f"    # {GIVEN}.")] if any(one.kind in OWN for one in network.losses) else []),
        assigned("loss", loss, network.cost),
        *(Line(f"    # {why}.") for why in trainer.whys),
        assigned("optimizer", trainer.made, network.train_op),
        Line(f"    {written(compiled, 4)}"),
        Line("    return model"),
    ]


def _tf1_graph(network: Network, meta: str) -> str:
    """Return the function that loads the graph, and names its ends."""
    names = of_inputs(network)
    x = {names[one.tensor]: one.tensor for one in network.inputs}
    logits = _one_or_all([one.outputs for one in network.losses])
    ends = {
        "x": x if len(x) > 1 else network.inputs[0].tensor,
        "y": _one_or_all([one.labels for one in network.losses]),
        **({} if any(one.merged for one in network.losses) else {"logits": logits}),
        **{"cost": network.cost, "train_op": network.train_op},
        **({"gated": True} if network.gated else {}),
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


def _one_or_all(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names
