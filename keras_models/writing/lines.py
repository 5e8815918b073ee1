"""A line of source, and what of the graph became it."""

from typing import Any, NamedTuple

from keras_models.writing.expressions import written


class Line(NamedTuple):
    """A statement; of several lines where it is long."""

    text: str
    of: tuple[str, ...] = ()
    """Tensors and ops of TensorFlow 1's graph."""


def assigned(name: str, value: Any, *of: str, indent: int = 4) -> Line:
    """Return `name = value`."""
    return Line(f"{' ' * indent}{name} = {written(value, indent, len(name) + 3)}", of)
