"""`tf1keras migrate SOURCE --to TARGET`: a trained model from TensorFlow 1 to Keras, and back.

    tf1keras migrate folder/model.ckpt --to model.keras     # weights, Adam's m and v, the step
    tf1keras migrate model.keras --to folder/model.ckpt     # TensorFlow 1.15 restores and trains on
    tf1keras migrate frozen.pb --to model.keras             # weights; there is no optimizer state
    tf1keras migrate model.keras --to serving               # a TensorFlow 2 SavedModel

Prints what went where, tensor by tensor, and reads the new file back before it is put in place.
"""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from training.command_line import migrated
from training.command_line.output import Output
from training.errors import UserError
from training.machine import devices, environment, paths
from training.model_files import reading, variable_names, writing
from training.model_files.graphs.answers import compared
from training.model_files.reading import Kind
from training.model_files.variable_names import Correspondence
from training.options.migrate import MigrateConfig

if TYPE_CHECKING:
    import keras

    from tf1_compat.state import State


def run(config: MigrateConfig) -> int:
    """Run the command; return its exit status."""
    found, path = reading.kind(config.source)
    to = paths.expand(config.to)
    wanted = writing.kind(to)
    if found == wanted or (found != "keras" and wanted == "checkpoint"):
        raise UserError(f"--to {config.to}: {path} is of that kind already; nothing to migrate.")
    devices.choose("cpu")
    out = Output(config)
    if config.pair:
        out.note(f"running the code in {config.pair}")
    with contextlib.redirect_stdout(sys.stderr):  # what that code prints is no result
        if newest := reading.newest_of(config.source, path):
            out.note(newest)
        names = variable_names.choose(config, found, path, out.note)
        out.note(environment.banner())
        with reading.refusal(path, _way_out(config, names)):
            model, state = _load(found, path, names, config)
            names = names.with_shapes_of(state)
            answers = ""
            if names.graph and found != "keras":
                answers = f" {compared(names.graph, model, state)}"
            proof = writing.write(wanted, to, model, state, names)
            rows = migrated.rows(state, model, names.made_of(model))
    out.show(migrated.table(rows))
    if names.averages and found != "keras":
        out.show(f"\n{migrated.AVERAGES[config.ema if state.slots or config.ema else 'leave']}")
    if writing.is_bare(state) or (state.rule is None and len(model.optimizer.variables) > 2):
        out.show("\nNo optimizer slots: training on starts the optimizer afresh.")
    said = names.graph.says if names.graph else ()
    assumed = None if found == "keras" or config.pair else migrated.assumptions(model, said)
    proof += answers
    out.show(f"\n{proof}")
    if assumed:
        what = "a checkpoint" if names.graph is None else "this graph"
        text = f"Assumed, since {what} does not record it: {assumed}."
        out.show(Text(text if names.graph else f"{text} {migrated.TAKE_FROM_GRAPH}"))
    out.show(f"Written: {config.to}")
    if wanted == "keras" and names.graph and names.graph.names_more:
        said_of = f" {config.of_graph}" if config.of_graph else ""
        out.show(f"For the way back to these names: --meta {names.graph.file}{said_of}")
    if wanted == "checkpoint" and not (config.meta or config.map or config.pair):
        out.show("Its names are the article's; --meta FILE takes those of another graph.")
    out.result({"arrays": rows, "proof": proof, "assumed": assumed, "written": config.to})
    return 0


def _way_out(config: MigrateConfig, names: Correspondence) -> str:
    """Return what may help where something has no place: nothing that was just tried."""
    ways = []
    if not (config.pair or config.map or names.graph):
        ways.append("--meta FILE, its graph, can say where it goes, and so can --pair PAIR.py.")
    elif not config.pair:
        ways.append("--pair PAIR.py can say where it goes.")
    if names.averages and config.ema is None:
        ways.append("--ema leave leaves the moving averages, --ema take takes them as weights.")
    if not config.only_weights:
        ways.append("--weights-only takes the weights alone.")
    return " ".join(ways)


def _load(
    found: Kind, path: Path, names: Correspondence, config: MigrateConfig
) -> tuple["keras.Model", "State"]:
    """Return the compiled model, and the state that it was found in, by TensorFlow 1's names."""
    from keras_models import transfer

    if found == "keras":
        model = reading.load_keras(path)
        bare = config.weights_only
        return model, transfer.to_state(model, names.made_of(model), weights_only=bare)
    model = names.model()
    state = _tf1_state(found, path, names, config, getattr(model.optimizer, "beta_2", 0.999))
    bare = config.only_weights or (state.rule is None and not state.others)
    weight_map = names.with_shapes_of(state).made_of(model)
    transfer.load_state(model, state, weight_map, weights_only=bare)
    if bare:
        model.optimizer.build(model.trainable_variables)
        model.optimizer.iterations.assign(state.step or 0)
    return model, state


def _tf1_state(
    found: Kind, path: Path, names: Correspondence, config: MigrateConfig, beta_2: float
) -> "State":
    """Return what lies at `path`; StateError where something in it would be left out untold."""
    from tf1_compat import checkpoint, meta
    from tf1_compat.state import State, StateError

    if found == "frozen":
        return State(meta.read_weights(path))
    arrays = checkpoint.read(path)
    if config.ema == "take":
        if not names.averages:
            raise StateError("it has no moving averages to take.")
        arrays |= {weight: arrays[shadow] for shadow, weight in names.averages.items()}
    layout = names.layout or checkpoint.layout(arrays, list(names.weight_map or ()) or None)
    if names.step:
        layout = replace(layout, global_step=names.step.name, step_dtype=names.step.dtype)
    arrays = checkpoint.by_variable(arrays, layout)
    left = names.averages if config.ema == "leave" else ()
    if config.only_weights or {*arrays} <= {*layout.weights, layout.global_step, *left}:
        stepped = not config.only_weights and layout.global_step in arrays
        layout = checkpoint.bare(layout, stepped=stepped)
    over = sorted({*arrays} - {*layout.names(), *left})
    if names.graph and not {*layout.weights} & {*arrays}:
        raise UserError(
            f"{names.graph.file}: the graph of other variables than {path.name} has: none of "
            f"{', '.join(layout.weights)} is in it.\n--meta FILE says where its own graph is."
        )
    if over and not config.only_weights:
        missing = sorted(set(layout.names()) - set(arrays))
        lacks = f"; and it lacks {', '.join(missing)}" if missing else ""
        raise StateError(f"nothing takes the checkpoint's {', '.join(over)}{lacks}.")
    return checkpoint.to_state(arrays, layout, beta_2)
