"""What `tf1keras migrate` is given: files of a checkpoint, folders, old formats, names alone."""

import contextlib
import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import python, run
from tests.model_files import saved_graphs
from tf1_compat import checkpoint
from tf1_compat.state import Unreadable
from training.errors import UserError
from training.model_files import reading

Printed = pytest.CaptureFixture[str]
V1 = tf.compat.v1.train.SaverDef.V1


@pytest.fixture(scope="module")
def v2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("v2")
    saved_graphs.save(saved_graphs.step_name, str(folder))
    return folder / "model.ckpt"


@pytest.fixture(scope="module")
def v1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("v1")
    saved_graphs.save(saved_graphs.step_name, str(folder), write_version=V1)
    return folder / "model.ckpt"


def arrays(prefix: Path) -> dict[str, bytes]:
    return {name: one.tobytes() for name, one in checkpoint.read(prefix).items()}


def test_a_checkpoint_of_one_file_is_read_as_tensorflow_reads_it(
    v1: Path, v2: Path, tmp_path: Path
) -> None:
    assert not v1.with_name("model.ckpt.index").exists()
    reader = tf.train.load_checkpoint(str(v1))
    found = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    assert arrays(v1) == {name: np.asarray(one).tobytes() for name, one in found.items()}
    for source in (v1, v1.parent, f"{v1}.meta"):
        to = tmp_path / f"{len([*tmp_path.iterdir()])}.keras"
        assert run("migrate", source, "--to", to, "--quiet") == 0
    back = tmp_path / "back" / "model.ckpt"
    assert run("migrate", to, "--to", back, "--meta", f"{v1}.meta", "--quiet") == 0
    assert arrays(back) == arrays(v1) == arrays(v2)


def test_a_damaged_checkpoint_of_one_file_is_refused(v1: Path, tmp_path: Path) -> None:
    content, file = v1.read_bytes(), tmp_path / "model.ckpt"
    changed = [content[:-40], content[: len(content) // 2] + content[-48:], content + b"\0"]
    for place in np.random.default_rng(0).integers(0, len(content), 60):
        turned = bytearray(content)
        turned[place] ^= 1 << int(place) % 8
        changed.append(bytes(turned))
    whole = arrays(v1)
    for one in changed:
        file.write_bytes(one)
        with contextlib.suppress(Unreadable):  # a padding byte of the footer means nothing
            assert arrays(file) == whole
    starred = tmp_path / "model*"
    starred.write_bytes(content)
    with pytest.raises(Unreadable, match="in its path"):  # TensorFlow would read both
        checkpoint.read(starred)


def promising(v1: Path, shape: list[int]) -> bytes:
    """The file with another shape of its last variable, and sound checksums."""
    from tensorflow.core.util import saved_tensor_slice_pb2

    from tests.promises.fuzz import table
    from tf1_compat.bundle.table import entries

    (key, head), *others = entries(v1.read_bytes())
    message = saved_tensor_slice_pb2.SavedTensorSlices.FromString(head)
    tensor = message.meta.tensor[0]
    del tensor.shape.dim[:]
    for size in shape:
        tensor.shape.dim.add(size=size)
    return table.written([(key, message.SerializeToString()), *others])


@pytest.mark.parametrize("shape", [[2**40, 2**20], [784, 9], [784], [-1, 8]])
def test_a_checkpoint_of_one_file_promises_no_more_than_it_holds(
    shape: list[int], v1: Path, tmp_path: Path
) -> None:
    (tmp_path / "model.ckpt").write_bytes(promising(v1, [784, 8]))
    assert arrays(tmp_path / "model.ckpt") == arrays(v1)  # what is written so is read
    (tmp_path / "model.ckpt").write_bytes(promising(v1, shape))
    with pytest.raises(Unreadable, match=r"promises .* that it has not|has no shape|2 dimensions"):
        checkpoint.read(tmp_path / "model.ckpt")


def test_any_file_of_a_checkpoint_and_a_folder_of_several_will_do(
    v2: Path, tmp_path: Path, capsys: Printed
) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    for number in (5, 10, 9):
        for file in v2.parent.glob("model.ckpt.*"):
            shutil.copy(file, folder / file.name.replace("ckpt", f"ckpt-{number}"))
    parts = [f"model.ckpt-5{end}" for end in (".meta", ".index", ".data-00000-of-00001", "")]
    for source in parts:
        assert run("migrate", folder / source, "--to", tmp_path / f"{source}.keras") == 0
    assert run("migrate", folder, "--to", tmp_path / "no.keras") == 2
    assert "name one of model.ckpt-10, model.ckpt-5" in capsys.readouterr().err
    assert run("migrate", folder / "model.ckpt", "--to", tmp_path / "no.keras") == 2
    assert "there is model.ckpt-10, model.ckpt-5, model.ckpt-9." in capsys.readouterr().err
    latest = 'model_checkpoint_path: "/elsewhere/model.ckpt-9"\n'
    (folder / "checkpoint").write_text(latest)
    for number, source in enumerate((folder, folder / "checkpoint")):
        assert run("migrate", source, "--to", tmp_path / f"newest{number}.keras") == 0
    assert "model.ckpt-9, the newest of 3 checkpoints" in capsys.readouterr().err


def test_what_a_path_names_is_found_or_said(v2: Path, tmp_path: Path) -> None:
    """Without its index, in a SavedModel, of one kind alone in a folder; no model is made."""
    lost = tmp_path / "lost"
    shutil.copytree(v2.parent, lost)
    (lost / "model.ckpt.index").unlink()
    for source in (lost, *(lost / name for name in ("model.ckpt", "model.ckpt.meta"))):
        with pytest.raises(UserError, match=r"model\.ckpt\.index is missing"):
            reading.kind(source)
    for version in ("99", "1583"):
        inside = tmp_path / "export" / version / "variables"
        inside.mkdir(parents=True)
        (inside.parent / "saved_model.pb").touch()
        (inside / "variables.index").touch()
    newest = "saved_model", inside / "variables"
    for source in (tmp_path / "export", inside.parent, inside, inside / "variables.index"):
        assert reading.kind(source) == newest
    said = reading.newest_of(tmp_path / "export", newest[1])
    assert said == f"1583, the newest of 2 SavedModels in {tmp_path / 'export'}"
    (tmp_path / "export" / "own.keras").touch()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.keras").touch()
    assert reading.kind(tmp_path / "own") == ("keras", tmp_path / "own" / "a.keras")
    for name, text in (("b.h5", "name one of a.keras, b.h5"), ("graph.pbtxt", "a graph as text")):
        (tmp_path / "own" / name).touch()
        with pytest.raises(UserError, match=text):
            reading.kind(tmp_path / "own" / ("" if name == "b.h5" else name))


def test_old_checkpoints_of_several_files_and_of_slices_are_read(tmp_path: Path) -> None:
    """As `Saver(sharded=True)` wrote them, and of partitioned variables."""
    folder = tmp_path / "old"
    folder.mkdir()
    saved_graphs.save(sliced, str(folder), write_version=V1, sharded=True)
    shards = sorted(folder.glob("*-of-00002"))
    assert len(shards) == 2
    assert not (folder / "model.ckpt").exists()
    for source in (folder, folder / "model.ckpt", shards[0]):
        assert reading.kind(source) == ("checkpoint", folder / "model.ckpt")
    found = checkpoint.read(folder / "model.ckpt")
    assert found["fc/kernel"].shape == (784, 10)
    assert found["fc/kernel"].any(axis=1).all()
    assert {"fc/bias", "beta1_power", "fc/kernel/Adam"} < set(found)
    shards[0].unlink()
    with pytest.raises(Unreadable, match="1 of its 2 files"):
        checkpoint.read(folder / "model.ckpt")


def sliced() -> Any:
    """A kernel in halves; its bias on what may be another machine."""
    with tf.device("/cpu:0"):
        return saved_graphs.partitioned(bias_device="/cpu:1")


def test_a_saver_with_names_of_its_own_says_them(tmp_path: Path, capsys: Printed) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        *_, made = saved_graphs.net()
        v1.train.AdamOptimizer().minimize(session.graph.get_tensor_by_name("cost:0"))
        session.run(v1.global_variables_initializer())
        own = dict(zip(("h/k", "h/b", "o/k", "o/b"), made, strict=True))
        v1.train.Saver(own).save(session, str(tmp_path / "there" / "model.ckpt"))
    there, meta = tmp_path / "there" / "model.ckpt", tmp_path / "there" / "model.ckpt.meta"
    assert run("migrate", there, "--to", tmp_path / "a.keras") == 0
    assert "Its outputs are the graph's" in " ".join(capsys.readouterr().out.split())
    back = tmp_path / "back" / "model.ckpt"
    assert run("migrate", tmp_path / "a.keras", "--to", back, "--meta", meta) == 0
    assert arrays(there).items() <= arrays(back).items()
    (tmp_path / "other").mkdir()
    checkpoint.write(tmp_path / "other" / "model.ckpt", {"w": np.zeros([784, 10], "f")})
    assert run("migrate", tmp_path / "other", "--to", tmp_path / "b.keras", "--meta", meta) == 2
    assert "the graph of other variables" in capsys.readouterr().err


def test_a_step_without_a_graph_is_taken_and_named_by_a_map(
    v2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """The only whole number that is counted; for other names, the map says which it is."""
    monkeypatch.chdir(tmp_path)
    checkpoint.write("bare/model.ckpt", checkpoint.read(v2))
    assert run("migrate", "bare", "--to", "a.keras") == 0
    assert keras.models.load_model("a.keras").optimizer.iterations.numpy() == saved_graphs.UPDATES
    renamed = {name.replace("Variable", "w"): one for name, one in checkpoint.read(v2).items()}
    checkpoint.write("named/model.ckpt", renamed)
    assert run("migrate", "named", "--to", "b.keras") == 2
    _, save, again = capsys.readouterr().err.splitlines()[-3:]
    subprocess.run(["bash", "-c", save], check=True)
    assert json.loads(Path("map.json").read_text())["steps_made"] == "step:int32"
    assert run(*shlex.split(again)[1:]) == 0
    assert run("migrate", "b.keras", "--to", "back/model.ckpt", "--map", "map.json") == 0
    assert arrays(Path("back/model.ckpt")) == {name: one.tobytes() for name, one in renamed.items()}


def test_weights_then_biases_get_a_map_and_a_convnet_is_sent_to_rewrite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    saved_graphs.save(saved_graphs.dicts, "dicts")
    Path("dicts/model.ckpt.meta").unlink()
    for more in ([], ["--weights-only"]):
        assert run("migrate", "dicts", "--to", "a.keras", *more) == 2
        _, save, again = capsys.readouterr().err.splitlines()
        subprocess.run(["bash", "-c", save], check=True)
        assert again.startswith("tf1keras migrate dicts --to a.keras --map map.json")
    assert run("migrate", "dicts", "--to", "a.keras", "--map", "map.json") == 0
    assert run("migrate", "a.keras", "--to", "back/model.ckpt", "--map", "map.json") == 0
    assert arrays(Path("back/model.ckpt")) == arrays(Path("dicts/model.ckpt"))
    kernels = {"conv/w": np.zeros([5, 5, 1, 8], "f"), "out/w": np.zeros([8, 10], "f")}
    checkpoint.write("conv/model.ckpt", kernels)
    assert run("migrate", "conv", "--to", "c.keras", "--weights-only") == 2
    said = capsys.readouterr().err
    assert "variables of convolutions, and no stack of Dense layers" in said
    assert "`tf1keras rewrite conv/model.ckpt --to DIR`" in said


def test_what_tf_keras_saved_gets_the_line_that_loads_it(tmp_path: Path, capsys: Printed) -> None:
    def built() -> keras.Model:
        model = keras.Sequential([keras.Input([4]), keras.layers.Dense(2, name="only")])
        model.compile("adam", "mse")
        return model

    old, model = built(), built()
    old.save(tmp_path / "old.h5")
    assert run("migrate", tmp_path / "old.h5", "--to", tmp_path / "a" / "model.ckpt") == 2
    exec(capsys.readouterr().err.splitlines()[-1].strip())
    loaded = keras.models.load_model(tmp_path / "old.keras")
    assert np.array_equal(loaded.get_weights()[0], old.get_weights()[0])
    assert model is not old
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(str(tmp_path / "tf2"))
    assert run("migrate", tmp_path / "tf2", "--to", tmp_path / "a.keras") == 2
    assert f"model.load_weights('{tmp_path / 'tf2'}')" in capsys.readouterr().err
    model.export(tmp_path / "exported", verbose=False)
    assert run("migrate", tmp_path / "exported", "--to", tmp_path / "b.keras") == 2
    assert "tf_keras.models.load_model loads it" in capsys.readouterr().err


KIND = """
import sys
from pathlib import Path
from training.model_files import reading
print(reading.kind(Path(sys.argv[1]))[0], "tensorflow" in sys.modules)
"""


def test_what_a_file_is_is_found_without_tensorflow(v1: Path, tmp_path: Path) -> None:
    """Which is imported in silence later, and in half the time."""
    (tmp_path / "model.keras").touch()
    assert python(KIND, str(tmp_path / "model.keras")) == "keras False\n"
    assert python(KIND, str(v1)) == "checkpoint False\n"
