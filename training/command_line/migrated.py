"""What went where in a migration, what is assumed, and what became of moving averages."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    from keras_models.pairing import WeightMap
    from tf1_compat.state import State

TAKE_FROM_GRAPH = (
    "If your graph differs, --meta FILE takes that from the .meta file that was saved with it."
)
AVERAGES = {
    None: "Moving averages of the weights are kept in the optimizer (use_ema); --ema take takes "
    "them for the weights, --ema leave leaves them.",
    "keep": "Moving averages of the weights are kept in the optimizer (use_ema).",
    "take": "The weights are their moving averages.",
    "leave": "Moving averages of the weights are left out.",
}
"""What is said of them, by --ema."""


def rows(state: "State", model: "keras.Model", weight_map: "WeightMap") -> list[dict[str, Any]]:
    """Return what went where, an array a row; one number's value, too, None for an array."""
    from keras_models import transfer
    from tf1_compat.state import arrays_of

    paths = transfer.paths(model, weight_map)
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


def table(rows: Sequence[Mapping[str, Any]]) -> str:
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


def assumptions(model: "keras.Model", said: Collection[str]) -> str | None:
    """Return what a compiled model is besides its arrays; None where all is said.

    `said` are those of activations, loss and optimizer that a file tells.
    """
    parts = []
    if "activations" not in said:
        layers = [layer for layer in model.layers if layer.weights]
        parts.append("activations " + " and ".join(one.activation.__name__ for one in layers))
    if "loss" not in said:
        parts.append(f"loss {model.loss.name}")
    if "optimizer" not in said:
        config = model.optimizer.get_config()
        held = [name for name in ("learning_rate", "epsilon") if name in config]
        numbers = (f"{name} {float(config[name]):g}" for name in held)
        parts.append(f"{model.optimizer.name} with {' and '.join(numbers)}")
    return ", ".join(parts) or None
