"""A command's options as the words that say the same on the command line, and back."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro


def words(config: Any) -> list[str]:
    """Return the command and what in `config` is not the default: ["compare", "--epochs", "5"].

    Paths are as they were given. `--out` is left out: it is where a run lies, not what it is.
    """
    hints = get_type_hints(type(config), include_extras=True)
    positional: list[str] = []
    options: list[str] = []
    for field in dataclasses.fields(config):
        value, markers = getattr(config, field.name), _markers(hints[field.name])
        if tyro.conf.Suppress in markers or field.name == "out":
            continue
        if tyro.conf.Positional in markers:
            positional += _texts(value)
        elif value != field.default:
            option = field.name.replace("_", "-")
            if isinstance(value, bool):
                options.append(f"--{option}" if value else f"--no-{option}")
            else:
                options += [f"--{option}", *_texts(value)]
    name = type(config).__name__.removesuffix("Config").lower()
    return [name, *positional, *options]


def _markers(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _texts(value: Any) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
