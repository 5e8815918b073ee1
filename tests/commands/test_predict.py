"""Pictures become what MNIST would have made of them; Keras and TensorFlow 1 answer the same."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, run
from training import data
from training.data import Digits, images
from training.data.embedded import read
from training.errors import UserError


def pixels(digits: Digits, row: int) -> np.ndarray:
    return np.rint(digits.test.x[row] * 255).astype(np.uint8).reshape(28, 28)


def test_a_digit_of_mnist_is_in_mnists_form(digits: Digits, tmp_path: Path) -> None:
    """A file of it stays as it is, and what is in the form is put where MNIST has it."""
    for row in range(0, 1000, 20):
        original = pixels(digits, row)
        path = tmp_path / f"{row}.png"
        Image.fromarray(original).save(path)
        if original.max() == 255:
            assert np.array_equal(images.read(path), original)
        again = images.mnist_form(original)
        assert np.corrcoef(again.ravel(), original.ravel())[0, 1] > 0.97


def test_form_is_a_box_of_20_centred_by_mass() -> None:
    ink = np.zeros((90, 200))
    ink[10:70, 150:190] = 3  # 60 high, 40 wide
    ink[10:20, 100:190] = 3  # and an arm to the left
    formed = images.mnist_form(ink)
    assert formed.dtype == np.uint8
    assert formed.max() == 255
    rows, columns = (np.flatnonzero((formed > 25).any(axis=axis)) for axis in (1, 0))
    assert len(columns) == 20  # 90 wide: the longer side fills the box
    assert abs(len(rows) - 20 * 60 / 90) <= 1
    mass = formed / formed.sum()
    centre = [(mass.sum(axis=axis) * np.arange(28)).sum() for axis in (1, 0)]
    assert np.abs(np.array(centre) - 14).max() <= 0.5


@pytest.mark.parametrize("kind", ["png", "jpg", "alpha", "exif", "bright"])
def test_big_off_centre_pictures_are_read_alike(digits: Digits, tmp_path: Path, kind: str) -> None:
    original = pixels(digits, 720)  # a seven
    large = Image.fromarray(original).resize((196, 196), Image.Resampling.BICUBIC)
    page = Image.new("L", (500, 400), 0)
    page.paste(large, (30, 150))
    path = tmp_path / f"page.{'jpg' if kind in ('jpg', 'exif') else 'png'}"
    if kind == "alpha":
        black = Image.new("RGBA", page.size, (0, 0, 0, 0))
        black.putalpha(page)
        black.save(path)
    elif kind == "bright":
        page.save(path)  # bright on dark
    else:
        paper = Image.fromarray(230 - (np.asarray(page) * 0.8).astype(np.uint8))
        orientation = Image.Exif()
        if kind == "exif":  # stored lying on its side, to be shown upright
            paper = paper.transpose(Image.Transpose.ROTATE_90)
            orientation[0x0112] = 6
        paper.save(path, exif=orientation) if path.suffix == ".jpg" else paper.save(path)
    assert np.corrcoef(images.read(path).ravel(), original.ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    "name",
    ["deep.png", "deep.tif", "float.tif", "cmyk.jpg", "palette.png", "moving.gif", "one.png"],
)
def test_every_kind_of_picture_is_read_alike(digits: Digits, tmp_path: Path, name: str) -> None:
    """16 bits, floating point, four inks, a palette, a bit; of several pictures the first."""
    original = pixels(digits, 720)
    large = Image.fromarray(original).resize((196, 196), Image.Resampling.BICUBIC)
    page = Image.new("L", (300, 260), 0)
    page.paste(large, (30, 40))
    deep = np.asarray(page).astype(np.uint16) * 257
    kinds: dict[str, Any] = {
        "deep": lambda: Image.fromarray(deep),
        "float": lambda: Image.fromarray(deep.astype(np.float32) / 65535),
        "cmyk": lambda: page.convert("CMYK"),
        "palette": lambda: page.convert("RGB").quantize(64),
        "moving": lambda: page,
        "one": lambda: page.convert("1", dither=Image.Dither.NONE),
    }
    later = {"save_all": True, "append_images": [Image.new("L", page.size, 99)]}
    path = tmp_path / name
    kinds[path.stem]().save(path, **later if path.suffix == ".gif" else {})
    assert np.corrcoef(images.read(path).ravel(), original.ravel())[0, 1] > 0.85


def test_what_is_no_picture_of_a_digit_is_refused(tmp_path: Path) -> None:
    Image.new("L", (40, 40), 255).save(tmp_path / "blank.png")
    (tmp_path / "text.png").write_text("seven")
    (tmp_path / "cut.png").write_bytes((ROOT / "examples" / "seven.png").read_bytes()[:900])
    for name, said in (("blank", "no ink"), ("text", "not an image"), ("cut", "not an image")):
        with pytest.raises(UserError, match=said):
            images.read(tmp_path / f"{name}.png")
    with pytest.raises(UserError, match="no such file"):
        images.read(tmp_path / "missing.png")


def test_digits_of_other_writers_look_like_mnist(digits: Digits) -> None:
    """Ink and strokes as in MNIST; the nearest digit of MNIST is mostly of the same class."""
    other = data.load("digits")
    assert (len(other.train.x), len(other.test.x)) == (899, 898)
    assert other.train.x.mean() == pytest.approx(digits.train.x.mean(), rel=0.2)
    some = other.test.x[::5]
    overlap = some @ digits.train.x.T / np.linalg.norm(digits.train.x, axis=1)
    nearest = digits.train.labels[overlap.argmax(axis=1)]
    assert (nearest == other.test.labels[::5]).mean() > 0.75
    assert [array.shape for array in read("digits")] == [(899, 784), (899,), (898, 784), (898,)]


@pytest.mark.parametrize(
    ("name", "classes"), [("[0-4]", range(5)), ("[1,3,5-7]", [1, 3, 5, 6, 7]), ("[8-9]", [8, 9])]
)
def test_a_subset_has_the_rows_of_its_classes(digits: Digits, name: str, classes: Any) -> None:
    part = data.load(f"mnist_5k{name}")
    assert part.classes == tuple(classes)
    chosen = np.isin(digits.train.labels, part.classes)
    assert part.train.x.tobytes() == digits.train.x[chosen].tobytes()
    assert part.train.y.shape == (chosen.sum(), len(part.classes))
    named = np.array(part.classes)[part.train.labels]
    assert np.array_equal(named, digits.train.labels[chosen])
    assert part.sha256 != digits.sha256


def test_a_path_may_have_brackets_in_it(digits: Digits, tmp_path: Path) -> None:
    arrays = {
        f"{what}_{split}": array
        for split, of in (("train", digits.train), ("test", digits.test))
        for what, array in (("x", np.rint(of.x * 255).astype(np.uint8)), ("y", of.labels))
    }
    np.savez(tmp_path / "mine[1].npz", **arrays)
    whole = data.load(f"npz:{tmp_path / 'mine[1].npz'}")
    assert whole.sha256 == digits.sha256
    part = data.load(f"npz:{tmp_path / 'mine[1].npz'}[0-4]")
    assert part.sha256 == data.load("mnist_5k[0-4]").sha256


@pytest.mark.parametrize("inside", ["[]", "[3]", "[4-0]", "[a]", "[11]", "[1,1]", "[2,1]", "[0-4"])
def test_brackets_that_name_no_subset_are_refused(inside: str) -> None:
    with pytest.raises(UserError, match="rising order"):
        data.load(f"mnist_5k{inside}")


def test_both_sides_predict_the_same_bits(article: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out.csv"
    assert run("predict", article, ROOT / "examples", "--out", out) == 0
    shown = capsys.readouterr().out
    assert "seven.png" in shown
    assert "The logits of keras are those of tf1 bit for bit." in shown
    with out.open(newline="") as file:
        tf1, keras = csv.DictReader(file)
    assert (tf1.pop("model"), keras.pop("model")) == ("tf1", "keras")
    assert tf1 == keras
    chances = [float(tf1[str(label)]) for label in range(10)]
    assert sum(chances) == pytest.approx(1, abs=1e-12)
    assert tf1["class"] == str(int(np.argmax(chances)))


@pytest.mark.parametrize(
    ("images_given", "options", "said"),
    [
        (["tests"], [], "no image in this folder"),
        (["README.md"], [], "not an image"),
        (["examples/seven.png"], ["--out", "README.md"], "exists already"),
        ([], [], "expected an image file"),
    ],
)
def test_bad_pictures_are_refused(
    article: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    images_given: list[str],
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(ROOT)
    assert run("predict", article, *images_given, *options) == 2
    assert said in capsys.readouterr().err


def test_photograph_with_noise_and_shade_is_read_as_the_digit(
    digits: Digits, tmp_path: Path
) -> None:
    """A grain of the paper far from the digit must not widen the box that is cut out."""
    rng = np.random.default_rng(0)
    for row in range(0, 1000, 50):
        original = pixels(digits, row)
        paper = np.full((480, 400), 210.0) + np.linspace(0, 25, 400)
        large = Image.fromarray(original).resize((224, 224), Image.Resampling.BICUBIC)
        paper[200:424, 30:254] -= 0.6 * np.asarray(large, np.float64)
        paper += rng.normal(0, 6, paper.shape)
        path = tmp_path / f"{row}.jpg"
        Image.fromarray(paper.clip(0, 255).astype(np.uint8)).save(path)
        assert np.corrcoef(images.read(path).ravel(), original.ravel())[0, 1] > 0.7, row


def test_mnist_is_in_its_own_form_byte_for_byte(digits: Digits) -> None:
    """All but one of the 5,000; with the centre a pixel off it would be none."""
    every = np.concatenate([digits.train.x, digits.test.x]).reshape(-1, 28, 28)
    changed = [(images.mnist_form(x) != np.rint(x * 255)).any() for x in every]
    assert sum(changed) == 1
