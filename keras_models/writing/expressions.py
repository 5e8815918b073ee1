"""Python expressions as people lay them out: on one line where it has room, else one a line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WIDTH = 100


@dataclass(frozen=True)
class Name:
    """Something that has a name already."""

    name: str


@dataclass(frozen=True)
class Calling:
    """A function that is called, and, `of`, what its answer is called with."""

    function: str
    positional: Sequence[Any] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    """"**": a dict of more."""
    of: str = ""


def written(value: Any, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """Return `value` as source; `before` and `after` are the characters beside it on its line."""
    line = _line(value)
    room = WIDTH - indent - before - after
    parts = _parts(value)
    if len(line) <= room or parts is None:
        return line
    start, items, end = parts
    inner = indent + 4
    if isinstance(value, Calling) and value.of.startswith("("):  # if there is room for the rest
        head = line.removesuffix(value.of)
        if len(head) + 1 <= room + after:
            return f"{head}(\n{' ' * inner}{value.of[1:-1]}\n{' ' * indent})"
    if isinstance(value, Calling):  # all of it in one line of its own, if it has room
        within = ", ".join(f"{key}{_line(one)}" for key, one in items)
        if inner + len(within) <= WIDTH:
            return f"{start}\n{' ' * inner}{within}\n{' ' * indent}{end}"
    lines = [f"{' ' * inner}{key}{written(one, inner, len(key), 1)}," for key, one in items]
    return "\n".join([start, *lines, f"{' ' * indent}{end}"])


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str] | None:
    """Return how something begins, its items, each with what stands before it, how it ends."""
    if isinstance(value, Calling):
        named = [("**" if name == "**" else f"{name}=", one) for name, one in value.named.items()]
        return f"{value.function}(", [("", one) for one in value.positional] + named, f"){value.of}"
    if isinstance(value, Mapping):
        return "{", [(f"{_line(key)}: ", one) for key, one in value.items()], "}"
    if isinstance(value, list):
        return "[", [("", one) for one in value], "]"
    return None


def _line(value: Any) -> str:
    if isinstance(value, Name):
        return value.name
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        inner = ", ".join(map(_line, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if (parts := _parts(value)) is None:
        return re.sub(r"e([+-])0", r"e\1", repr(value)).replace("e+", "e")
    start, items, end = parts
    return start + ", ".join(f"{key}{_line(one)}" for key, one in items) + end
