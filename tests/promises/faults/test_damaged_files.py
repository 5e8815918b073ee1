"""Damaged files of every format that is read: refused by name, or what was written is read.

Cut short, emptied, one bit turned. Where every byte is under a checksum, nothing else can happen; a
raw IDX file, a frozen graph, a JSON or CSV file and most images have none, and there a turned bit
may be read as what it says. Nothing else than UserError is ever raised.
"""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from tests.conftest import ROOT, run, write_idx
from tf1_compat import checkpoint, meta
from tf1_compat.hyperparameters import Hyperparameters
from tf1_compat.program import Program
from tf1_compat.state import StateError, arrays_of
from training import data
from training.data import images
from training.data import tfds as tfds_data
from training.data.containers.names import SPLIT
from training.errors import UserError
from training.model_files import pretrained, reading, training_state

FLIPS = 60
"""Bits that are turned in each file, one at a time, besides those of its first 16 bytes."""

SMALL = Hyperparameters((784, 3, 10), optimizer="gradient_descent")


def arrays(rows: int = 20) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, rows, 28, 28), np.uint8)
    labels = np.arange(rows).astype(np.uint8) % 10
    return [pixels[0], labels, pixels[1], labels]


def damages(content: bytes) -> list[tuple[str, bytes]]:
    """Return (what was done, what is left of `content`)."""
    rng = np.random.default_rng(1)
    cuts = {0, 1, 2, 9, len(content) // 3, len(content) // 2, len(content) - 9, len(content) - 1}
    found = [(f"cut to {n}", content[:n]) for n in sorted(cuts) if 0 <= n < len(content)]
    places = [*range(min(16, len(content))), *rng.integers(0, len(content), FLIPS)]
    for place in places:
        turned = bytearray(content)
        turned[place] ^= 1 << int(rng.integers(8))
        found.append((f"a bit of byte {place}", bytes(turned)))
    return found


def fingerprint(found: Any) -> Any:
    """What must be the same for two readings to be the same."""
    if isinstance(found, np.ndarray):
        return found.dtype.str, found.shape, found.tobytes()
    if isinstance(found, dict):
        return {name: fingerprint(array) for name, array in found.items()}
    return found


def hold(
    file: Path, read: Callable[[], Any], named: str, *, checksummed: bool, cuts_seen: bool = True
) -> None:
    """Damage `file` in every way; each is refused by a message with `named` in it, or harmless.

    Where it is not `checksummed`, a turned bit may be read as what it says now.
    """
    content, sound = file.read_bytes(), fingerprint(read())
    messages: list[str] = []
    for what, damaged in damages(content):
        file.write_bytes(damaged)
        try:
            found = fingerprint(read())
        except UserError as error:
            messages.append(str(error))
        else:
            seen = checksummed or (cuts_seen and what.startswith("cut"))
            assert found == sound or not seen, f"{what}: read as something else"
        assert file.read_bytes() == damaged, "the source was written to"
    file.write_bytes(content)
    assert fingerprint(read()) == sound
    assert len(messages) > 3
    for message in messages:
        assert named in message
        assert len(message.splitlines()) <= 3, message


@pytest.mark.parametrize("gz", [False, True], ids=["raw", "gz"])
@pytest.mark.parametrize("which", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_idx(which: str, gz: bool, tmp_path: Path) -> None:
    """gz has a CRC; raw IDX has none, so a turned bit of a pixel is a pixel."""
    write_idx(tmp_path, arrays(), gz)
    file = tmp_path / (which + (".gz" if gz else ""))
    hold(file, lambda: data.load(f"idx:{tmp_path}").sha256, str(tmp_path), checksummed=gz)


def test_gzip_whose_content_goes_on_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A bomb: 300 MB of zeros behind a header that promises twenty labels."""
    import gzip
    import tracemalloc

    write_idx(tmp_path, arrays(), gz=True)
    file = tmp_path / "train-labels-idx1-ubyte.gz"
    with gzip.open(file, "wb", compresslevel=1) as bomb:
        bomb.write(bytes([0, 0, 8, 1, 0, 0, 0, 20]))
        for _ in range(300):
            bomb.write(bytes(10**6))
    tracemalloc.start()
    with pytest.raises(UserError, match="holds more"):
        data.load(f"idx:{tmp_path}")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


@pytest.mark.parametrize("packed", [False, True], ids=["stored", "deflated"])
def test_npz(packed: bool, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    save = np.savez_compressed if packed else np.savez
    save(file, **dict(zip(SPLIT[0], arrays(), strict=True)))  # type: ignore[arg-type]
    hold(file, lambda: data.load(f"npz:{file}").sha256, str(file), checksummed=True)


@pytest.mark.parametrize("shape", [(2**62, 784), (2**40, 28, 28), (10, 28, 28), (-20, 28, 28)])
def test_npz_whose_header_promises_another_size_is_refused(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    """With a CRC that fits: NumPy's own reader would allocate, or read less than is there."""
    file = tmp_path / "a.npz"
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in zip(SPLIT[0], arrays(), strict=True):
            member = io.BytesIO()
            if name == "x_train":
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                member.write(array.tobytes())
            else:
                np.save(member, array)
            archive.writestr(f"{name}.npy", member.getvalue())
    with pytest.raises(UserError, match="x_train promises"):
        data.load(f"npz:{file}")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TensorFlow Datasets' folder, with a small mnist as it prepares it."""
    folder = tmp_path_factory.mktemp("tfds")
    builder = tfds.builder("mnist", data_dir=folder)
    builder.data_path.mkdir(parents=True)
    writer = tfds.core.SequentialWriter(builder.info, 1000)
    writer.initialize_splits(["train", "test"])
    train, labels, test, _ = arrays(10)
    for split, pixels in (("train", train), ("test", test)):
        rows = [
            {"image": image[..., None], "label": int(label)}
            for image, label in zip(pixels, labels, strict=True)
        ]
        writer.add_examples({split: rows})
    writer.close_all()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["*train*record*", "dataset_info.json"])
def test_prepared_tensorflow_datasets(
    pattern: str, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A TFRecord has a CRC for each row, and its description says how many there are."""
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(prepared))
    monkeypatch.delenv("MNIST_DIR", raising=False)
    (file,) = prepared.rglob(pattern)

    def read() -> Any:
        return dict(enumerate(tfds_data.read("mnist", None)))

    hold(file, read, str(prepared / "mnist"), checksummed="record" in pattern)


@pytest.mark.slow
def test_prepared_rows_that_are_gone_are_missed(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off between two rows, where every checksum fits."""
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(prepared))
    (file,) = prepared.rglob("*train*record*")
    content, at, ends = file.read_bytes(), 0, [0]
    while at < len(content):  # length, its CRC, the row, its CRC
        at += 8 + 4 + int.from_bytes(content[at : at + 8], "little") + 4
        ends.append(at)
    file.write_bytes(content[: ends[-2]])
    with pytest.raises(UserError, match=r"damaged \(.*10 elements but contained only 9"):
        tfds_data.read("mnist", None)
    file.write_bytes(content)


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a small model trained by gradient descent, in two lanes."""
    folder = tmp_path_factory.mktemp("small") / "run"
    model = ["--hidden", 3, "--optimizer", "gradient_descent", "--lanes", "tf1", "exact"]
    assert run("compare", "--epochs", 2, *model, "--out", folder) == 0
    return folder


def state_at(path: Path) -> dict[str, Any]:
    found, hyper = training_state.state(path)
    return {**arrays_of(found), "step": found.step, "hyper": hyper}


@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001"])
def test_checkpoint(ending: str, small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run / "tf1", tmp_path / "tf1")
    file = tmp_path / "tf1" / f"model.ckpt.{ending}"
    hold(file, lambda: checkpoint_at(tmp_path / "tf1"), str(tmp_path), checksummed=True)


def checkpoint_at(folder: Path) -> dict[str, np.ndarray]:
    file = reading.kind(folder)[1]
    with reading.refusal(file):
        return checkpoint.read(file)


@pytest.mark.slow
def test_keras_file(small_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "exact.keras"
    shutil.copy(small_run / "exact.keras", file)
    hold(file, lambda: state_at(file), str(file), checksummed=True)


@pytest.mark.parametrize("name", ["config.json", "history.csv"])
def test_what_a_run_folder_says_of_its_checkpoint(
    name: str, small_run: Path, tmp_path: Path
) -> None:
    """Text without a checksum: a turned bit may be another number, but never another error.

    The folder itself is held to its SHA256SUMS; here the checkpoint in it is named.
    """
    shutil.copytree(small_run, tmp_path / "run")
    file = tmp_path / "run" / name
    hold(
        file,
        lambda: state_at(tmp_path / "run" / "tf1"),
        "/run/",
        checksummed=False,
        cuts_seen=False,
    )


@pytest.mark.parametrize("option", ["cost", "optimizer", "learning_rate", "l2"])
def test_option_that_is_gone_from_a_run_folder_is_missed(
    option: str, small_run: Path, tmp_path: Path
) -> None:
    """One bit in its name is enough; the listing's would stand in for it in silence."""
    shutil.copytree(small_run, tmp_path / "run")
    file = tmp_path / "run" / "config.json"
    text = file.read_text()
    assert f'"{option}"' in text
    file.write_text(text.replace(f'"{option}"', f'"{option[:-1]}~"'))
    with pytest.raises(UserError, match=rf"config\.json: .*{option} missing"):
        training_state.state(tmp_path / "run" / "tf1")


def test_frozen_graph(small_run: Path, tmp_path: Path) -> None:
    """A protocol buffer has no checksum; its constants are as long as their shape says."""
    graph, weights = tf.Graph(), checkpoint_at(small_run)
    with graph.as_default():
        for name, array in weights.items():
            tf.constant(array, name=name)
    file = tmp_path / "frozen.pb"
    file.write_bytes(graph.as_graph_def().SerializeToString())

    def read() -> Any:
        with reading.refusal(file):
            return meta.read_weights(file)

    hold(file, read, str(file), checksummed=False, cuts_seen=False)


def test_meta(tmp_path: Path) -> None:
    """Neither has this one; what is left of a graph may be a graph."""
    with tf.Graph().as_default() as graph:
        tf.compat.v1.Variable(np.ones((2, 2), np.float32), name="W")
        definition = tf.compat.v1.train.export_meta_graph(graph=graph)
    file = tmp_path / "model.ckpt.meta"
    file.write_bytes(definition.SerializeToString())

    def read() -> Any:
        with reading.refusal(file), tf.Graph().as_default() as graph:
            meta.load(file)
            return graph.as_graph_def().SerializeToString(deterministic=True)

    hold(file, read, str(file), checksummed=False, cuts_seen=False)


def test_frozen_constant_that_promises_more_than_the_file_is_refused(tmp_path: Path) -> None:
    """One number, said to stand for 2^40 of them."""
    graph = tf.Graph()
    with graph.as_default():
        tf.constant(np.zeros((2, 2), np.float32) + np.float32(0.5), name="W")
    definition = graph.as_graph_def()
    (node,) = definition.node
    tensor = node.attr["value"].tensor
    tensor.ClearField("tensor_content")
    tensor.float_val[:] = [0.5]
    for dimension in tensor.tensor_shape.dim:
        dimension.size = 2**20
    (tmp_path / "a.pb").write_bytes(definition.SerializeToString())
    with pytest.raises(StateError, match=r"a\.pb: .*promise 4,398,046,511,104 bytes"):
        meta.read_weights(tmp_path / "a.pb")


def test_saved_model(small_run: Path, tmp_path: Path) -> None:
    """Its variables are a checkpoint; nothing else of it is read but that it is there."""
    folder = tmp_path / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    for file in (small_run / "tf1").glob("model.ckpt.*"):
        shutil.copy(file, folder / "variables" / file.name.replace("model.ckpt", "variables"))
    for ending in ("index", "data-00000-of-00001"):
        file = folder / "variables" / f"variables.{ending}"
        hold(file, lambda: checkpoint_at(folder), str(folder), checksummed=True)


@pytest.mark.slow
def test_results_of_a_fine_tuning(small_run: Path, tmp_path: Path) -> None:
    shutil.copy(small_run / "exact.keras", tmp_path / "model.keras")
    file = tmp_path / "finetune.json"
    file.write_text('{"classes": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}')
    hold(file, lambda: pretrained.load(tmp_path).classes, str(file), checksummed=False)


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "gif", "tif", "webp", "pgm"])
def test_image(kind: str, tmp_path: Path) -> None:
    """PNG has checksums, which are compared; the others have none."""
    page = Image.open(ROOT / "examples" / "seven.png").convert("L")
    file = tmp_path / f"a.{kind}"
    page.save(file)
    hold(file, lambda: images.read(file), str(file), checksummed=kind == "png", cuts_seen=False)


def test_damaged_sources_leave_what_is_there_alone(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the commands themselves: exit 2, the file named, no run folder, no new file."""
    shutil.copytree(small_run, tmp_path / "run")
    Program(np.zeros([1, 784]), np.zeros([1, 10]), seed=0, hyper=SMALL).close()
    picture = ROOT / "examples" / "seven.png"
    for name in ("tf1/model.ckpt.index", "tf1/model.ckpt.data-00000-of-00001", "config.json"):
        file = tmp_path / "run" / name
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        for command in (
            ["resume", tmp_path / "run", "--epochs", 1, "--out", tmp_path / "new"],
            ["migrate", tmp_path / "run", "--to", tmp_path / "new.keras"],
            ["finetune", tmp_path / "run", "--out", tmp_path / "new"],
            ["predict", tmp_path / "run", picture, "--out", tmp_path / "new.csv"],
        ):
            capsys.readouterr()
            assert run(*command) == 2, (name, command)
            printed = capsys.readouterr()
            assert str(file.with_name(Path(name).name.split(".")[0])) in printed.err
            assert "Traceback" not in printed.err
            assert printed.out == ""
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        file.write_bytes(content)
