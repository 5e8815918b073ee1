"""The containers in which people keep digits: pixels and labels are read as they are."""

import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from PIL import Image
from pyarrow import parquet
from scipy.io import savemat

from tests.conftest import run, write_idx
from tests.promises.faults.test_damaged_files import hold
from training import data
from training.data import Digits, gallery
from training.errors import UserError

ROWS = 40
"""Of random pixels, four of each class: formats count here, not digits."""
X = np.random.default_rng(0).integers(0, 256, (2 * ROWS, 28, 28), np.uint8)
Y = np.arange(2 * ROWS, dtype=np.uint8) // 4 % 10
TRAIN, TEST = slice(ROWS), slice(ROWS, 2 * ROWS)

Maker = Callable[[Path], str]
"""Writes a container into a folder; returns what `--data` is to be."""


def table(pixels: np.ndarray, labels: np.ndarray, last: bool = False) -> list[str]:
    lines = []
    for image, label in zip(pixels, labels, strict=True):
        cells = [*map(str, image.ravel())]
        lines.append(",".join([*cells, str(label)] if last else [str(label), *cells]))
    return lines


HEADER = ",".join(["label", *(f"pixel{number}" for number in range(784))])


def csv(lines: Sequence[str], name: str = "train.csv") -> Maker:
    def make(folder: Path) -> str:
        content = ("\n".join(lines) + "\n").encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return f"csv:{folder / name}"

    return make


def csv_of_each(folder: Path) -> str:
    for split, rows in (("train", TRAIN), ("test", TEST)):
        csv([HEADER, *table(X[rows], Y[rows])], f"fashion-mnist_{split}.csv")(folder)
    return f"csv:{folder}"


def npz(**arrays: np.ndarray) -> Maker:
    def make(folder: Path) -> str:
        np.savez(folder / "a.npz", **arrays)  # type: ignore[arg-type]
        return f"npz:{folder / 'a.npz'}"

    return make


def kaggle_idx(folder: Path) -> str:
    """Each file in a folder of its name."""
    idx()(folder)
    for file in [*folder.iterdir()]:
        file.rename(folder / "tmp")
        file.mkdir()
        (folder / "tmp").rename(file / file.name)
    return f"idx:{folder}"


def four(names: str, change: Callable[[np.ndarray], np.ndarray] = lambda x: x) -> Maker:
    arrays = (change(X[TRAIN]), Y[TRAIN], change(X[TEST]), Y[TEST])
    return npz(**dict(zip(names.split(), arrays, strict=True)))


def npy(folder: Path) -> str:
    np.save(folder / "X.npy", X)
    np.save(folder / "y.npy", Y)
    return f"npy:{folder}"


def idx(inside: str = "", gz: bool = False, named: str = "", given: str = "") -> Maker:
    def make(folder: Path) -> str:
        own = folder / inside
        arrays = [X[TRAIN], Y[TRAIN], X[TEST], Y[TEST]]
        if named:  # EMNIST's are stored transposed
            arrays[::2] = [pixels.transpose(0, 2, 1).copy() for pixels in arrays[::2]]
        write_idx(own, arrays, gz)
        for file in [*own.glob("t*-ubyte*")] if named else ():
            file.rename(own / f"{named}-{file.name.replace('t10k', 'test')}")
        return f"idx:{folder / given}"

    return make


def pictures(folder: Path, suffix: str, split: bool = False) -> None:
    for row, (image, label) in enumerate(zip(X, Y, strict=True)):
        own = folder / ("train" if row < ROWS else "test") if split else folder
        own = own / str(label)
        own.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(own / f"{row:03}.{suffix}")


def folders(suffix: str, split: bool = False) -> Maker:
    def make(folder: Path) -> str:
        pictures(folder, suffix, split)
        return f"images:{folder}"

    return make


def archive(folder: Path) -> str:
    pictures(folder / "mine", "png", split=True)
    shutil.make_archive(str(folder / "mine"), "zip", folder, "mine")
    return f"images:{folder / 'mine.zip'}"


def mat_columns(folder: Path) -> str:
    """As mnist-original.mat."""
    savemat(folder / "a.mat", {"data": X.reshape(-1, 784).T, "label": Y[None].astype(float)})
    return f"mat:{folder / 'a.mat'}"


def mat_emnist(folder: Path) -> str:
    columns = X.transpose(0, 2, 1).reshape(-1, 784)
    parts = {
        part: {"images": columns[rows], "labels": Y[rows, None]}
        for part, rows in (("train", TRAIN), ("test", TEST))
    }
    savemat(folder / "a.mat", {"dataset": parts}, do_compression=True)
    return f"mat:{folder / 'a.mat'}"


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def hugging_face(folder: Path) -> str:
    for split, rows in (("train", TRAIN), ("test", TEST)):
        image = [{"bytes": png(one), "path": None} for one in X[rows]]
        columns = pyarrow.table({"image": image, "label": Y[rows].astype(np.int64)})
        parquet.write_table(columns, folder / f"{split}-00000-of-00001.parquet")
    return f"parquet:{folder}"


def arff(folder: Path) -> str:
    """As OpenML's mnist_784."""
    names = [f"@ATTRIBUTE pixel{number} REAL" for number in range(784)]
    head = ["% a comment", "@RELATION mnist", *names, "@ATTRIBUTE class {0,1,2,3,4}", "@DATA"]
    rows = [f"{line[:-1]}'{line[-1]}'" for line in table(X, Y, last=True)]
    (folder / "a.arff").write_text("\n".join([*head, *rows]))
    return f"arff:{folder / 'a.arff'}"


def empty(name: str) -> Maker:
    def make(folder: Path) -> str:
        (folder / name).touch()
        return str(folder / name)

    return make


SPLIT: dict[str, Maker] = {
    "csv of train and test": csv_of_each,
    "npz of Keras": four("x_train y_train x_test y_test"),
    "npz of MedMNIST": four("train_images train_labels test_images test_labels"),
    "npz of floats 0 to 1": four("x_train y_train x_test y_test", lambda x: x / 255),
    "npz of float32 0 to 1": four("X_train Y_train X_test Y_test", lambda x: x / np.float32(255)),
    "idx": idx(),
    "idx gzipped": idx(gz=True),
    "idx of Kaggle": kaggle_idx,
    "idx of torchvision": idx("MNIST/raw"),
    "idx of EMNIST": idx(gz=True, named="emnist-digits"),
    "idx named among others": idx("", True, "emnist-digits", "emnist-digits"),
    "class folders, train and test": folders("png", split=True),
    "zip of class folders": archive,
    "mat of EMNIST": mat_emnist,
    "parquet of Hugging Face": hugging_face,
}
"""Containers that say which rows test."""

WHOLE: dict[str, Maker] = {
    "csv of Kaggle": csv([HEADER, *table(X, Y)]),
    "csv without header": csv(table(X, Y)),
    "csv, label last": csv(table(X, Y, last=True)),
    "csv numbered by pandas": csv(
        ["," + HEADER, *(f"{row},{line}" for row, line in enumerate(table(X, Y)))]
    ),
    "csv gzipped": csv(table(X, Y), "mnist.csv.gz"),
    "csv of semicolons": csv([line.replace(",", ";") for line in table(X, Y)]),
    "npz of OpenML": npz(data=X.reshape(-1, 784).astype("f8"), target=Y.astype("U1")),
    "npz, channel axis, one-hot": npz(X=X[..., None], y=np.eye(10)[Y]),
    "npz without names": npz(arr_0=X, arr_1=Y),
    "npy": npy,
    "class folders": folders("png"),
    "mat of columns": mat_columns,
    "arff of OpenML": arff,
}
"""Containers that do not."""

REFUSED: dict[str, tuple[Maker, str]] = {
    "pickle": (empty("mnist.pkl.gz"), "runs code"),
    "torch": (empty("training.pt"), r"runs code.*idx:ROOT"),
    "hdf5": (empty("usps.h5"), "npz:digits.npz"),
    "zip": (empty("archive.zip"), "unpack it"),
}
"""Containers that are named, with what to do."""


@pytest.mark.parametrize("kind", [*SPLIT, *WHOLE])
def test_container_is_read_with_equal_pixels_and_labels(kind: str, tmp_path: Path) -> None:
    if kind in SPLIT:
        digits, tests = data.load(SPLIT[kind](tmp_path)), np.arange(2 * ROWS) >= ROWS
    else:  # every fifth of each class tests
        digits, tests = data.load(WHOLE[kind](tmp_path)), np.zeros(2 * ROWS, bool)
        for label in range(10):
            tests[np.flatnonzero(label == Y)[4::5]] = True
    for split, rows in ((digits.train, ~tests), (digits.test, tests)):
        order = np.argsort(Y[rows], kind="stable") if "folders" in kind else slice(None)
        assert (split.labels == Y[rows][order]).all()
        assert (np.rint(split.x * 255) == X[rows][order].reshape(-1, 784)).all()


@pytest.mark.parametrize("kind", REFUSED)
def test_container_that_is_not_read_is_named_with_what_to_do(kind: str, tmp_path: Path) -> None:
    make, said = REFUSED[kind]
    path = make(tmp_path)
    for name in (path, f"npz:{path}"):
        with pytest.raises(UserError, match=said) as refused:
            data.load(name)
        assert name in str(refused.value)
        assert len(str(refused.value).splitlines()) <= 3


def test_a_file_without_its_kind_is_told_it() -> None:
    with pytest.raises(UserError, match=r"expected csv:a/train\.csv\."):
        data.load("a/train.csv")


def test_a_folder_without_its_kind_is_told_it(tmp_path: Path) -> None:
    for held, kind in (
        ("train-images-idx3-ubyte.gz", "idx"),
        ("train.csv", "csv"),
        ("7", "images"),
    ):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / held).touch()
        with pytest.raises(UserError, match=f"expected {kind}:"):
            data.load(str(folder))


def test_pixels_without_labels_are_sent_to_predict(tmp_path: Path) -> None:
    """Kaggle's test.csv, which `predict` answers row by row."""
    lines = [line.partition(",")[2] for line in [HEADER, *table(X[:3], Y[:3])]]
    name = csv(lines, "test.csv")(tmp_path)
    with pytest.raises(UserError, match=r"no labels.*\n.*tf1keras predict"):
        data.load(name)
    digits, refused = gallery.read(gallery.found(tmp_path / "test.csv"))
    assert not refused
    assert [(one.number, one.of) for one in digits] == [(1, 3), (2, 3), (3, 3)]
    assert (np.stack([one.pixels for one in digits]) == X[:3]).all()


def test_pictures_as_jpeg_are_read_as_they_look(tmp_path: Path) -> None:
    digits = data.load(folders("jpg")(tmp_path))
    first = np.asarray(Image.open(tmp_path / "0" / "000.jpg"))
    assert (np.rint(digits.train.x[0] * 255) == first.ravel()).all()


def test_where_nothing_says_which_rows_test_each_class_has_some(tmp_path: Path) -> None:
    """Of four in an order that repeats, the last; of six, the fifth; of one, none."""
    labels = np.array([*range(10)] * 4 + [3, 3])
    name = npz(x=X[:42], y=labels)(tmp_path)
    assert data.load(name).test.labels.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 3]
    name = npz(x=X[:5], y=np.array([1, 1, 2, 2, 3]))(tmp_path)
    digits = data.load(name)
    assert digits.train.labels.tolist() == [1, 2, 3]
    assert digits.test.labels.tolist() == [1, 2]


def of_two_sizes(folder: Path, digits: Digits) -> str:
    """Dark on bright, 56 x 70: five of each class."""
    for label in range(10):
        own = folder / "mine" / str(label)
        own.mkdir(parents=True)
        for number, row in enumerate(np.flatnonzero(digits.test.labels == label)[:5]):
            image = Image.fromarray(
                255 - np.rint(digits.test.x[row] * 255).astype("u1").reshape(28, 28)
            )
            page = Image.new("L", (56, 70), 255)
            page.paste(image.resize((40, 40)), (8, 15))
            (page if number else image).save(own / f"{number}.png")
    return f"images:{folder / 'mine'}"


def test_other_sizes_are_fitted_only_when_asked(
    digits: Digits,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    name = of_two_sizes(tmp_path, digits)
    assert run("data", name) == 2
    said = capsys.readouterr().err
    assert "1.png: 56 x 70 pixels; expected 28 x 28." in said
    assert "--fit --to npz:FILE" in said
    assert run("data", name, "--fit", "--to", "npz:mine.npz") == 0
    assert "40 train and 10 test rows" in capsys.readouterr().out
    fitted, written = data.load(name, fit=True), data.load("npz:mine.npz")
    assert fitted.sha256 == written.sha256
    overlap = fitted.train.x @ digits.test.x.T / np.linalg.norm(digits.test.x, axis=1)
    assert (digits.test.labels[overlap.argmax(axis=1)] == fitted.train.labels).mean() > 0.9


def test_arrays_of_another_size_are_fitted_one_digit_each(digits: Digits, tmp_path: Path) -> None:
    """scikit-learn's own, 8 x 8 with ink from 0 to 16."""
    from sklearn.datasets import load_digits

    theirs = load_digits()
    name = npz(X=theirs.data[:300], y=theirs.target[:300])(tmp_path)
    with pytest.raises(UserError, match=r"found \(300, 64\)\.\n--fit brings them"):
        data.load(name)
    fitted = data.load(name, fit=True)
    overlap = fitted.train.x @ digits.train.x.T / np.linalg.norm(digits.train.x, axis=1)
    assert (digits.train.labels[overlap.argmax(axis=1)] == fitted.train.labels).mean() > 0.7


def test_every_picture_that_cannot_be_taken_is_named(digits: Digits, tmp_path: Path) -> None:
    name = of_two_sizes(tmp_path, digits)
    for label in range(3):
        (tmp_path / "mine" / str(label) / "2.png").write_text("no picture")
    with pytest.raises(UserError, match=r"3 of 50 .* cannot be taken: 0/2\.png") as refused:
        data.load(name, fit=True)
    assert str(refused.value).splitlines()[2] == "Also 1/2.png, 2/2.png"


def test_what_is_converted_is_the_same_data(tmp_path: Path, digits: Digits) -> None:
    file = tmp_path / "a.npz"
    assert run("data", "mnist_5k[3,7]", "--to", f"npz:{file}", "--out", tmp_path / "run") == 0
    assert data.load(f"npz:{file}[3,7]").sha256 == data.load("mnist_5k[3,7]").sha256
    assert run("data", "mnist_5k", "--to", f"npz:{file}", "--out", tmp_path / "other") == 2
    assert not (tmp_path / "other").exists()


def damaged_zip(folder: Path) -> str:
    name = archive(folder)
    path = folder / "mine.zip"
    content = bytearray(path.read_bytes())
    content[2000] ^= 255
    path.write_bytes(content)
    return name


def zip_bomb(folder: Path) -> str:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("7/a.png", bytes(70_000_000))
    return f"images:{folder / 'a.zip'}"


def gzip_bomb(folder: Path) -> str:
    (folder / "a.csv.gz").write_bytes(gzip.compress(bytes(70_000_000), 1))
    return f"csv:{folder / 'a.csv.gz'}"


def mat_bomb(folder: Path) -> str:
    savemat(folder / "a.mat", {"x": np.zeros(70_000_000, np.uint8), "y": Y}, do_compression=True)
    return f"mat:{folder / 'a.mat'}"


def parquet_bomb(folder: Path) -> str:
    columns = pyarrow.table({"image": [bytes(70_000)] * 1000, "label": [1] * 1000})
    parquet.write_table(columns, folder / "a.parquet", compression="zstd")
    return f"parquet:{folder / 'a.parquet'}"


def cut(make: Maker, file: str) -> Maker:
    def made(folder: Path) -> str:
        name = make(folder)
        (folder / file).write_bytes((folder / file).read_bytes()[:-600])
        return name

    return made


def unnamed_class(folder: Path) -> str:
    name = folders("png")(folder)
    (folder / "7").rename(folder / "lucky")
    return name


def bright(folder: Path) -> str:
    (folder / "7").mkdir()
    Image.new("L", (28, 28), 250).save(folder / "7" / "a.png")
    return f"images:{folder}"


def two_sets(folder: Path) -> str:
    idx(named="emnist-digits")(folder / "a" / "raw")
    idx(named="emnist-mnist")(folder / "a" / "raw")
    return f"idx:{folder}"


UNUSABLE: dict[str, tuple[Maker, str]] = {
    "zip, damaged": (damaged_zip, "cannot be read"),
    "zip that unfolds": (zip_bomb, "promises"),
    "gzip that unfolds": (gzip_bomb, "unfolds to more"),
    "mat that unfolds": (mat_bomb, "unfolds to more"),
    "parquet that unfolds": (parquet_bomb, "promises|unfolds"),
    "mat, cut off": (cut(mat_columns, "a.mat"), "cannot be read as a .mat"),
    "parquet, cut off": (cut(hugging_face, "train-00000-of-00001.parquet"), "cannot be read"),
    "csv, cut off": (cut(WHOLE["csv of Kaggle"], "train.csv"), "not a table of numbers"),
    "csv of words": (csv(["label,pixel0", "seven,0"]), "not a table of numbers"),
    "csv of nothing": (csv([]), "not a table of numbers"),
    "csv without labels": (
        csv([",".join(["0", "12"] * 392)] * 20),
        "784 columns, and so no labels",
    ),
    "folder that is no class": (unnamed_class, "lucky/.*in no folder named after a class"),
    "dark on bright": (bright, "dark ink on bright paper"),
    "two data sets": (two_sets, r"2 data sets.*\n.*emnist-digits, idx:.*emnist-mnist"),
    "no digit to test": (npz(x=X[:40:4], y=Y[:40:4]), "nothing says which test"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_unusable_container_is_refused(kind: str, tmp_path: Path) -> None:
    make, said = UNUSABLE[kind]
    with pytest.raises(UserError, match=said) as refused:
        data.load(make(tmp_path))
    assert str(tmp_path) in str(refused.value)
    assert len(str(refused.value).splitlines()) <= 3


@pytest.mark.parametrize(
    "kind", ["csv of Kaggle", "arff of OpenML", "npy", "mat of columns", "parquet of Hugging Face"]
)
def test_damaged_container_is_refused_or_read(kind: str, tmp_path: Path) -> None:
    """None has a checksum of all that is in it, and text may end after any line."""
    name = (SPLIT | WHOLE)[kind](tmp_path)
    file = sorted(tmp_path.iterdir())[0]
    hold(file, lambda: data.load(name).sha256, name, checksummed=False, cuts_seen=False)
