"""sample_batch(rng, rows) of a model.py, for what `check` cannot draw by dtype and shape."""

from keras_models.writing.expressions import WIDTH, Name, written
from keras_models.writing.names import of_inputs
from keras_models.writing.rows.batches import ARRAY
from tf1_compat.network import Drawn, Network


def source(network: Network) -> str:
    """Return the function; empty where `check` needs none."""
    if not network.drawn:
        return ""
    names = of_inputs(network)
    named = names.values()
    every = [Name(_expression(one)) for one in network.drawn]
    inputs = every[: len(named)]
    known = {
        one: Name(f"x[{written(name)}]" if len(named) > 1 else "x") for one, name in names.items()
    }
    labels = [
        known.get(one.labels, drawn)
        for one, drawn in zip(network.losses, every[len(named) :], strict=True)
    ]
    x = written(dict(zip(named, inputs, strict=True)), 4, 4) if len(named) > 1 else inputs[0].name
    y = written(labels, 4, 7) if len(labels) > 1 else labels[0].name
    of_x = f"dict[str, {ARRAY}]" if len(named) > 1 else ARRAY
    of_y = f"list[{ARRAY}]" if len(labels) > 1 else ARRAY
    line = f"def sample_batch(rng: np.random.Generator, rows: int) -> tuple[{of_x}, {of_y}]:"
    if len(line) > WIDTH:
        line = line.replace("(rng", "(\n    rng").replace("int)", "int\n)")
    return "\n".join(
        [
            line,
            '    """Return rows to check with, as random as the graph takes them."""',
            f"    x = {x}",
            f"    return x, {y}",
        ]
    )


def _expression(one: Drawn) -> str:
    size = f"[{', '.join(['rows', *map(str, one.shape)])}]" if one.shape else "rows"
    if one.kind == "normal":
        return f"rng.normal(size={size})"
    if one.kind == "whole":
        return f"rng.integers({one.first}, {one.below}, {size})"
    *others, classes = one.shape
    size = f"[{', '.join(['rows', *map(str, others)])}]" if others else "rows"
    return f"np.eye({classes})[rng.integers(0, {classes}, {size})]"
