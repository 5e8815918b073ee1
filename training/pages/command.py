"""The command that makes a run again, from the options it had."""

import os
import shlex
from typing import Any

from training import command_line


def again(config: Any) -> str:
    """Return a line for a POSIX shell that runs what `config`, a command's options, ran.

    Says only what is not the default; `--out` is left out, for what it names is there now. Paths
    are as they were given.
    """
    return " ".join([*_variables(config), shlex.join(["tf1keras", *command_line.words(config)])])


def _variables(config: Any) -> list[str]:
    """Return `NAME=value` of what the environment says and a bit depends on."""
    said = {}
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "1":
        said["TF_ENABLE_ONEDNN_OPTS"] = os.environ["TF_ENABLE_ONEDNN_OPTS"]
    names = (getattr(config, option, "") for option in ("data", "source_data"))
    if os.environ.get("MNIST_DIR") and "mnist" in (name.partition("[")[0] for name in names):
        said["MNIST_DIR"] = os.environ["MNIST_DIR"]
    return [f"{name}={shlex.quote(value)}" for name, value in said.items()]
