"""Bad input to any command: exit status 2, one message that names it, nothing written, no wait."""

import contextlib
import json
import os
import signal
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, run
from tf1_compat import checkpoint
from tf1_compat.hyperparameters import Hyperparameters
from tf1_compat.program import Program

BY_NAME = [
    *("compare", "ablate", "article", "check", "migrate"),
    *("resume", "finetune", "predict", "bench", "data"),
]
SECONDS = 30
"""What waits for a pipe, or reads a device, is stopped by then."""
HUGE = str(10**30)
LONG = "n" * 300
"""No file system takes such a name."""


def png(width: int, height: int) -> bytes:
    """A file that promises so many pixels and holds a few bytes of them."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 16))
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    )


def npz(path: str, **change: np.ndarray) -> None:
    arrays = dict(
        x_train=np.zeros((20, 28, 28), np.uint8),
        y_train=np.arange(20) % 10,
        x_test=np.zeros((10, 28, 28), np.uint8),
        y_test=np.arange(10),
    )
    np.savez(path, **arrays | change)  # type: ignore[arg-type]


def make_images() -> None:
    Path("text.png").write_text("seven")
    Path("empty.png").touch()
    Path("zero.pgm").write_bytes(b"P5 0 0 255\n")
    Path("bomb.png").write_bytes(png(60000, 60000))
    Path("large.png").write_bytes(png(9000, 9000))
    header = struct.pack(
        "<2sIHHIIiiHHIIiiII", b"BM", 99, 0, 0, 54 + 1024, 40, 7000, 7000, 1, 8, 1, 0, *[0] * 4
    )
    Path("runs.bmp").write_bytes(header + bytes(1024) + bytes([255, 1]) * 40)
    Path("page.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    Path("cut.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01")
    Image.fromarray(np.full((9, 9), np.nan, np.float32)).save("nan.tiff")
    Image.new("L", (50, 50), 200).save("blank.png")
    Image.new("L", (1, 1), 200).save("dot.png")
    Path("seven.png").write_bytes((ROOT / "examples" / "seven.png").read_bytes())
    Path("texts").mkdir()
    Path("texts/a.txt").touch()
    Path("named").mkdir()
    Path("named/a\x1b[2Jb.png").touch()


def make_data() -> None:
    npz("float.npz", x_train=np.full((20, 28, 28), np.nan, np.float32))
    npz("range.npz", y_test=np.full(10, 10))
    npz("words.npz", y_train=np.array(["seven"] * 20))
    npz("rows.npz", y_train=np.zeros(19, np.int64))
    npz("colour.npz", x_test=np.zeros((10, 28, 28, 3), np.uint8))
    npz("none.npz", x_test=np.zeros((0, 28, 28), np.uint8), y_test=np.zeros(0, np.uint8))
    npz("objects.npz", x_train=np.array([{}] * 20, dtype=object))
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    Path("lost.png").symlink_to("nowhere")
    Path("lost.keras").symlink_to("nowhere")
    Path("lost").symlink_to("nowhere")
    Path("linked").symlink_to("folder")
    Path("zero").symlink_to("/dev/zero")


def make_models() -> None:
    program = Program(
        np.zeros([1, 784]), np.zeros([1, 10]), seed=1, hyper=Hyperparameters((784, 4, 10))
    )
    program.save(Path())
    program.close()
    arrays = checkpoint.read("tf1/model.ckpt")
    for name, change in {
        "words": {"Variable_1": np.array([b"a"] * 4)},
        "whole": {"Variable_1": np.zeros(4, np.int64)},
        "powers": {"beta2_power": np.full(3, 0.9, np.float32)},
        "complex": {"beta2_power": np.complex64(0.9)},
        "steps": {"global_step": np.arange(3)},
        "wide": {"Variable": np.zeros((4, 10), np.float32)},
    }.items():
        checkpoint.write(f"{name}/model.ckpt", arrays | change)
    for name, inputs in (("ok", 784), ("shape", 5)):
        model = keras.Sequential([keras.Input([inputs]), keras.layers.Dense(10)])
        model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
        model.save(f"{name}.keras")
    keras.Sequential([keras.Input([784]), keras.layers.Dense(10)]).save("plain.keras")
    Path("text.keras").write_text("no archive")
    os.mkfifo("pipe.keras")
    Path("pipes").mkdir()
    for ending in (".index", ".data-00000-of-00001"):
        os.mkfifo(f"pipes/model.ckpt{ending}")
    Path("half").mkdir()
    Path("half/model.ckpt.index").write_bytes(Path("tf1/model.ckpt.index").read_bytes())
    os.mkfifo("half/model.ckpt.data-00000-of-00001")
    for ending in (".csv", ".arff", ".parquet", "/X.npy"):
        os.mkfifo(f"pipes/train{ending}" if ending[0] == "." else f"pipes{ending}")
    Path("deep.json").write_text("[" * 100_000)
    Path("latin.json").write_bytes(b'{"W1": "\xe9"}')
    Path("list.json").write_text(json.dumps(["W1"]))


def make_pairs() -> None:
    for name, content in {
        "empty": "",
        "syntax": "def tf1_graph(:",
        "raises": "raise RuntimeError('a\\x1b[2J\\nb')",
        "leaves": "raise SystemExit(0)",
        "nothing": "def tf1_graph(): pass\ndef keras_model(): pass",
    }.items():
        Path(f"{name}.py").write_text(content)
    Path("zeros.py").write_bytes(bytes(9))
    Path("pair.txt").touch()
    Path("written.json").write_text("mine")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of everything that should not be given to a command, and a little that may."""
    folder = tmp_path_factory.mktemp("world")
    with contextlib.chdir(folder):
        make_images()
        make_data()
        make_models()
        make_pairs()
    return folder


def snapshot(folder: Path) -> dict[Path, object]:
    """Every name under `folder`, with its content where it is a file."""
    return {
        path: (path.lstat().st_mtime_ns, path.read_bytes())
        if path.is_file() and not path.is_symlink()
        else path.lstat().st_mode
        for path in folder.rglob("*")
    }


@pytest.fixture
def _in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer in {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)


COUNTS = {
    "compare": "epochs epochs-per-call micro-batch",
    "ablate": "epochs",
    "article": "epochs",
    "resume tf1": "epochs",
    "finetune ok.keras": "epochs shots lora-rank seeds",
    "bench": "rounds scale rows",
    "check empty.py": "batch-size steps",
}
NUMBERS = [
    (f"{command} --{option} {value}", said)
    for command, options in COUNTS.items()
    for option in options.split()
    for value, said in (("0", "at least 1"), ("-1", "at least 1"), (HUGE, "at most"))
]

TAKE_A_MODEL = (("resume", "--epochs 1"), ("finetune", ""), ("predict", "seven.png"))
"""Commands besides `migrate` that take a model, and what follows it."""


def _models(of_migrate: str, *said: tuple[str, str]) -> list[tuple[str, str]]:
    """Return what every command that takes a model says of each source."""
    commands = ("migrate", of_migrate), *TAKE_A_MODEL
    return [
        (f"{name} {source} {rest}", message) for name, rest in commands for source, message in said
    ]


CASES = [
    *NUMBERS,
    ("compare --seed -1", "expected 0 to"),
    (f"article --seed {HUGE}", "--seed 1.0e+30: expected 0 to"),
    (f"check empty.py --seed {HUGE}", "expected 0 to"),
    ("compare --epochs 1.5", "--epochs"),
    ("compare --epochs nan", "--epochs"),
    ("compare --epochs 1e400", "--epochs"),
    (f"compare --epochs {'9' * 5000}", "--epochs"),
    (f"compare --hidden {HUGE}", "parameters; expected at most"),
    ("compare --hidden -4", "at least 1"),
    ("compare --learning-rate 1e400", "a number above 0"),
    ("compare --learning-rate 1e39", "to 3.4e+38"),
    ("compare --learning-rate 1e-300", "from 1.2e-38"),
    ("compare --learning-rate -inf", "a number above 0"),
    ("compare --l2 1e39", "to 3.4e+38"),
    ("article --l1 nan", "0 or a number above it"),
    ("compare --dropout nan", "less than 1"),
    ("compare --dropout 1e400", "less than 1"),
    ("compare --stop-below nan", "a number above 0"),
    ("resume tf1 --l2 -1", "0 or a number above it"),
    ("finetune ok.keras --lora-alpha nan", "above 0"),
    ("finetune ok.keras --lora-alpha 1e400", "above 0"),
    ("finetune ok.keras --accuracy nan", "at most 1"),
    ("finetune ok.keras --rescale 1e400", "auto, none or a number"),
    ("finetune ok.keras --rescale nan", "auto, none or a number"),
    # what tyro refuses
    ("trian", "trian"),
    ("compare --epoch 3", "perhaps you meant --epochs"),
    ("compare --lanes tf3", "'tf3'"),
    ("compare extra", "extra"),
    ("compare --out", "--out"),
    ("migrate ok.keras", "--to"),
    ("predict", "MODEL"),
    ("check", "PAIR.py"),
    # data
    ("compare --data mnist_6k", "expected mnist_5k"),
    ("compare --data mnist_5k[9-1]", "rising order"),
    ("data idx:", "expected mnist_5k"),
    ("data idx:nowhere", "no such folder"),
    ("data idx:pipe", "no such folder"),
    ("data idx:float.npz", "no such folder"),
    ("data idx:folder", "train-images-idx3-ubyte"),
    (f"data idx:{LONG}", "name too long"),
    ("data idx:~nobody-here/x", "no such home folder"),
    ("data npz:nowhere.npz", "no such file"),
    ("data npz:folder", "a folder; expected"),
    ("data npz:pipe", "a pipe; expected"),
    ("data npz:zero", "a device; expected"),
    ("data npz:lost", "a link to nowhere, which is not there"),
    ("data npz:loop", "too many levels"),
    ("data npz:empty.png", "cannot be read as an .npz"),
    ("data npz:text.png", "cannot be read as an .npz"),
    ("data npz:float.npz", "expected pixels as uint8"),
    ("data npz:range.npz", "from 10 to 10"),
    ("data npz:words.npz", "whole numbers as labels"),
    ("data npz:rows.npz", "expected 20 labels"),
    ("data npz:colour.npz", "greyscale"),
    ("data npz:none.npz", "greyscale"),
    ("data npz:objects.npz", "pickled"),
    ("data npz:[red]", "npz:[red]"),
    *(
        (f"data {kind}:{path}", "xpected")
        for kind in ("csv", "arff", "mat", "parquet", "images", "npy")
        for path in ("nowhere", "pipe", "text.png", "pipes")
    ),
    ("data mnist.pkl", "runs code"),
    ("data csv:empty.png --to npz:empty.png", "expected npz:FILE"),
    ("data digits --to npz:rows.npz", "exists already"),
    ("data mnist --manual-dir pipe", "missing; expected the original files"),
    ("data mnist --manual-dir ~nobody-here", "no such home folder"),
    ("check syntax.py --data npz:pipe", "SyntaxError"),
    # where to write to
    ("compare --out folder/../text.png", "exists already"),
    ("compare --out pipe", "exists already"),
    ("compare --out lost", "exists already"),
    ("compare --out loop", "exists already"),
    ("data digits --out linked", "exists already"),
    ("compare --out /dev/null", "exists already"),
    ("compare --out /dev/full", "exists already"),
    ("compare --out /", "exists already"),
    ("compare --out .", "exists already"),
    (f"compare --out {LONG}", "name too long"),
    ("data mnist_5k --out text.png/run", "cannot be written to"),
    ("data mnist_5k --out /proc/run", "cannot be written to"),
    ("data mnist_5k --out /dev/full/run", "cannot be written to"),
    ("bench --out tf1", "exists already"),
    ("ablate --out tf1", "exists already"),
    ("article --out ~nobody-here/run", "no such home folder"),
    ("finetune ok.keras --out tf1", "exists already"),
    ("migrate ok.keras --to shape.keras", "exists already"),
    ("migrate tf1 --to lost.keras", "exists already"),
    ("migrate tf1 --to new.h5", "expected a name that ends in"),
    ("migrate tf1 --to text.png/a.keras", "cannot be written to"),
    ("migrate tf1 --to /proc/a.keras", "cannot be written to"),
    (f"migrate tf1 --to {LONG}.keras", "name too long"),
    ("migrate tf1 --to tf1/model.ckpt", "exists already"),
    ("predict ok.keras seven.png --out text.png", "exists already"),
    ("predict ok.keras seven.png --out /dev/full", "exists already"),
    ("predict ok.keras seven.png --out text.png/a.csv", "no folder that can be written to"),
    ("predict ok.keras seven.png --out nowhere/a.csv", "no folder that can be written to"),
    ("predict ok.keras seven.png --out lost", "exists already"),
    ("check empty.py --json written.json", "Unrecognized options: written.json"),
    # models
    *_models(
        "--to new.keras",
        *(("nowhere", "no such file or folder"), ("pipe", "a pipe"), ("zero", "a device")),
        *(("lost", "a link to nowhere"), ("folder", "no checkpoint"), ("half", "a pipe")),
        *(("text.png", "not a kind of file"), ("pipes", "no checkpoint")),
        *(("words", "Variable_1"), ("whole", "Variable_1"), ("wide", "Variable")),
        *((LONG, "name too long"), ("~nobody-here", "no such home folder")),
    ),
    # only who trains on asks for the optimizer's state
    *(
        (f"{command} {source} {rest}", "beta2_power")
        for command, rest in (("migrate", "--to new.keras"), TAKE_A_MODEL[0])
        for source in ("powers", "complex")
    ),
    ("migrate steps --to new.keras", "global_step"),
    *_models(
        "--to new/model.ckpt",
        ("text.keras", "Keras cannot load"),
        *(("pipe.keras", "a pipe"), ("lost.keras", "a link to nowhere")),
    ),
    ("migrate plain.keras --to new/model.ckpt", "not compiled"),
    ("resume plain.keras --epochs 1", "not compiled"),
    ("resume shape.keras --epochs 1", "shape.keras"),
    ("finetune shape.keras", "expected one input of 28 x 28"),
    ("predict shape.keras seven.png", "expected one input of 28 x 28"),
    ("migrate tf1 --to new.keras --map nowhere.json", "no such file"),
    ("migrate tf1 --to new.keras --map folder", "a folder"),
    ("migrate tf1 --to new.keras --map pipe", "a pipe"),
    ("migrate tf1 --to new.keras --map zero", "a device"),
    ("migrate tf1 --to new.keras --map deep.json", "not a readable JSON file"),
    ("migrate tf1 --to new.keras --map latin.json", "not a readable JSON file"),
    ("migrate tf1 --to new.keras --map list.json", "expected TensorFlow 1 variable"),
    # images
    *(
        (f"predict ok.keras {image}", said)
        for image, said in (
            ("nowhere.png", "no such file"),
            ("lost.png", "a link to nowhere"),
            ("pipe", "a pipe"),
            ("zero", "a device"),
            ("/dev/full", "a device"),
            ("texts", "no image in this folder"),
            ("named", "without control characters"),
            ("empty.png", "not an image"),
            ("text.png", "not an image"),
            ("zero.pgm", "not an image"),
            ("bomb.png", "not an image"),
            ("large.png", "9000 x 9000 pixels"),
            ("runs.bmp", "7000 x 7000 pixels"),
            ("cut.jpg", "not an image"),
            ("nan.tiff", "a pixel of it is no number"),
            ("page.eps", "cannot identify"),
            ("blank.png", "no ink"),
            ("dot.png", "no ink"),
            ("empty.png text.png", "2 of 2 pictures cannot be read:"),
            ("[red]nowhere", "[red]nowhere"),
            (LONG, "name too long"),
        )
    ),
    # pairs
    *(
        (f"{command} {pair}{rest}", said)
        for command, rest in (("check", ""), ("migrate tf1 --to new.keras --pair", ""))
        for pair, said in (
            ("nowhere.py", "no such file"),
            ("folder", "a folder"),
            ("pipe", "a pipe"),
            ("zero", "a device"),
            ("pair.txt", "ends in .py"),
            ("empty.py", "no function tf1_graph()"),
            ("syntax.py", "SyntaxError"),
            ("raises.py", "RuntimeError"),
            ("leaves.py", "SystemExit"),
            ("zeros.py", "zeros.py"),
            ("nothing.py", "tf1_graph() returned NoneType"),
        )
    ),
    # names that no screen can show
    ("compare --data a\nb", "without control characters"),
    ("predict ok.keras a\x1b[2J.png", "without control characters"),
    ("migrate tf1 --to a\rb.keras", "without control characters"),
    ("data npz:\udcff.npz", "in UTF-8"),
    ("check a\0.py", "without control characters"),
]


@pytest.mark.parametrize(("line", "said"), CASES, ids=lambda text: ascii(text)[1:60])
@pytest.mark.usefixtures("_in_time")
def test_bad_input_is_refused_in_three_lines(
    line: str,
    said: str,
    world: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(world)
    before = snapshot(world)
    assert run(*line.rstrip(" ").split(" ") if line else []) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    *_, message = printed.err.partition("tf1keras: ")  # a banner may stand above it
    assert said in message
    assert len(message.splitlines()) <= 3, message
    assert "Traceback" not in printed.err
    assert all(letter == "\n" or letter.isprintable() for letter in message)
    assert snapshot(world) == before


def test_there_are_enough_cases_and_every_command_has_some() -> None:
    assert len(CASES) > 60
    commands = {line.split(" ")[0] for line, _ in CASES}
    assert commands >= set(BY_NAME)
