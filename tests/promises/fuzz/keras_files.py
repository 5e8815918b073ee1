"""`.keras` files whose configuration has any fields, beside sound weights.

Without bytes: a small model as Keras saves it.
"""

import copy
import functools
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tests.promises.fuzz.draw import NUMBERS, Draw

NAMES = (
    *(("keras.layers", "Dense"), ("keras.layers", "Lambda"), ("keras.layers", "TFSMLayer")),
    *(("keras.layers", "Embedding"), ("keras.layers", "StringLookup"), ("keras", "Sequential")),
    *(("keras.config", "set_floatx"), ("keras.datasets.mnist", "load_data"), ("os", "system")),
    *(
        ("builtins", "relu"),
        ("builtins", "get"),
        ("builtins", "eval"),
        ("keras.activations", "get"),
    ),
    *(
        ("keras.src.ops.numpy", "Repeat"),
        ("keras.src.ops.numpy", "Split"),
        ("keras.saving", "load"),
    ),
    *(("keras.utils", "get_file"), ("keras_models.exact", "AddV2Dense"), ("subprocess", "Popen")),
)
"""(module, name): of Keras and of others, harmless and not."""
PLAIN = ("__numpy__", "__tensor__", "__lambda__", "__typespec__", "__bytes__", "__slice__")
VALUES = (
    *(None, True, "", "relu", "set_floatx", "float16", "S1000000000", "/etc/passwd", [], {}, 0.5),
    *(float("nan"), float("inf"), [None, 2**31], [["X", 0, 0]], *NUMBERS),
)
RUNS = ("os.system", "subprocess.Popen", "socket.connect", "os.exec", "os.fork")
"""Audit events that no configuration may cause."""
_heard: list[str] = []


def make(content: bytes) -> bytes:
    """Return the file that `content` chooses."""
    draw, members = Draw(content), dict(_sound())
    config = json.loads(members["config.json"])
    for _ in range(draw.below(4)):
        _change(draw, *draw_place(draw, config))
    members["config.json"] = json.dumps(config).encode()
    if draw.below(16) == 1:
        members[draw.pick(("a", "../a", "assets/a", "/a"))] = bytes(draw.pick((0, 9, 2**27)))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return file.getvalue()


@functools.cache
def _sound() -> dict[str, bytes]:
    from keras_models import article
    from tf1_compat.hyperparameters import Hyperparameters

    model = article.build("idiomatic", hyper=Hyperparameters((784, 3, 10)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        model.save(file)
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def draw_place(draw: Draw, config: Any) -> tuple[Any, Any]:
    """A dict or list of the configuration and a key of it, some levels down."""
    while True:
        keys = sorted(config) if isinstance(config, dict) else range(len(config))
        key = draw.pick(keys)
        inner = config[key]
        if not (isinstance(inner, dict | list) and inner) or draw.below(6) == 1:
            return config, key
        config = inner


def _value(draw: Draw) -> Any:
    """A value of its own: the next change may be within it."""
    return copy.deepcopy(draw.pick(VALUES))


def _change(draw: Draw, within: Any, key: Any) -> None:
    module, name = draw.pick(NAMES)
    what = draw.below(6)
    if what == 0:
        within[key] = _value(draw)
    elif what == 1:
        within[key] = {"module": module, "class_name": "function", "config": name}
    elif what == 2:
        arguments = {draw.pick(("units", "value", "name", "dtype")): _value(draw)}
        within[key] = {"module": module, "class_name": name, "config": arguments}
    elif what == 3 and isinstance(within, dict):
        within |= {"module": module, "class_name": name, "registered_name": None}
    elif what == 4:
        value = {"value": _value(draw), "dtype": draw.pick(("float32", "S1000000000", 3))}
        within[key] = {"class_name": draw.pick(PLAIN), "config": value}
    else:
        del within[key]


def assert_nothing_ran() -> None:
    """Neither a process nor a socket, and Keras is set as it was."""
    import keras

    assert not _heard, _heard
    assert (keras.config.floatx(), keras.config.backend()) == ("float32", "tensorflow")


@functools.cache
def listen() -> None:
    """Note from now on what runs."""

    def heard(event: str, _: Any) -> None:
        if event in RUNS:
            _heard.append(event)

    sys.addaudithook(heard)
