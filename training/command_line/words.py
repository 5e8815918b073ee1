"""A command's options as the words that say the same on the command line, and back."""

import dataclasses
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

import tyro

from training.options.shared import OutputOptions

SPEAKING = {field.name for field in dataclasses.fields(OutputOptions)}
"""How a command speaks is no part of what it does."""


def of(config: Any) -> list[str]:
    """Return the command and what in `config` is not the default: ["compare", "--epochs", "5"].

    Paths are as they were given. `--out`, `--quiet` and `--json` are left out: where a run lies and
    what is said of it is not what it is.
    """
    hints = get_type_hints(type(config), include_extras=True)
    positional: list[str] = []
    options: list[str] = []
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        markers = getattr(hints[field.name], "__metadata__", ())  # of Annotated
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


def _texts(value: Any) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]


def again(config: Any) -> str:
    """Return a line for a POSIX shell that runs what `config`, a command's options, ran.

    Says only what is not the default; `--out` is left out, for what it names is there now. Paths
    are as they were given.
    """
    return " ".join([*_variables(config), shlex.join(["tf1keras", *of(config)])])


def _variables(config: Any) -> list[str]:
    """Return `NAME=value` of what the environment says and a bit depends on."""
    said = {}
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "1":
        said["TF_ENABLE_ONEDNN_OPTS"] = os.environ["TF_ENABLE_ONEDNN_OPTS"]
    names = (getattr(config, option, "") for option in ("data", "source_data"))
    if os.environ.get("MNIST_DIR") and "mnist" in (name.partition("[")[0] for name in names):
        said["MNIST_DIR"] = os.environ["MNIST_DIR"]
    return [f"{name}={shlex.quote(value)}" for name, value in said.items()]
