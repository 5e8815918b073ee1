"""What is fuzzed: each reader of files, given any bytes; only a refusal may be raised.

`TARGETS[name](content)` writes `content` to a file and reads it as a command would; the first byte
says what is done with the rest. Of `index`, `graph`, `meta` and `keras` the bytes choose fields.
"""

import contextlib
import functools
import gzip
import io
import shutil
import tempfile
import types
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tf1_compat import bounds
from training.data import form, images, npz, sources
from training.data.containers import idx
from training.data.splits import Rows
from training.errors import UserError
from training.model_files import pretrained, reading, training_state, variable_map

MEGABYTES = {"idx": 900, "npz": 900, "images": 2000, "config": 900, "checkpoint": 1000}
MEGABYTES |= {"containers": 1200, "index": 1000, "graph": 1200, "meta": 1200, "keras": 1400}
"""Resident: the libraries, the fuzzer's own, what a file may unfold to, 50 million pixels."""
LARGEST = 4096  # bytes of an input


@functools.cache
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def clean() -> None:
    shutil.rmtree(folder(), ignore_errors=True)


def _file(name: str, content: bytes) -> Path:
    file = folder() / name
    file.write_bytes(content)
    return file


def read_idx(content: bytes) -> None:
    """A raw file; a gzip file; a file that is gzipped here, so that its CRC fits."""
    kind, rest = content[:1], content[1:]
    gz, packed = kind in b"gG", gzip.compress(rest, 1) if kind == b"G" else rest
    file = _file("a.gz" if gz else "a", packed)
    with contextlib.suppress(UserError):
        array = idx.read(file, 3)
        assert array.dtype == np.uint8
        assert array.nbytes <= (bounds.most_bytes(len(rest)) if gz else len(rest))


def read_npz(content: bytes) -> None:
    """An archive; or one array of it, in an archive whose CRC fits."""
    kind, rest = content[:1], content[1:]
    if kind == b"a":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr("x.npy", rest)
        rest = archive.getvalue()
    with contextlib.suppress(UserError):
        (array,) = npz.read(_file("a.npz", rest), lambda held: ["x"] if "x" in held else None, "x")
        assert array.nbytes <= bounds.most_bytes(len(rest))
        with contextlib.suppress(UserError):
            form._rows("x", Rows(array, array), fit=False)


CONTAINERS = {b"c": "csv", b"a": "arff", b"m": "mat", b"p": "parquet", b"i": "images"}
"""First byte -> what is said before the colon."""


def read_container(content: bytes) -> None:
    """A file of digits: a table, .mat, Parquet, a zip of pictures."""
    kind = CONTAINERS.get(content[:1], "csv")
    name = f"{kind}:{_file(f'a.{kind}', content[1:])}"
    with contextlib.suppress(UserError):
        found = sources.read(name, None)
        pixels, labels, *_ = form.splits(name, found, fit=True)
        assert pixels.dtype == labels.dtype == np.uint8
        assert pixels.shape == (len(labels), 784)


def read_image(content: bytes) -> None:
    """A file of any kind; or a PNG whose chunks' checksums are set right."""
    rest = _with_checksums(content[1:]) if content[:1] == b"c" else content[1:]
    with contextlib.suppress(UserError):
        image = images.read(_file("a.png", rest))
        assert image.shape == (28, 28)
        assert image.dtype == np.uint8


def _with_checksums(png: bytes) -> bytes:
    out, at = bytearray(png), 8
    while at + 12 <= len(out):
        length = int.from_bytes(out[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)


def read_config(content: bytes) -> None:
    """What a run folder says, in text: config.json, history.csv, finetune.json; and a --map."""
    kind, rest = content[:1], content[1:]
    with contextlib.suppress(UserError):
        if kind == b"c":
            training_state._said_by_run(_file("config.json", rest).parent)
        elif kind == b"h":
            assert training_state._updates_made(_file("history.csv", rest)) > 0
        elif kind == b"f":
            _file("finetune.json", rest)
            model: Any = types.SimpleNamespace(output_shape=(None, 3))
            assert len(pretrained._classes(folder() / "model.keras", model)) == 3
        else:
            _pair(variable_map.read(_file("map.json", rest))[0])


def _pair(weight_map: Any) -> None:
    """Follow the recipes of a map."""
    from keras_models.pairing import Unmatched, by_map  # Keras is imported only where it is needed

    shapes = {"cell/kernel": (2, 8), "cell/recurrent_kernel": (2, 8), "cell/bias": (8,)}
    shapes |= {"hidden_layer/kernel": (3, 4), "hidden_layer/bias": (4,)}
    weights = [types.SimpleNamespace(path=path, shape=shapes[path]) for path in shapes]
    with contextlib.suppress(Unmatched):
        assert by_map.written(by_map.pair(weights, weight_map), weights)


def read_checkpoint(content: bytes) -> None:
    """A checkpoint's index or its data, beside the other that belongs to it; never other arrays.

    Or an index whose blocks' checksums are set right, so that what is in them is looked at; or a
    checkpoint of one file, also with its checksums set right.
    """
    from tests.promises.fuzz import table  # TensorFlow is imported only where it is needed
    from tf1_compat import checkpoint
    from tf1_compat.state import StateError

    sound, arrays = sound_checkpoint()
    kind, rest = content[:1], content[1:]
    if kind in (b"v", b"V"):
        file = _file("one.ckpt", table.with_checksums(rest) if kind == b"V" else rest)
        with contextlib.suppress(StateError):
            found = checkpoint.read(file)
            assert sum(one.nbytes for one in found.values()) <= bounds.most_bytes(len(rest))
        return
    ending = "data-00000-of-00001" if kind == b"d" else "index"
    _file(f"model.ckpt.{ending}", table.with_checksums(rest) if kind == b"I" else rest)
    try:
        with contextlib.suppress(StateError):
            found = checkpoint.read(folder() / "model.ckpt")
            assert kind == b"I" or {n: a.tobytes() for n, a in found.items()} == arrays
            with contextlib.suppress(StateError):
                checkpoint.to_state(found, checkpoint.layout(found))
    finally:
        _file(f"model.ckpt.{ending}", sound[ending])


@functools.cache
def sound_checkpoint() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files of a sound checkpoint, by ending, and what is in it."""
    from tf1_compat import checkpoint

    arrays = {
        "Variable": np.arange(6, dtype=np.float32).reshape(2, 3),
        "Variable_1": np.ones(3, np.float32),
        "global_step": np.asarray(7),
    }
    checkpoint.write(folder() / "model.ckpt", arrays)
    files = {
        ending: (folder() / f"model.ckpt.{ending}").read_bytes()
        for ending in ("index", "data-00000-of-00001")
    }
    return files, {name: array.tobytes() for name, array in arrays.items()}


def sound_checkpoint_of_one_file() -> bytes:
    """The same arrays, by TensorFlow."""
    import tensorflow as tf

    from tf1_compat import checkpoint

    sound_checkpoint()
    arrays = checkpoint.read(folder() / "model.ckpt")
    file = folder() / "one.ckpt"
    tf.raw_ops.Save(filename=str(file), tensor_names=[*arrays], data=[*arrays.values()])
    return file.read_bytes()


def read_index(content: bytes) -> None:
    """A checkpoint whose index has any fields: never more than its data, parts put together."""
    from tests.promises.fuzz import indexes
    from tf1_compat import checkpoint
    from tf1_compat.state import StateError

    index, data = indexes.make(content)
    file = _file("fields.ckpt.index", index).with_suffix("")
    _file("fields.ckpt.data-00000-of-00001", data)
    with contextlib.suppress(StateError):
        arrays = checkpoint.read(file).values()
        assert sum(array.nbytes for array in arrays if array.dtype != object) <= len(data)


def read_graph(content: bytes) -> None:
    """A frozen graph of any fields: never more than its size allows; nothing of it is run."""
    import tensorflow as tf

    from tests.promises.fuzz import graphs
    from tf1_compat import meta, network
    from tf1_compat.state import StateError

    file = _file("a.pb", graphs.make(content))
    with contextlib.suppress(StateError):
        total = sum(array.nbytes for array in meta.read_weights(file).values())
        assert total <= bounds.most_bytes(file.stat().st_size)
    with contextlib.suppress(StateError), tf.Graph().as_default() as graph:
        meta.import_definition(meta.read_frozen(file).definition, file)
        network.read_forward(graph, network.Inference())


def read_meta(content: bytes) -> None:
    """A `.meta` file of any fields, and the same as a SavedModel: nothing of it is run."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    from tests.promises.fuzz import metas
    from tf1_compat import meta
    from tf1_compat.state import StateError

    with contextlib.suppress(StateError), tf.Graph().as_default():
        assert "conv" in meta.load(_file("a.meta", metas.make(content)), conv="conv:0")
    saved = saved_model_pb2.SavedModel()
    saved.meta_graphs.add().MergeFromString(metas.make(content))
    _file("saved_model.pb", saved.SerializeToString())
    with contextlib.suppress(StateError):
        assert meta.read_saved_model(folder()).definition.graph_def.node


def read_keras(content: bytes) -> None:
    """A `.keras` file whose configuration has any fields: nothing of it is run."""
    import keras

    from tests.promises.fuzz import keras_files

    keras_files.listen()
    with contextlib.suppress(UserError):
        assert reading.load_keras(_file("a.keras", keras_files.make(content))).compiled
    keras_files.assert_nothing_ran()
    keras.backend.clear_session(free_memory=False)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "idx": read_idx,
    "npz": read_npz,
    "containers": read_container,
    "images": read_image,
    "config": read_config,
    "checkpoint": read_checkpoint,
    "index": read_index,
    "graph": read_graph,
    "meta": read_meta,
    "keras": read_keras,
}
