"""What the two sides of a migration are called: by the article, a `--map` file or a PAIR.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from training.errors import UserError, first_line
from training.model_files import reading, suggested_map, training_state, variable_map
from training.model_files.graphs import as_article, shadows, understood
from training.model_files.graphs import found as found_graph
from training.model_files.graphs.understood import Understood
from training.model_files.reading import Kind
from training.model_files.variable_map import Step
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
    graph: Understood | None = None
    """What the source's graph says; None where there is none, or a pair has it."""
    shapes: "Mapping[str, tuple[int, ...]]" = field(default_factory=dict)
    """Of the variables, in the order of the graph; for a pair without a map."""
    gates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the graph says of its LSTM cells, by variable; for a pair without a map."""
    moving: "Mapping[str, tuple[int, ...]]" = field(default_factory=dict)
    """Shapes of what moves without being trained, such as moving averages; for a pair."""
    averages: Mapping[str, str] = field(default_factory=dict)
    """Shadow -> the weight that it is the average of."""
    step: Step | None = None
    """What counts the updates, where no layout says it."""

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


def choose(
    config: MigrateConfig, found: Kind, path: Path, note: Callable[[str], None]
) -> Correspondence:
    """Return what the options or the graph say; else the article's, or of the variation at `path`.

    `note` is told where a graph is not understood and the options say enough. Raises UserError.
    """
    given, step = variable_map.read(config.map) if config.map else (None, None)
    if config.pair:
        return _of_pair(config, config.pair, given)
    graph = _graph(config, found, path, note)
    if graph is None:
        return _without_graph(config, found, path, given, step)
    return _of_graph(config, found, graph) if given is None else _of_map(config, graph, given)


def _of_graph(config: MigrateConfig, found: Kind, graph: Understood) -> Correspondence:
    from tf1_compat import checkpoint

    layout, weight_map = graph.layout, graph.weight_map
    if found == "keras" and not graph.network.updates:  # the model's optimizer says the rest
        counted = layout.global_step and Step(layout.global_step, layout.step_dtype)
        return Correspondence(weight_map, None, None, graph, step=counted or None)
    kept = config.keeps_averages
    if kept:
        layout = checkpoint.averaged(layout, graph.shadows, graph.network.optimizers[0].rule)
    model = partial(graph.model, config.lane, averaged=kept)
    return Correspondence(weight_map, layout, model, graph, averages=graph.shadows)


def _of_map(config: MigrateConfig, graph: Understood, given: "WeightMap") -> Correspondence:
    """Return what makes the article's model of a graph that has other names."""
    from keras_models import article

    where = f"--map {config.map}"
    if over := sorted({*graph.variables} ^ {*given}):
        raise UserError(f"{where}: {', '.join(over)}: in it or in {graph.file}, and not in both.")
    names = variable_map.of_article(given)
    hyper = as_article.hyperparameters(graph.network, graph.variables, names)
    if hyper is None:
        raise UserError(
            f"{where}: it makes the article's model, and {graph.file} is another graph."
            "\nLeave --map out: the model is made of the graph."
        )
    if graph.shadows and config.keeps_averages:
        raise UserError(
            f"{where}: moving averages are kept without it; with it, --ema take or --ema leave."
        )
    model = partial(article.build, config.lane or "exact", hyper=hyper)
    return Correspondence(given, graph.layout, model, graph, averages=graph.shadows)


def _graph(
    config: MigrateConfig, found: Kind, path: Path, note: Callable[[str], None]
) -> Understood | None:
    """Return what the source's graph says; None where there is none, or none that is needed."""
    from tf1_compat.network import Given

    file = found_graph.file(found, path, config.meta)
    if file is None:
        if config.of_graph:
            raise UserError(f"{config.of_graph}: no graph is there; expected --meta FILE, too.")
        return None
    try:
        return understood.read(file, Given(config.cost, config.train_op, config.fed))
    except UserError as error:
        own = training_state.is_of_run(path)  # whose config.json says it
        if config.meta or not (own or config.lane or config.map):
            raise
        if not own:
            note(f"not read: {first_line(error)}")
        return None


def _of_pair(config: MigrateConfig, path: Path, given: "WeightMap | None") -> Correspondence:
    """Return what a PAIR.py says; names of a map that is `given` besides come first."""
    from tf1_compat import checkpoint
    from tf1_compat.checkpoint import partitions
    from tf1_compat.reading import updates
    from training.model_files import pair

    loaded = pair.load(path, seed=0)
    graph, weight_map = loaded.inspection, given or loaded.weight_map
    read = {name: loaded.graph.get_tensor_by_name(one) for name, one in graph.reads.items()}
    averages = shadows.read(loaded.graph, graph.shapes)
    moves = {*loaded.structure.moving, *(weight_map or {})} - {*averages, *graph.shapes}
    moving = {name: tuple(one.shape.as_list()) for name, one in read.items() if name in moves}
    with reading.refusal(path):
        layout = checkpoint.layout_of_graph(
            [*graph.shapes, *moving],
            updates.by_optimizer(graph.updates),
            {name: tensor.dtype.name for name, tensor in read.items()},
            loaded.structure.step,
        )
    if config.keeps_averages and loaded.sample.optimizer.use_ema:
        layout = checkpoint.averaged(layout, averages, graph.updates[0].rule)
    layout = replace(layout, parts=partitions.read(loaded.graph))
    gates = loaded.structure.gates
    return Correspondence(weight_map, layout, loaded.keras_model, None, graph.shapes, gates, moving)


def _without_graph(
    config: MigrateConfig, found: Kind, path: Path, given: "WeightMap | None", step: Step | None
) -> Correspondence:
    """Return what names and shapes say: the article's graph, or what a map makes of its model."""
    from keras_models import article
    from tf1_compat import checkpoint

    if found == "keras":  # the model is there; its optimizer says how it is saved
        model = reading.load_keras(path)
        hyper = Hyperparameters(article.widths(model) or LISTING.widths)
        if given is None and not {*article.weight_paths(hyper).values()} <= suggested_map.paths(
            model
        ):
            raise suggested_map.unnamed(path, model)
        return Correspondence(given or article.saved_paths(hyper), None, None, step=step)
    hyper, saved, own_layout, arrays = LISTING, None, None, dict[str, Any]()
    if found == "checkpoint":
        with reading.refusal(path):
            arrays = checkpoint.read(path)
            hyper = training_state.of_checkpoint(path, arrays, names=variable_map.of_article(given))
            if not given and checkpoint.widths(arrays) is None:
                raise suggested_map.refusal(config, path, arrays)
        if not given:
            saved, own_layout = article.saved_paths(hyper), checkpoint.of_article(hyper)
            if (by_name := checkpoint.layout(arrays, hyper.variables)).rule == own_layout.rule:
                own_layout = replace(by_name, global_step=None)
            whole = [name for name, one in arrays.items() if one.dtype.kind == "i" and not one.ndim]
            if whole == [checkpoint.GLOBAL_STEP] or (len(whole) == 1 and "beta2_power" in arrays):
                step = Step(whole[0], arrays[whole[0]].dtype.name)
    # Without names from a map, a frozen graph's are paired by order and shape.
    lane, hyper = config.lane or "exact", replace(hyper, dropout=0.0)
    averages = shadows.named(arrays)
    model = partial(article.build, lane, hyper=hyper)
    return Correspondence(given or saved, own_layout, model, averages=averages, step=step)
