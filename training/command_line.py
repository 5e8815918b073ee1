"""A command's options as the words that say the same on the command line, and back."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro

from training.options.shared import OutputOptions

SPEAKING = {field.name for field in dataclasses.fields(OutputOptions)}
"""How a command speaks is no part of what it does."""


def words(config: Any) -> list[str]:
    """Return the command and what in `config` is not the default: ["compare", "--epochs", "5"].

    Paths are as they were given. `--out`, `--quiet` and `--json` are left out: where a run lies and
    what is said of it is not what it is.
    """
    hints = get_type_hints(type(config), include_extras=True)
    positional: list[str] = []
    options: list[str] = []
    for field in dataclasses.fields(config):
        value, markers = getattr(config, field.name), _markers(hints[field.name])
        if tyro.conf.Suppress in markers or field.name in {"out", *SPEAKING}:
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


def options(config: Any) -> Mapping[str, Any]:
    """Return every option that is a part of the run, by name."""
    every = dataclasses.asdict(config)
    return {name: value for name, value in every.items() if name not in SPEAKING}


def _markers(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _texts(value: Any) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
