"""`tf1keras env`: what a bug report needs, as lines to paste or as JSON.

    tf1keras env
    tf1keras env --json

Where something is missing or broken it says so and goes on: that may be what the report is about.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from training.command_line.output import Output
from training.data import embedded, tfds
from training.errors import UserError
from training.machine import environment, startup
from training.options.env import EnvConfig

VARIABLES = (
    *environment.VARIABLES,
    *("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES"),
    *("TFDS_DATA_DIR", "MNIST_DIR"),
)
"""Of the environment only these are shown: others may hold secrets."""


def run(config: EnvConfig) -> int:
    """Run the command; return its exit status."""
    out, found = Output(config), collect()
    width = max(len(name) for name, _ in _lines(found))
    for name, value in _lines(found):
        out.show(f"{name:{width}}  {value}")
    out.result(found)
    return 0


def collect() -> dict[str, Any]:
    """Return all of it, ready for JSON.

    Where TensorFlow cannot be imported, its error stands in place of what it would have said.
    """
    found = environment.machine()
    try:
        startup.import_tensorflow()
        import tensorflow as tf

        devices = [device.name for device in tf.config.list_physical_devices()]
        found |= environment.of_tensorflow() | {"devices": devices}
    except ImportError as error:
        found["devices"] = f"TensorFlow or Keras cannot be imported: {error}"
    return found | {"variables": environment.variables(VARIABLES), "data": _data()}


def _data() -> dict[str, str]:
    """Data set -> where it is, or why not; MNIST_DIR -> whether it is the originals."""
    found = {name: _embedded(name) for name in embedded.NAMES}
    found |= {name: _of_tfds(name) for name in tfds.NAMES}
    return found | {"MNIST_DIR": _mnist_dir()}


def _embedded(name: str) -> str:
    try:
        return f"embedded, {embedded.locate(name)}"
    except UserError as error:
        return str(error)


def _of_tfds(name: str) -> str:
    if find_spec("tensorflow_datasets") is None:
        return "not prepared: TensorFlow Datasets is not installed"
    try:
        folder = tfds.where_prepared(name)
    except ImportError as error:
        return f"not prepared: TensorFlow Datasets cannot be imported: {error}"
    return f"prepared, {folder}" if folder else "not prepared"


def _mnist_dir() -> str:
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        return "not set"
    try:
        tfds.check_originals("mnist", Path(folder))
    except (UserError, ImportError) as error:
        return str(error).replace("\n", " ")
    return f"the four original files, {folder}"


def _lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line; what is grouped in `found` has a line for each part."""
    for name, value in found.items():
        if isinstance(value, dict):
            for part, of_part in value.items():
                yield f"{name} {part}", str(of_part)
        elif isinstance(value, list):
            yield name, ", ".join(value) or "none"
        else:
            yield name, str(value)
