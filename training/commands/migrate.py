"""`tf1keras migrate SOURCE --to TARGET`: a trained model from TensorFlow 1 to Keras, and back.

    tf1keras migrate folder/model.ckpt --to model.keras     # weights, Adam's m and v, the step
    tf1keras migrate model.keras --to folder/model.ckpt     # TensorFlow 1.15 restores and trains on
    tf1keras migrate frozen.pb --to model.keras             # weights; there is no optimizer state
    tf1keras migrate model.keras --to serving               # a TensorFlow 2 SavedModel

Prints what went where, tensor by tensor, and reads the new file back before it is put in place.
"""

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from training.command_line.output import Output
from training.errors import UserError
from training.machine import devices, environment, paths
from training.model_files import reading, variable_names, writing
from training.model_files.reading import Kind
from training.model_files.variable_names import Correspondence
from training.options.migrate import MigrateConfig

if TYPE_CHECKING:
    import keras

    from tf1_compat.state import State

TAKE_FROM_GRAPH = "If your graph differs, --pair PAIR.py takes all of that from it."
LEAVE_OUT = "--weights-only takes the weights alone; --pair or --map can say where the rest goes."


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
        names = variable_names.choose(config, found, path)
        out.note(environment.banner())
        with reading.refusal(path, LEAVE_OUT):
            model, state = _load(found, path, names, config.weights_only)
            names = names.with_shapes_of(state)
            proof = writing.write(wanted, to, model, state, names)
            rows = _rows(state, model, names)
    out.show(_table(rows))
    if writing.is_bare(state):
        out.show("\nNo optimizer slots: training on starts the optimizer afresh.")
    assumed = None if found == "keras" or config.pair else assumptions(model)
    out.show(f"\n{proof}")
    if assumed:
        said = f"Assumed, since a checkpoint does not record it: {assumed}."
        out.show(Text(f"{said} {TAKE_FROM_GRAPH}"))
    out.show(f"Written: {config.to}")
    out.result({"arrays": rows, "proof": proof, "assumed": assumed, "written": config.to})
    return 0


def assumptions(model: "keras.Model") -> str:
    """Say what a compiled stack of Dense layers is besides its arrays."""
    layers = [layer for layer in model.layers if layer.weights]
    optimizer = model.optimizer.get_config()
    numbers = [
        f"{name} {float(optimizer[name]):g}"
        for name in ("learning_rate", "epsilon")
        if name in optimizer
    ]
    activations = " and ".join(layer.activation.__name__ for layer in layers)
    return (
        f"activations {activations}, loss {model.loss.name}, "
        f"{model.optimizer.name} with {' and '.join(numbers)}"
    )


def _load(
    found: Kind, path: Path, names: Correspondence, weights_only: bool
) -> tuple["keras.Model", "State"]:
    """Return the compiled model, and the state that it was found in, by TensorFlow 1's names."""
    from keras_models import transfer

    if found == "keras":
        model = reading.load_keras(path)
        return model, transfer.to_state(model, names.made_of(model), weights_only=weights_only)
    model = names.model()
    state = _tf1_state(found, path, names, weights_only, getattr(model.optimizer, "beta_2", 0.999))
    bare = weights_only or (found != "checkpoint" and state.rule is None)
    weight_map = names.with_shapes_of(state).made_of(model)
    transfer.load_state(model, state, weight_map, weights_only=bare)
    return model, state


def _tf1_state(
    found: Kind, path: Path, names: Correspondence, weights_only: bool, beta_2: float
) -> "State":
    """Return what lies at `path`; StateError where something in it would be left out untold."""
    from tf1_compat import checkpoint, frozen
    from tf1_compat.state import StateError

    if found == "frozen":
        return frozen.read(path)
    arrays = checkpoint.read(path)
    layout = names.layout or checkpoint.layout(arrays, list(names.weight_map or ()) or None)
    served = found == "saved_model" and not set(layout.names()) & set(arrays) > set(layout.weights)
    if weights_only or served:
        layout = checkpoint.standard(None, layout.weights)
    if not weights_only and (over := sorted(set(arrays) - set(layout.names()))):
        missing = sorted(set(layout.names()) - set(arrays))
        lacks = f"; and it lacks {', '.join(missing)}" if missing else ""
        raise StateError(f"nothing takes the checkpoint's {', '.join(over)}{lacks}.")
    return checkpoint.to_state(arrays, layout, beta_2)


def _rows(state: "State", model: "keras.Model", names: Correspondence) -> list[dict[str, Any]]:
    """Return what went where, an array a row; one number's value, too, None for an array."""
    from keras_models import transfer
    from tf1_compat.state import arrays_of

    paths = transfer.paths(model, names.made_of(model))
    return [
        {
            "tf1": name,
            "keras": paths.get(name),
            "shape": [*array.shape],
            "dtype": f"{array.dtype}",
            "value": json.loads(str(array)) if array.ndim == 0 else None,
        }
        for name, array in arrays_of(state).items()
    ]


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a line for each array; a name is never broken, however narrow the screen is."""
    lines = [("TensorFlow 1", "Keras", "dtype, shape")]
    for row in rows:
        value = "" if row["value"] is None else f" = {row['value']}"
        path = row["keras"] or "follows from the step"
        lines.append((row["tf1"] + value, path, f"{row['dtype']} {row['shape']}"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first, *others = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join([first, "─" * (sum(widths) + 4), *others])
