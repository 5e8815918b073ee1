"""Functions of tensors as Keras source, for models that call layers: one row a kind."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from keras_models.writing.expressions import Calling, Name


class Row(NamedTuple):
    """How a kind of function is written."""

    name: str
    """In keras.ops."""
    positional: tuple[str, ...] = ()
    """Options that stand behind the tensors."""
    defaults: Mapping[str, Any] = {}
    """The others, in the order in which they are written, where they are not so."""
    first: tuple[str, ...] = ()
    """Options that stand before the tensors."""
    listed: bool = False
    """Tensors are given as a list."""


COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
ALONG = {"axis": None, "keepdims": False}
ROWS: dict[str, Row] = {
    "mean": Row("mean", (), ALONG),
    "total": Row("sum", (), ALONG),
    "largest": Row("max", (), ALONG),
    "smallest": Row("min", (), ALONG),
    "product": Row("prod", (), ALONG),
    **{
        name: Row(name)
        for name in (
            *("exp", "log", "log1p", "sqrt", "rsqrt", "square", "absolute", "sign", "sin", "cos"),
            *("erf", "expm1", "reciprocal", "tan"),
            *("stop_gradient", "zeros_like", "ones_like", "where", "divide_no_nan"),
            *("logical_and", "logical_or", "logical_not", *COMPARISONS),
        )
    },
    **{
        f"{name}crossentropy": Row(f"{name}crossentropy", (), {"from_logits": False})
        for name in ("binary_", "categorical_", "sparse_categorical_")
    },
    **{f"{name}_than": Row(name, ("x2",)) for name in COMPARISONS},
    **{
        f"{name}_numbers": Row(name)
        for name in ("add", "multiply", "subtract", "maximum", "minimum")
    },
    "full_like": Row("full_like", ("fill_value",)),
    "power": Row("power", ("x2",)),
    "shift": Row("add", ("x2",)),
    "times": Row("multiply", ("x2",)),
    "over": Row("divide", ("x2",)),
    "complement": Row("subtract", first=("x1",)),
    "at_least": Row("maximum", ("x2",)),
    "at_most": Row("minimum", ("x2",)),
    "clip": Row("clip", ("x_min", "x_max")),
    "cast": Row("cast", ("dtype",)),
    "one_hot": Row("one_hot", ("num_classes",)),
    "normalize": Row("normalize", (), {"axis": -1, "epsilon": None}),
    "squeeze": Row("squeeze", (), {"axis": None}),
    "expand_dims": Row("expand_dims", ("axis",)),
    "tile": Row("tile", ("repeats",)),
    "pad": Row("pad", ("pad_width",), {"mode": "constant"}),
    "stack": Row("stack", (), {"axis": 0}, listed=True),
    "quotient": Row("divide"),
    "reverse": Row("flip", (), {"axis": None}),
    "einsum": Row("einsum", first=("subscripts",)),
}
"""Kind, as `tf1_compat.network` calls it -> how it is written."""
SUBSCRIPT, WITHIN = "part", "within"
"""Kinds that Python's brackets and comparisons write."""
KINDS = {*ROWS, SUBSCRIPT, WITHIN}


def applied(kind: str, options: Mapping[str, Any], inputs: Sequence[str]) -> Calling | Name:
    """Return the function called with tensors of these names."""
    if kind == SUBSCRIPT:
        return Name(f"{inputs[0]}[{options['index']}]")
    if kind == WITHIN:
        return Name(_within(options["steps"], *inputs))
    row = ROWS[kind]
    tensors: list[Any] = [Name(one) for one in inputs]
    before, behind = ([options[key] for key in keys] for keys in (row.first, row.positional))
    others = {key: options.get(key, usual) for key, usual in row.defaults.items()}
    named = {key: value for key, value in others.items() if value != row.defaults[key]}
    positional = [*before, *([tensors] if row.listed else tensors), *behind]
    return Calling(f"keras.ops.{row.name}", positional, named)


def _within(steps: int | None, lengths: str, *sequence: str) -> str:
    """[N, steps], true where a step is within the length of its row."""
    if steps is not None:
        return f"{lengths}[:, None] > keras.ops.arange({steps})"
    return f"{lengths}[:, None] >= keras.ops.cumsum(keras.ops.ones_like({sequence[0]}), axis=1)"
