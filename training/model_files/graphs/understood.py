"""A graph read as a network, and the Keras model of it: the article's, or the one that is written.

The article's, where layers, loss, optimizer and the names of the variables are those of its
listing or of a variation; any other is made of stock Keras, as `tf1keras rewrite` writes it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf1_compat.hyperparameters import Hyperparameters
from training.errors import UserError, first_line
from training.model_files import reading
from training.model_files.graphs import as_article, shadows

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_models.article import Lane
    from keras_models.pairing import WeightMap
    from tf1_compat.checkpoint import Layout
    from tf1_compat.network import Averages, Given, Network

BY_HAND = "--pair PAIR.py gives your own Keras model (docs/do/migrate.md)."


@dataclass(frozen=True)
class Understood:
    """What a file says of a graph."""

    file: Path
    network: "Network"
    weight_map: "WeightMap"
    """TensorFlow 1 variable -> path of the Keras variable, or a recipe, in the model made."""
    layout: "Layout"
    hyper: Hyperparameters | None
    """Of the article's graph, or a variation of it, by its own names; None: another graph."""
    shadows: dict[str, str]
    """Average of a weight -> the weight."""

    @property
    def variables(self) -> list[str]:
        """TensorFlow 1's, kernel and bias of each layer in turn."""
        return [*self.weight_map]

    @property
    def says(self) -> set[str]:
        """What need not be assumed: activations, and the loss and optimizer if they are in it."""
        loss = {"loss"} if self.network.losses[0].labels else set()
        return {"activations"} | loss | ({"optimizer"} if self.network.updates else set())

    @property
    def names_more(self) -> bool:
        """Whether a checkpoint has other names than those of the article's listing."""
        from tf1_compat import checkpoint

        usual = checkpoint.of_article(self.hyper).names() if self.hyper else []
        return bool(self.shadows) or {*usual} != {*self.layout.names()}

    def model(self, lane: "Lane | None", *, averaged: bool) -> "keras.Model":
        """Return a new compiled model of it, whose optimizer keeps the averages on if `averaged`.

        It is TensorFlow 1's own, or, in the idiomatic `lane`, Keras'. Raises UserError for averages
        that cannot be kept.
        """
        from keras_models import article, translation

        kept = self.network.averages if averaged else None
        if averaged and self.shadows and (kept is None or len(self.network.optimizers) > 1):
            raise UserError(
                f"{self.file}: it keeps moving averages as no Keras optimizer does. --ema take "
                "takes them for the weights, --ema leave leaves them."
            )
        own = article.build(lane or "exact", hyper=self.hyper) if self.hyper else None
        model = own or self._written(kept)
        optimizer = self._written(kept).optimizer if own and kept else model.optimizer
        if lane != "idiomatic":
            optimizer = translation.translate(optimizer)
        if optimizer is not model.optimizer:
            translation.retrain(model, optimizer)
        return model

    def _written(self, kept: "Averages | None") -> "keras.Model":
        from keras_models import writing

        try:
            return writing.build(replace(self.network, averages=kept), self.weight_map)
        except (ValueError, TypeError, OverflowError) as error:
            said = f"Keras does not take what was read of it ({first_line(error)})"
            raise UserError(f"{self.file}: {said}.\n{BY_HAND}") from error


def read(file: Path, given: "Given | None" = None) -> Understood:
    """Return what the graph in `file` is; UserError where it is not understood.

    `given` is what the user says of it.
    """
    import tensorflow as tf

    from keras_models import writing
    from tf1_compat import checkpoint, meta, network
    from training.model_files.graphs import saver, served

    with reading.refusal(file, BY_HAND), tf.Graph().as_default() as graph:
        meta.import_definition(meta.read_any(file).definition, file)
        given = given or network.Given()
        if train_op := given.train_op or _train_op(graph):
            understood, _ = network.read(graph, replace(given, train_op=train_op))
        else:
            understood, _ = served.read(graph, given.feeds)
        weight_map = writing.weight_map(understood)
        layout = checkpoint.layout_of_graph(
            list(weight_map), understood.groups, _saved(graph), understood.step
        )
        if file.suffix == ".meta":
            layout = replace(layout, saved_as=saver.names(file))
        averages = shadows.read(graph, weight_map)
    hyper = as_article.hyperparameters(understood, [*weight_map])
    if hyper:
        weight_map = as_article.paths(hyper)
    return Understood(file, understood, weight_map, layout, hyper, averages)


def _train_op(graph: "tf.Graph") -> str | None:
    """Return what trains, of several ops one that waits for all; None where nothing trains.

    What moves averages of weights is among them, whatever runs it.
    """
    import tensorflow as tf

    from tf1_compat.network import ends
    from tf1_compat.reading import updates
    from tf1_compat.state import StateError

    found = ends.running_all(graph) or ends.collected(graph) or ends.applied(graph)
    if not found:
        return None
    trained = [one.variable for op in found for one in updates.read(op)]
    if len({*trained}) < len(trained):
        names = ", ".join(op.name for op in found)
        raise StateError(f"{names} train the same variables; --train-op with one of them chooses.")
    others = {*shadows.moves(graph, _saved(graph))} - {*updates.ancestors(found)}
    every = [*found, *others]
    return every[0].name if len(every) == 1 else tf.group(*every).name


def _saved(graph: "tf.Graph") -> dict[str, str]:
    """Return variable -> dtype."""
    import tensorflow as tf

    from tf1_compat.reading.structure import VARIABLES

    made = (op for op in graph.get_operations() if op.type in VARIABLES)
    return {op.name: tf.as_dtype(op.get_attr("dtype")).name for op in made}
