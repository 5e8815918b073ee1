"""A graph that gives outputs, read, written without training, and its weights carried over."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import UserError
from training.model_files import reading, writing
from training.model_files.rewriting import partial
from training.model_files.rewriting.sources import Source
from training.model_files.variable_names import Correspondence
from training.options.rewrite import RewriteConfig

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    from keras_models.pairing import WeightMap
    from keras_models.writing import Source as Written
    from tf1_compat.meta import Served
    from tf1_compat.network import Forward

SOURCE = "model.py"
BEFORE = "Nothing is written. --logits NAME, of a tensor before it, writes the network up to there."


@dataclass(frozen=True)
class Inferring:
    """A graph's way from inputs to outputs, understood."""

    source: Source
    network: "Forward"
    weight_map: "WeightMap"
    function: "tf.Graph"
    """The graph, but for what the outputs are not made of."""
    values: "Mapping[str, np.ndarray]"
    """Of its variables; empty where no file has them."""
    aside: list[str] = field(default_factory=list)
    """Other arrays that the source has."""

    def made(self) -> "Written":
        """Return the source."""
        from keras_models import writing as sources

        name = self.source.graph.name
        return sources.forward_source(self.network, name, weights=bool(self.values))

    def write(self, folder: Path) -> Path:
        """Write the source; return its path."""
        (folder / SOURCE).write_text(self.made().text, encoding="utf-8")
        return folder / SOURCE


def read(source: Source, config: RewriteConfig) -> Inferring:
    """Return the network at a source; UserError for a graph that is not understood."""
    import tensorflow as tf

    from keras_models import writing as sources
    from tf1_compat import meta, network
    from tf1_compat.state import StateError

    if config.cost or config.train_op or config.exact:
        raise UserError(
            f"{config.source}: no training is read of it; expected no --cost, no --train-op and no "
            "--exact."
        )
    with (
        partial.offered(config, lambda: read(source, replace(config, partial=True)).made().text),
        reading.refusal(source.graph, BEFORE),
        tf.Graph().as_default() as graph,
    ):
        served = _served(source)
        meta.import_definition(served.definition, source.graph)
        if source.kind not in ("frozen", "saved_model"):
            meta.say_shapes(source.graph, graph)
        given = network.Inference(config.logits, served.outputs, config.fed, config.partial)
        found, mapped, function = network.read_forward(graph, given)
        values = {name: served.weights[name] for name in mapped if name in served.weights}
        if served.weights and (lacking := sorted({*mapped} - {*values})):
            raise StateError(f"no value of {', '.join(lacking)} is in it.")
    aside = sorted({*served.weights} - {*mapped})
    weight_map = sources.weight_map(found)
    return Inferring(source, found, weight_map, function, values, aside)


def _served(source: Source) -> "Served":
    from tf1_compat import checkpoint, meta

    served = meta.read_any(source.graph)
    if source.checkpoint is None:
        return served
    return served._replace(weights=checkpoint.read(source.checkpoint))


def carry_over(read: Inferring, model: "keras.Model", to: Path) -> str:
    """Write the model with the source's weights, not compiled; return what was proven."""
    from keras_models import transfer
    from tf1_compat.state import State

    if not read.values:
        return read.source.without_weights
    state = State(dict(read.values))
    transfer.load_state(model, state, read.weight_map, weights_only=True)
    names = Correspondence(read.weight_map, None, None)
    return writing.write("keras", to, model, state, names)
