"""Pictures become what MNIST would have made of them; Keras and TensorFlow 1 answer the same."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, run
from training import data
from training.data import Digits, decoding, gallery, images
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


@pytest.mark.parametrize("kind", ["png", "jpg", "alpha", "white", "exif", "bright"])
def test_big_off_centre_pictures_are_read_alike(digits: Digits, tmp_path: Path, kind: str) -> None:
    original = pixels(digits, 720)  # a seven
    large = Image.fromarray(original).resize((196, 196), Image.Resampling.BICUBIC)
    page = Image.new("L", (500, 400), 0)
    page.paste(large, (30, 150))
    path = tmp_path / f"page.{'jpg' if kind in ('jpg', 'exif') else 'png'}"
    if kind in ("alpha", "white"):  # black ink, or white, on what is transparent
        ink = Image.new("RGBA", page.size, "black" if kind == "alpha" else "white")
        ink.putalpha(page)
        ink.save(path)
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


def sheet(digits: Digits, rows: list[int], lines: int) -> Image.Image:
    """Digits of MNIST beside and below each other, dark on bright, six times as large."""
    inside = np.stack([pixels(digits, row) for row in rows]).reshape(lines, -1, 28, 28)
    tall, wide = 28 * lines, 28 * inside.shape[1]
    page = Image.fromarray(255 - np.pad(inside.transpose(0, 2, 1, 3).reshape(tall, wide), 4))
    return page.resize((6 * page.width, 6 * page.height), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("lines", [1, 2])
def test_each_digit_of_several_is_found_line_by_line(
    digits: Digits, tmp_path: Path, lines: int
) -> None:
    rows = [150, 250, 420, 610, 720, 910]
    sheet(digits, rows, lines).save(tmp_path / "sheet.png")
    found = images.digits("sheet", decoding.read(tmp_path / "sheet.png"))
    alike = [
        np.corrcoef(a.ravel(), pixels(digits, b).ravel())[0, 1]
        for a, b in zip(found, rows, strict=True)
    ]
    assert min(alike) > 0.75
    with pytest.raises(UserError, match="6 digits are in it; expected one"):
        images.read(tmp_path / "sheet.png")


def test_two_digits_that_touch_are_said_to_be_wide(digits: Digits) -> None:
    both = [pixels(digits, row) for row in (420, 250)]
    one, two = (image[:, image.any(axis=0)] for image in both)
    touching = np.hstack([one[:, :-2], np.maximum(one[:, -2:], two[:, :2]), two[:, 2:]])
    touching[13, len(one[0]) - 6 : len(one[0]) + 4] = 255
    found = images.digits("touching", np.pad(touching, 6).astype(np.float32) / 255)
    shown = [gallery.Digit(gallery.Picture(Path("a.png")), each, 1, 1) for each in found]
    assert [one.shown for one in shown] == ["a.png (wide: do two touch?)"]
    alone = gallery.Digit(gallery.Picture(Path("a.png")), pixels(digits, 420), 1, 1)
    assert alone.shown == "a.png"


def test_one_digit_is_one_be_it_broken(digits: Digits) -> None:
    """A hundred of MNIST; a five whose bar stands apart; specks of dirt."""
    for row in range(0, 1000, 10):
        assert len(images.digits("one", np.asarray(sheet(digits, [row], 1), np.float32) / 255)) == 1
    five = np.ones((120, 100), np.float32)
    five[20:26, 40:80], five[32:36, 36:42], five[36:100, 30:70], five[44:92, 38:62] = 0, 0, 0, 1
    assert len(images.digits("five", five)) == 1
    dirty = five.copy()
    dirty[5:9, 5:9] = dirty[110:114, 90:94] = 0
    assert len(images.digits("five", dirty)) == 1
    eight = np.ones((140, 80), np.float32)
    eight[20:60, 25:55], eight[65:110, 20:60], eight[28:52, 33:47], eight[73:102, 28:52] = (
        0,
        0,
        1,
        1,
    )
    assert len(images.digits("eight in halves", eight)) == 1
    beside = np.ones((120, 80), np.float32)
    beside[30:100, 30:38] = 0
    both = images.digits("both", np.hstack([five, beside]))
    assert len(both) == 2
    alone = images.digits("five", five)[0]  # with its bar
    assert np.corrcoef(both[0].ravel(), alone.ravel())[0, 1] > 0.9
    line = (np.arange(336) // 2 % 2).astype(np.float32)  # 7,056 dots would take minutes
    dots = line * line[:, None]
    assert len(images.digits("dots", dots)) == 1


def test_bad_pictures_do_not_end_the_others(
    article: Path, digits: Digits, tmp_path: Path, capsys: Any
) -> None:
    """Of 200 in class folders 195 are answered, five are named, and it does not take long."""
    for row in range(0, 1000, 5):
        own = tmp_path / "mine" / str(digits.test.labels[row])
        own.mkdir(parents=True, exist_ok=True)
        if row % 200 == 50:
            (own / f"{row:03}.png").write_text("no picture")
        else:
            sheet(digits, [row], 1).save(own / f"{row:03}.png")
    assert run("predict", article, tmp_path / "mine", "--json") == 2
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert answer["refused"] == 5
    images_of = [one["image"] for one in answer["predictions"]]
    assert len(set(images_of)) == 195
    assert all(Path(one["image"]).parent.name == str(one["label"]) for one in answer["predictions"])
    first, *lines = printed.err.splitlines()
    assert "5 of 200 pictures cannot be read; the others are answered:" in first
    assert ["/".join(line.partition(":")[0].split("/")[-2:]) for line in lines] == [
        f"{digits.test.labels[row]}/{row:03}.png" for row in range(50, 1000, 200)
    ]
    began = time.process_time()
    gallery.read(gallery.found(tmp_path / "mine"))
    assert 200 / (time.process_time() - began) >= 100


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
