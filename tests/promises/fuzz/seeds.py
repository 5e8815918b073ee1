"""Sound files for a fuzzer to start from, made here."""

import gzip
import io
import zipfile

import numpy as np

from tests.promises.fuzz import targets
from training.data import decoding
from training.lanes import history
from training.machine import files


def of(name: str) -> list[bytes]:
    """Return sound inputs of a target; no bytes at all choose a sound file's fields."""
    makers = {
        "idx": _idx,
        "npz": _npz,
        "images": _images,
        "containers": _containers,
        "config": _config,
        "checkpoint": _checkpoint,
    }
    return makers[name]() if name in makers else [bytes(64)]


def _idx() -> list[bytes]:
    sound = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + bytes(range(24))
    huge = bytes([0, 0, 8, 3]) + b"\xff" * 12
    return [b"r" + sound, b"g" + gzip.compress(sound), b"G" + sound, b"r" + huge, b"G" + huge]


def _npz() -> list[bytes]:
    array, found = np.arange(24, dtype=np.uint8).reshape(2, 12), []
    for save in (np.savez, np.savez_compressed):
        archive = io.BytesIO()
        save(archive, x=array)
        found.append(b"z" + archive.getvalue())
    member = io.BytesIO()
    np.save(member, array)
    return [*found, b"a" + member.getvalue()]


def _containers() -> list[bytes]:
    """Two digits of 8 x 8 in each, both of one class, so that one tests."""
    import pyarrow
    from PIL import Image
    from pyarrow import parquet
    from scipy.io import savemat

    digits = np.zeros((2, 8, 8), np.uint8)
    digits[:, 2:6, 3:5] = 200
    pictures, lines = [], ["7," + ",".join(map(str, one.ravel())) for one in digits]
    for digit in digits:
        file = io.BytesIO()
        Image.fromarray(digit).save(file, "PNG")
        pictures.append(file.getvalue())
    head = "".join(f"@ATTRIBUTE {name} REAL\n" for name in ("label", *map(str, range(64))))
    text = "\n".join(lines)
    found = [b"clabel" + b",p" * 64 + b"\n" + text.encode(), f"a{head}@DATA\n{text}".encode()]
    for packed in (False, True):
        file = io.BytesIO()
        savemat(file, {"x": digits.reshape(2, 64), "y": [7, 7]}, do_compression=packed)
        found.append(b"m" + file.getvalue())
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"image": pictures, "label": [7, 7]}), file)
    found.append(b"p" + file.getvalue())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, picture in enumerate(pictures):
            archive.writestr(f"7/{number}.png", picture)
    return [*found, b"i" + file.getvalue()]


def _images() -> list[bytes]:
    from PIL import Image

    page = Image.new("L", (12, 10), 230)
    page.paste(20, (4, 3, 6, 8))
    found = []
    for kind in decoding.FORMATS:
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
    return [one for one in found if len(one) <= targets.LARGEST]


def _config() -> list[bytes]:
    folder = targets.folder()
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
        b'm{"k": {"lstm": ["cell/kernel", "cell/recurrent_kernel"], "gates": "ifco"}, '
        b'"b": {"reshape": {"lstm": "cell/bias", "forget_bias": 0.5}, "shape": [1, 8]}}',
    ]


def _checkpoint() -> list[bytes]:
    files, _ = targets.sound_checkpoint()
    one = targets.sound_checkpoint_of_one_file()
    found = [b"i" + files["index"], b"I" + files["index"], b"d" + files["data-00000-of-00001"]]
    return [*found, b"v" + one, b"V" + one]
