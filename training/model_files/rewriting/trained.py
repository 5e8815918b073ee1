"""A graph that trains read as a network, and its checkpoint carried over into the model written."""

import runpy
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import UserError
from training.model_files import pair, reading, writing
from training.model_files.graphs import drawn
from training.model_files.pair import Pair
from training.model_files.rewriting import partial
from training.model_files.rewriting.sources import Source
from training.model_files.variable_names import Correspondence
from training.options.rewrite import RewriteConfig

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from keras_models.pairing import WeightMap
    from keras_models.writing import Source as Written
    from tf1_compat.checkpoint import Layout
    from tf1_compat.network import Network

BY_HAND = (
    "Nothing is written. Write it by hand: a PAIR.py with your keras_model(), which `tf1keras "
    "check` holds against this graph (docs/do/check.md)."
)
GRAPH = "graph.meta"
SOURCE = "model.py"
ROWS = 4
"""Rows of a batch that `batch` is tried with."""


@dataclass(frozen=True)
class Rewritten:
    """A graph, understood."""

    source: Source
    network: "Network"
    weight_map: "WeightMap"
    written: "Written"

    def write(self, folder: Path) -> Path:
        """Write the source, with the graph beside it; return the source's path."""
        shutil.copyfile(self.source.graph, folder / GRAPH)
        (folder / SOURCE).write_text(self.written.text, encoding="utf-8")
        return folder / SOURCE


def read(source: Source, config: RewriteConfig) -> Rewritten:
    """Return the network at a source; UserError for a graph that is not understood."""
    import tensorflow as tf

    from keras_models import writing as sources
    from tf1_compat import meta, network

    given = network.Given(config.cost, config.train_op, config.fed, config.exact, config.partial)
    with partial.offered(config, lambda: _partly(source, config)):
        with reading.refusal(source.graph, BY_HAND), tf.Graph().as_default() as graph:
            meta.load(source.graph)
            meta.say_shapes(source.graph, graph)
            understood, _ = network.read(graph, given)
            cost = graph.get_tensor_by_name(understood.cost)
            if cost.dtype.base_dtype != tf.float32:
                raise network.NotCovered(cost.op, f"it is {cost.dtype.name}; expected float32")
        as_written = sources.of_pieces(understood) if config.exact else understood
        mapped = sources.weight_map(as_written)
        written = sources.source(as_written, mapped, GRAPH, to_the_bit=config.exact)
    return Rewritten(source, understood, mapped, written)


def _partly(source: Source, config: RewriteConfig) -> str:
    return read(source, replace(config, partial=True)).written.text


def prove_batch(rewritten: Rewritten, source: Path, graph: "tf.Graph", seed: int) -> None:
    """Raise UserError unless the source's `batch` gives placeholders the form that `graph` does."""
    import numpy as np
    import tensorflow as tf

    network, rng, fed = rewritten.network, np.random.default_rng(seed), {}
    tensors = [one.tensor for one in network.inputs] + [one.labels for one in network.losses]
    for name in tensors:
        formed = network.formed.get(name)
        placeholder = graph.get_tensor_by_name(formed.placeholder if formed else name)
        shape = [placeholder.shape[0] or ROWS, *placeholder.shape.as_list()[1:]]
        fed[placeholder.name] = drawn.numbers(rng, shape, placeholder.dtype.name)
    x, y = runpy.run_path(str(source))["batch"](fed)
    made = [*(x.values() if isinstance(x, dict) else [x]), *(y if isinstance(y, list) else [y])]
    with tf.compat.v1.Session(graph=graph) as session:
        expected = session.run(tensors, fed)
    for name, ours, theirs in zip(tensors, made, expected, strict=True):
        if not np.array_equal(ours, theirs):
            raise UserError(
                f"{rewritten.source.graph}: batch() in {source.name} gives other numbers than "
                f"{name}. That is a bug of rewrite: please report it with this file.\n{BY_HAND}"
            )


def load(rewritten: Rewritten, source: Path, seed: int) -> Pair:
    """Return what was written as a pair; UserError where gradients go through what was not read."""
    loaded = pair.load(source, seed)
    if loaded.structure.clipped and not any(one.clips for one in rewritten.network.optimizers):
        raise UserError(
            f"{rewritten.source.graph}: gradients are changed before they are applied, by no clip "
            f"that is known; expected one by value, norm or global norm.\n{BY_HAND}"
        )
    return loaded


def carry_over(rewritten: Rewritten, proven: Pair, to: Path) -> tuple[str, list[str]]:
    """Write the model of `proven` with the checkpoint's weights, slots and step, and read it back.

    Returns what was proven, and the names in the checkpoint that nothing takes. Without one,
    nothing is written.
    """
    from keras_models import transfer
    from tf1_compat import checkpoint
    from tf1_compat.checkpoint import partitions

    source = rewritten.source
    if source.checkpoint is None:
        return source.without_weights, []
    with reading.refusal(source.checkpoint):
        whole = checkpoint.read(source.checkpoint)
        arrays = partitions.split(whole, partitions.read(proven.graph))
        layout = _layout(rewritten, arrays)
        model = proven.keras_model()
        betas = (one.options.get("beta_2") for one in rewritten.network.optimizers)
        beta_2 = next((beta for beta in betas if beta is not None), 0.999)
        state = checkpoint.to_state(arrays, layout, beta_2)
        bare = writing.is_bare(state)
        transfer.load_state(model, state, rewritten.weight_map, weights_only=bare)
        first, *others = rewritten.network.optimizers
        rate = None if others else first.rate_variable
        if rate and rate in arrays:
            model.optimizer.learning_rate = float(arrays[rate])
        names = Correspondence(rewritten.weight_map, layout, proven.keras_model)
        proof = writing.write("keras", to, model, state, names)
    return proof, sorted({*arrays} - {*layout.names(), rate})


def _layout(rewritten: Rewritten, arrays: "dict[str, np.ndarray]") -> "Layout":
    """Return where the graph's state lies in its checkpoint."""
    from tf1_compat import checkpoint

    network, kinds = rewritten.network, {name: one.dtype.name for name, one in arrays.items()}
    step = network.step if network.step in arrays else None
    layout = checkpoint.layout_of_graph(list(rewritten.weight_map), network.groups, kinds, step)
    trained = {one.variable for one in network.updates}  # others may have another train op's
    slots = {
        slot: {of: name for of, name in its.items() if of in trained}
        for slot, its in layout.slots.items()
    }
    layout = replace(layout, slots=slots)
    kept = network.averages.shadows if network.averages else {}
    return checkpoint.averaged(layout, kept, network.optimizers[0].rule)
