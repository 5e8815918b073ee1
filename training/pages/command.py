"""The command that makes a run again, from the options it had."""

import dataclasses
import os
import shlex
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro


def again(config: Any) -> str:
    """Return a line for a POSIX shell that runs what `config`, a command's options, ran.

    Says only what is not the default; `--out` is left out, for what it names is there now. Paths
    are as they were given.
    """
    name = type(config).__name__.removesuffix("Config").lower()
    hints = get_type_hints(type(config), include_extras=True)
    positional: list[str] = []
    options: list[str] = []
    for field in dataclasses.fields(config):
        value, markers = getattr(config, field.name), _markers(hints[field.name])
        if tyro.conf.Suppress in markers or field.name == "out":
            continue
        if tyro.conf.Positional in markers:
            positional += _words(value)
        elif value != field.default:
            option = field.name.replace("_", "-")
            if isinstance(value, bool):
                options.append(f"--{option}" if value else f"--no-{option}")
            else:
                options += [f"--{option}", *_words(value)]
    return " ".join([*_variables(config), shlex.join(["tf1keras", name, *positional, *options])])


def _variables(config: Any) -> list[str]:
    """Return `NAME=value` of what the environment says and a bit depends on."""
    said = {}
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "1":
        said["TF_ENABLE_ONEDNN_OPTS"] = os.environ["TF_ENABLE_ONEDNN_OPTS"]
    names = (getattr(config, option, "") for option in ("data", "source_data"))
    if os.environ.get("MNIST_DIR") and "mnist" in (name.partition("[")[0] for name in names):
        said["MNIST_DIR"] = os.environ["MNIST_DIR"]
    return [f"{name}={shlex.quote(value)}" for name, value in said.items()]


def _markers(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _words(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
