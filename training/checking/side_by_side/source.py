"""Which line of PAIR.py makes a Keras layer, as far as its keras_model() lets one tell."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from keras_models.pairing import automatic_name

MODULES = ("layers", "ops")
"""Where a function is found that makes the operation of its name, such as `keras.ops.square`."""
CALLED = {"InputLayer": "Input"}
"""Kinds that are made by another name."""


def lines(path: Path) -> Mapping[int, str]:
    """Return the lines of a file by number; empty where it cannot be read."""
    try:
        return dict(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    except (OSError, UnicodeDecodeError):
        return {}


def layer_lines(path: Path, layers: Iterable[Any]) -> dict[str, int]:
    """Return name -> line of the layers and operations of which that can be told.

    A layer whose name is written in keras_model() is found by it. The others, that Keras counts
    through (dense, dense_1, ...), are those of a kind in the order they are called, if there are as
    many calls as layers.
    """
    calls = _calls("\n".join(lines(path).values()))
    found: dict[str, int] = {}
    counted: dict[str, list[tuple[int, str]]] = {}
    for layer in dict.fromkeys(layers):
        kind = type(layer).__name__
        count = re.fullmatch(rf"{automatic_name(kind)}(?:_(\d+))?", layer.name)
        if count:
            counted.setdefault(kind, []).append((int(count[1] or 0), layer.name))
        elif len(at := [call.lineno for call in calls if _named(call) == layer.name]) == 1:
            found[layer.name] = at[0]
    for kind, names in counted.items():
        unnamed = [call for call in calls if _makes(call, kind) and not _is_named(call)]
        if len(unnamed) == len(names):
            for (_, name), call in zip(sorted(names), unnamed, strict=True):
                found[name] = call.lineno
    return found


def _calls(source: str) -> list[ast.Call]:
    """Return the calls within keras_model(), in the order of the file."""
    try:
        module = ast.parse(source)
    except SyntaxError:
        return []
    named = [one for one in module.body if isinstance(one, ast.FunctionDef)]
    made = [one for one in named if one.name == "keras_model"]
    calls = [one for of in made[-1:] for one in ast.walk(of) if isinstance(one, ast.Call)]
    # Where a call is called, as in Dense(3)(Dense(4)(x)), what is called is made first.
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset, call.end_col_offset or 0))


def _makes(call: ast.Call, kind: str) -> bool:
    """Whether it is a call of the class `kind`, or of the function of the same operation."""
    function = call.func
    name = getattr(function, "attr", getattr(function, "id", ""))
    if name in (kind, CALLED.get(kind)):
        return True
    where = getattr(function, "value", None)
    module = getattr(where, "attr", getattr(where, "id", ""))
    return module in MODULES and name == automatic_name(kind)


def _is_named(call: ast.Call) -> bool:
    return any(keyword.arg in ("name", None) for keyword in call.keywords)  # None: **options


def _named(call: ast.Call) -> str | None:
    """Return the name that is written in a call."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else None
