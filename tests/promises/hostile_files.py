"""Small files with sound checksums that ask for much memory, or to run what they name.

`FILES[name](folder)` writes one into `folder` and returns the model to read.
"""

import functools
import io
import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import tensor_bundle_pb2

from tests.promises.fuzz import table
from tests.promises.fuzz.indexes import entry
from tf1_compat import checkpoint
from tf1_compat.bundle import parts

ARTICLE = {
    "Variable": (784, 128),
    "Variable_1": (128,),
    "Variable_2": (128, 10),
    "Variable_3": (10,),
}
Change = Callable[[Any], Any]


def saved(folder: Path, entries: dict[bytes, Any], data: bytes) -> Path:
    """A checkpoint of these entries and this data."""
    header = tensor_bundle_pb2.BundleHeaderProto(num_shards=1)
    header.version.producer = 1
    pairs = [(key, one.SerializeToString()) for key, one in sorted(entries.items())]
    index = table.written([(b"", header.SerializeToString()), *pairs])
    (folder / "model.ckpt.index").write_bytes(index)
    (folder / "model.ckpt.data-00000-of-00001").write_bytes(data)
    return folder / "model.ckpt"


def of_dtype(dtype: int, size: int = 16) -> Callable[[Path], Path]:
    zeros = bytes(size)
    one = entry(dtype, [4], size=size, crc32c=table.masked(zeros))
    return lambda folder: saved(folder, {b"Variable": one}, zeros)


def text(length: int) -> Callable[[Path], Path]:
    """The article's variables; one is a text that says it is `length` bytes long."""
    packed = length.to_bytes(4 if length < 2**32 else 8, "little")
    check = table.masked(packed).to_bytes(4, "little")
    value, crc = table.varint(length) + check + b"abc", table.masked(packed + check + b"abc")

    def make(folder: Path) -> Path:
        found, end = {}, len(value)
        for name, shape in ARTICLE.items():
            size, own = zeros(math.prod(shape))
            found[name.encode()] = entry(1, [*shape], offset=end, size=size, crc32c=own)
            end += size
        last = found[b"Variable_3"]
        last.CopyFrom(entry(7, [1], size=len(value), crc32c=crc))
        return saved(folder, found, value + bytes(end - len(value) - 40))

    return make


@functools.cache
def zeros(count: int) -> tuple[int, int]:
    """The bytes of `count` float32 zeros, and their checksum."""
    return 4 * count, table.masked(bytes(4 * count))


def spans(*places: tuple[int, int], end: int) -> Callable[[Path], Path]:
    """Arrays of zeros at (offset, numbers) in `end` bytes."""

    def make(folder: Path) -> Path:
        found = {}
        for number, (offset, count) in enumerate(places):
            size, crc = zeros(count)
            found[b"v%06d" % number] = entry(1, [count], offset=offset, size=size, crc32c=crc)
        return saved(folder, found, bytes(end))

    return make


def in_parts(whole: list[int], of: int, kind: int = 1) -> Callable[[Path], Path]:
    """A variable [..] with one part, of `of` numbers and dtype `kind`."""

    def make(folder: Path) -> Path:
        full = entry(1, whole)
        part = full.slices.add()
        part.extent.add(start=0, length=2)
        zeros = bytes(of * (4 if kind == 1 else 8))
        own = entry(kind, [of], size=len(zeros), crc32c=table.masked(zeros))
        return saved(folder, {b"Variable": full, parts.key("Variable", part): own}, zeros)

    return make


def bomb(folder: Path) -> Path:
    """A hundred constants of 2^24 numbers, each from one."""
    graph = graph_pb2.GraphDef()
    for number in range(100):
        node = graph.node.add(name=f"W{number}", op="Const")
        node.attr["dtype"].type = node.attr["value"].tensor.dtype = 1
        node.attr["value"].tensor.tensor_shape.dim.add().size = 1 << 24
        node.attr["value"].tensor.float_val.append(0.5)
    (folder / "bomb.pb").write_bytes(graph.SerializeToString())
    return folder / "bomb.pb"


def not_finite(number: float, more: str = "") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        values = {name: np.full(shape, number, np.float32) for name, shape in ARTICLE.items()}
        values |= {more: np.zeros(3, np.float32)} if more else {}
        checkpoint.write(folder / "model.ckpt", values)
        return folder / "model.ckpt"

    return make


def not_finite_graph(folder: Path) -> Path:
    with tf.Graph().as_default() as graph:
        tf.constant(np.full((784, 10), np.inf, np.float32), name="W")
    (folder / "a.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "a.pb"


def model(
    folder: Path, change: Change = lambda config: config, members: dict[str, bytes] | None = None
) -> Path:
    """A `.keras` file whose configuration is changed, and that has other members besides."""
    file = folder / "a.keras"
    built = keras.Sequential([keras.Input([784]), keras.layers.Dense(10)])
    built.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    built.optimizer.build(built.trainable_variables)
    built.save(file)
    with zipfile.ZipFile(file) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(held["config.json"])
    change(config["config"]["layers"][1])
    held |= {"config.json": json.dumps(config).encode(), **(members or {})}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return file


def activation(module: str, name: str) -> Callable[[Path], Path]:
    named = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return lambda folder: model(folder, lambda layer: layer["config"].update(activation=named))


def configured(**settings: Any) -> Callable[[Path], Path]:
    return lambda folder: model(folder, lambda layer: layer["config"].update(settings))


def weights(**settings: Any) -> Callable[[Path], Path]:
    """A `.keras` file whose first kernel is this data set of HDF5."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(model(folder)) as archive:
            file = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(file, "a") as held:
            del held["layers/dense/vars/0"]
            held["layers/dense/vars"].create_dataset("0", **settings)
        return model(folder, members={"model.weights.h5": file.getvalue()})

    return make


def with_member(name: str, size: int) -> Callable[[Path], Path]:
    return lambda folder: model(folder, members={name: bytes(size)})


PENALTY = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": float("inf")}}
ELEMENT = {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "S2000000000"}}

FILES: dict[str, Callable[[Path], Path]] = {
    **{f"dtype_{dtype}": of_dtype(dtype) for dtype in (101, 102, 107, 114, 120, 131)},
    **{f"dtype_{dtype}": of_dtype(dtype) for dtype in (11, 20, 21, 26, 0, 99)},
    **{f"text_2_{n}": text(2**n - (n == 64)) for n in (31, 62, 64)},
    "overlap": spans(*[(0, 1 << 18)] * 2000, end=1 << 20),
    "overlap_in_part": spans((0, 8), (16, 8), end=48),
    "hole": spans((0, 4), (20, 4), end=36),
    "data_after_the_last": spans((0, 4), end=20),
    "nothing_of_much": spans((0, 0), end=1 << 20),
    "parts_missing": in_parts([2**40], 2),
    "part_of_another_dtype": in_parts([2], 2, kind=9),
    "part_of_another_shape": in_parts([2], 1),
    "bomb": bomb,
    "nan": not_finite(np.nan),
    "inf": not_finite(np.inf),
    "lines": not_finite(0, more="a\nb\nc\nd\ne"),
    "lines_keras": configured(name="a\nb\nc\nd"),
    "inf_frozen": not_finite_graph,
    "nan_keras": weights(data=np.full((784, 10), np.nan, np.float32)),
    "set_floatx": activation("keras.config", "set_floatx"),
    "set_backend": activation("keras.config", "set_backend"),
    "load_data": activation("keras.datasets.mnist", "load_data"),
    "deserialize": activation("keras.activations", "deserialize"),
    "initializer_array": configured(kernel_initializer=ELEMENT),
    "units": configured(units=10**9),
    "infinite_penalty": configured(kernel_regularizer=PENALTY),
    "archive": with_member("assets/a", 80_000_000),
    "pickle": with_member("model.weights.npz", 9),
    "compressed": weights(shape=(2**15, 2**14), dtype="f4", chunks=(2**15, 64), compression="gzip"),
    "pointers": weights(shape=(784, 10), dtype=h5py.string_dtype()),
}
"""Name -> its maker."""
