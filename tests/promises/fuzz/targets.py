"""What is fuzzed: each reader of files, given any bytes; only a refusal may be raised.

`TARGETS[name](content)` writes `content` to a file and reads it as a command would. `seeds(name)`
gives sound files to start from. The first byte of `content` says what is done with the rest.
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

from training.data import digits, idx, images, npz
from training.errors import UserError
from training.lanes import history
from training.machine import files
from training.model_files import pretrained, training_state, variable_map

MEGABYTES = {"idx": 900, "npz": 900, "images": 2000, "config": 900, "checkpoint": 1000}
MEGABYTES |= {"index": 1000, "graph": 1200, "keras": 1400}
"""Resident memory that a target may reach: the libraries and the fuzzer's own, a file of at most
LARGEST bytes times 1032 (deflate's best ratio), and an image's 50 million pixels."""
LARGEST = 4096
"""Bytes of an input."""


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def clean() -> None:
    """Remove the folder."""
    shutil.rmtree(_folder(), ignore_errors=True)


def _file(name: str, content: bytes) -> Path:
    file = _folder() / name
    file.write_bytes(content)
    return file


def read_idx(content: bytes) -> None:
    """A raw file; a gzip file; a file that is gzipped here, so that its CRC fits."""
    kind, rest = content[:1], content[1:]
    gz = kind in b"gG"
    file = _file("a.gz" if gz else "a", gzip.compress(rest, 1) if kind == b"G" else rest)
    with contextlib.suppress(UserError):
        array = idx.read(file, 3)
        assert array.dtype == np.uint8
        assert array.nbytes <= len(rest) * (npz.LARGEST_RATIO if gz else 1)


def read_npz(content: bytes) -> None:
    """An archive; or one array of it, in an archive whose CRC fits."""
    kind, rest = content[:1], content[1:]
    if kind == b"a":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr("x.npy", rest)
        rest = archive.getvalue()
    with contextlib.suppress(UserError):
        (array,) = npz.read(_file("a.npz", rest), [["x"]])
        assert array.nbytes <= len(rest) * npz.LARGEST_RATIO
        with contextlib.suppress(UserError):
            digits._check("x", array, array)


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
            assert len(pretrained._classes(_folder() / "model.keras", model)) == 3
        else:
            assert variable_map.read(_file("map.json", rest))


def read_checkpoint(content: bytes) -> None:
    """A checkpoint's index or its data, beside the other that belongs to it; never other arrays.

    Or an index whose blocks' checksums are set right, so that what is in them is looked at.
    """
    from tests.promises.fuzz import table  # TensorFlow is imported only where it is needed
    from tf1_compat import checkpoint
    from tf1_compat.state import StateError

    sound, arrays = _checkpoint()
    kind, rest = content[:1], content[1:]
    ending = "data-00000-of-00001" if kind == b"d" else "index"
    _file(f"model.ckpt.{ending}", table.with_checksums(rest) if kind == b"I" else rest)
    try:
        with contextlib.suppress(StateError):
            found = checkpoint.read(_folder() / "model.ckpt")
            assert kind == b"I" or {n: a.tobytes() for n, a in found.items()} == arrays
            with contextlib.suppress(StateError):
                checkpoint.to_state(found, checkpoint.layout(found))
    finally:
        _file(f"model.ckpt.{ending}", sound[ending])


@functools.cache
def _checkpoint() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files of a sound checkpoint, by ending, and what is in it."""
    from tf1_compat import checkpoint

    arrays = {
        "Variable": np.arange(6, dtype=np.float32).reshape(2, 3),
        "Variable_1": np.ones(3, np.float32),
        "global_step": np.asarray(7),
    }
    checkpoint.write(_folder() / "model.ckpt", arrays)
    files = {
        ending: (_folder() / f"model.ckpt.{ending}").read_bytes()
        for ending in ("index", "data-00000-of-00001")
    }
    return files, {name: array.tobytes() for name, array in arrays.items()}


def read_index(content: bytes) -> None:
    """A checkpoint whose index has any fields: never more than its data, parts put together."""
    from tests.promises.fuzz import indexes
    from tf1_compat import checkpoint
    from tf1_compat.state import StateError

    index, data = indexes.make(content)
    _file("fields.ckpt.index", index)
    _file("fields.ckpt.data-00000-of-00001", data)
    with contextlib.suppress(StateError):
        found = checkpoint.read(_folder() / "fields.ckpt")
        numbers = [array for array in found.values() if array.dtype != object]
        assert sum(array.nbytes for array in numbers) <= len(data)


def read_graph(content: bytes) -> None:
    """A frozen graph of any fields: never more than its size allows."""
    from tests.promises.fuzz import graphs
    from tf1_compat import bounds, frozen
    from tf1_compat.state import StateError

    graph = graphs.make(content)
    with contextlib.suppress(StateError):
        weights = frozen.read(_file("a.pb", graph)).weights
        assert sum(array.nbytes for array in weights.values()) <= bounds.most_bytes(len(graph))


def read_keras(content: bytes) -> None:
    """A `.keras` file whose configuration has any fields: nothing of it is run."""
    import keras

    from tests.promises.fuzz import keras_files
    from training.model_files import reading

    file = _file("a.keras", keras_files.make(content))
    keras_files.listen()
    with contextlib.suppress(UserError):
        assert reading.load_keras(file).compiled
    keras_files.assert_nothing_ran()
    keras.backend.clear_session(free_memory=False)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "idx": read_idx,
    "npz": read_npz,
    "images": read_image,
    "config": read_config,
    "checkpoint": read_checkpoint,
    "index": read_index,
    "graph": read_graph,
    "keras": read_keras,
}


def seeds(name: str) -> list[bytes]:
    """Return sound inputs of a target, made here; no bytes at all choose a sound file's fields."""
    makers = {
        "idx": _idx_seeds,
        "npz": _npz_seeds,
        "images": _image_seeds,
        "config": _config_seeds,
        "checkpoint": _checkpoint_seeds,
    }
    return makers[name]() if name in makers else [bytes(64)]


def _idx_seeds() -> list[bytes]:
    sound = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + bytes(range(24))
    huge = bytes([0, 0, 8, 3]) + b"\xff" * 12
    return [b"r" + sound, b"g" + gzip.compress(sound), b"G" + sound, b"r" + huge, b"G" + huge]


def _npz_seeds() -> list[bytes]:
    array, found = np.arange(24, dtype=np.uint8).reshape(2, 12), []
    for save in (np.savez, np.savez_compressed):
        archive = io.BytesIO()
        save(archive, x=array)
        found.append(b"z" + archive.getvalue())
    member = io.BytesIO()
    np.save(member, array)
    return [*found, b"a" + member.getvalue()]


def _image_seeds() -> list[bytes]:
    from PIL import Image

    page = Image.new("L", (12, 10), 230)
    page.paste(20, (4, 3, 6, 8))
    found = []
    for kind in images.FORMATS:
        for mode in ("L", "RGB"):
            file = io.BytesIO()
            page.convert(mode).save(file, kind)
            found.append(b"i" + file.getvalue())
    exif = Image.Exif()
    exif[0x0112] = 6
    for mode in ("L", "RGBA", "P", "LA", "I;16"):
        file = io.BytesIO()
        page.convert("I;16" if mode == "I;16" else mode).save(file, "PNG", exif=exif)
        found.append(b"c" + file.getvalue())
    for mode in ("F", "CMYK", "I;16"):
        file = io.BytesIO()
        page.convert(mode).save(file, "TIFF")
        found.append(b"i" + file.getvalue())
    return [one for one in found if len(one) <= LARGEST]


def _config_seeds() -> list[bytes]:
    folder = _folder()
    files.write_json(
        folder / "config.json",
        {
            **{"cost": "mse", "optimizer": "adam", "learning_rate": 0.01},
            **{"l1": 0.0, "l2": 1e-3, "dropout": 0.0, "hidden": [128], "out": None},
        },
    )
    losses = {"tf1": np.array([1.5, 0.25], np.float32)}
    history.write_csv(history.History(losses, {"tf1": 0.1}), folder / "history.csv")
    return [
        b"c" + (folder / "config.json").read_bytes(),
        b"h" + (folder / "history.csv").read_bytes(),
        b'f{"classes": [0, 1, 2], "rows": {"train": 5}}',
        b'm{"W1": "hidden_layer/kernel", "b1": "hidden_layer/bias"}',
    ]


def _checkpoint_seeds() -> list[bytes]:
    files, _ = _checkpoint()
    return [b"i" + files["index"], b"I" + files["index"], b"d" + files["data-00000-of-00001"]]
