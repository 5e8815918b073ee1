"""What the two sides of a migration are called: by the article, a `--map` file or a PAIR.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from training.model_files import reading, suggested_map, training_state, variable_map
from training.model_files.reading import Kind
from training.options.migrate import MigrateConfig

if TYPE_CHECKING:
    import keras

    from keras_models.pairing import WeightMap
    from tf1_compat.checkpoint import Layout
    from tf1_compat.state import State


@dataclass(frozen=True)
class Correspondence:
    """Which TensorFlow 1 variable is which Keras variable, and how to make the Keras model."""

    weight_map: "WeightMap | None"
    layout: "Layout | None"
    """The graph's names in a checkpoint; None: read off the checkpoint's own names."""
    model: Any
    """() -> a new compiled Keras model; None where the source is one."""
    shapes: "Mapping[str, tuple[int, ...]]" = field(default_factory=dict)
    """Of the variables, in the order of the graph; for a pair without a map."""
    gates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the graph says of its LSTM cells, by variable; for a pair without a map."""
    moving: "Mapping[str, tuple[int, ...]]" = field(default_factory=dict)
    """Shapes of what moves without being trained, such as moving averages; for a pair."""

    def with_shapes_of(self, state: "State") -> "Correspondence":
        """Return it with the shapes of the weights found, where the graph does not say them."""
        if self.shapes:
            return self
        return replace(self, shapes={name: a.shape for name, a in state.weights.items()})

    def made_of(self, model: "keras.Model") -> "WeightMap":
        """Return the whole map, by order and shape where nobody says it.

        Raises StateError where one is left over.
        """
        from keras_models import transfer

        if self.weight_map is not None and not self.shapes:
            return self.weight_map
        return transfer.whole_map(model, self.shapes, self.weight_map, self.gates, self.moving)


def choose(config: MigrateConfig, found: Kind, path: Path) -> Correspondence:
    """Return what the options say; by default the article's, or of the variation at `path`.

    Raises UserError.
    """
    from keras_models import article
    from tf1_compat import checkpoint

    given = variable_map.read(config.map) if config.map else None
    if config.pair:
        from training.model_files import pair

        loaded = pair.load(config.pair, seed=0)
        graph, weight_map = loaded.inspection, given or loaded.weight_map
        read = {name: loaded.graph.get_tensor_by_name(one) for name, one in graph.reads.items()}
        moving = {name: tuple(read[name].shape.as_list()) for name in loaded.structure.moving}
        with reading.refusal(config.pair):
            layout = checkpoint.layout_of_graph(
                [*graph.shapes, *moving],
                graph.updates,
                {name: tensor.dtype.name for name, tensor in read.items()},
                loaded.structure.step,
            )
        gates = loaded.structure.gates
        return Correspondence(weight_map, layout, loaded.keras_model, graph.shapes, gates, moving)
    if found == "keras":  # the model is there; its optimizer says how it is saved
        hyper = Hyperparameters(article.widths(reading.load_keras(path)) or LISTING.widths)
        return Correspondence(given or article.saved_paths(hyper), None, None)
    hyper, saved, own_layout = LISTING, None, None
    if found == "checkpoint":
        with reading.refusal(path):
            arrays = checkpoint.read(path)
            hyper = training_state.of_checkpoint(path, arrays, names=_names(given))
            if not given and not set(hyper.variables) <= set(arrays):
                raise suggested_map.refusal(config, path, arrays)
        if not given:
            saved, own_layout = article.saved_paths(hyper), checkpoint.of_article(hyper)
    # Without names from a map, a frozen graph's are paired by order and shape.
    lane, hyper = config.lane or "exact", replace(hyper, dropout=0.0)
    return Correspondence(given or saved, own_layout, lambda: article.build(lane, hyper=hyper))


def _names(given: "WeightMap | None") -> list[str] | None:
    """Return the TensorFlow 1 names of W1, b1, W2, ... in a `--map`; None without one."""
    from keras_models import article

    if not given:
        return None
    of_path = {path: name for name, path in given.items() if isinstance(path, str)}
    hyper = Hyperparameters((1,) * (len(given) // 2 + 1))
    return [of_path.get(path, "") for path in article.weight_paths(hyper).values()]
