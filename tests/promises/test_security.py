"""Files from strangers run no code, unpack nothing outside, and nobody is listened to."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import keras_models
from tests.conftest import ROOT, run
from training.data.containers.names import SPLIT
from training.errors import UserError
from training.model_files import reading

PACKAGES = ("tf1_compat", "keras_models", "training")

NEVER = [
    *(r"pickle", r"\beval\(", r"\bexec\(", r"allow_pickle=True", r"safe_mode=False"),
    *(r"shell=True", r"yaml\.load\(", r"tempfile\.mktemp", r"os\.system", r"\bmarshal\b"),
    *(r"np\.load\(", r"load_weights\(path", r"torch\.load"),
]
"""What can run, or write, what a file says."""

EXCEPT = {
    (
        "training/experiments/tf115_loop.py",
        r"np\.load\(",
    ): "arrays that the bench wrote, allow_pickle=False",
    ("training/experiments/tf115_loop.py", "pickle"): "the same",
    ("training/data/npz.py", "pickle"): "says that pickles are refused",
    ("training/model_files/pair.py", "exec_module"): "runs the user's own PAIR.py, as `check` says",
    (
        "keras_models/writing/module.py",
        r"\bexec\(",
    ): "source that it wrote itself; of a file it has numbers, and names as quoted text",
    ("training/model_files/reading.py", "load_model"): "in Keras' safe mode, which is enforced",
    ("tf1_compat/meta/serving.py", "load_model"): "says how users load what is not read here",
}
"""(file, word) -> why it may stand there."""


def test_nothing_that_runs_what_a_file_says() -> None:
    found = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for pattern in [*NEVER, "exec_module", "load_model"]:
                if re.search(pattern, text):
                    found.add((str(file.relative_to(ROOT)), pattern))
    assert found == set(EXCEPT)


def compiled(layers: list[Any], inputs: int = 784) -> keras.Model:
    model = keras.Sequential([keras.Input([inputs]), *layers])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    return model


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """The file that malicious code would make."""
    return tmp_path / "marker"


@pytest.fixture(params=[False, True], ids=["safe", "user-enabled-unsafe"])
def _unsafe(request: pytest.FixtureRequest) -> Iterator[None]:
    """Also where the user has called keras.config.enable_unsafe_deserialization()."""
    from keras.src.saving.serialization_lib import SafeModeScope

    with SafeModeScope(None):
        if request.param:
            keras.config.enable_unsafe_deserialization()
        yield


def refused(file: Path, marker: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Give `file` to every command that takes one; return the last message."""
    new = file.with_name("new")
    for command in (
        ["migrate", file, "--to", new / "model.ckpt"],
        ["resume", file, "--epochs", 1, "--out", new],
        ["finetune", file, "--out", new],
        ["predict", file, ROOT / "examples" / "seven.png"],
    ):
        capsys.readouterr()
        assert run(*command) == 2
        message = capsys.readouterr().err
        assert str(file) in message
        assert "Traceback" not in message
        assert not marker.exists(), "its code was run"
        assert not new.exists()
    return message


@pytest.mark.usefixtures("_unsafe")
def test_lambda_layer_is_refused_and_not_run(
    tmp_path: Path, marker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python code in the file, marshalled; loaded carelessly, it makes the marker."""
    path = str(marker)

    def evil(x: Any) -> Any:
        open(path, "w").close()
        return x

    layers = [keras.layers.Lambda(evil), keras.layers.Dense(10)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evil, "__name__", "<lambda>")  # or Keras saves only its name
        compiled(layers).save(tmp_path / "a.keras")
    assert marker.exists()  # it ran when the model was built
    marker.unlink()
    assert "Lambda" in refused(tmp_path / "a.keras", marker, capsys)
    with keras.src.saving.serialization_lib.SafeModeScope(False):
        keras.saving.load_model(tmp_path / "a.keras")
    assert marker.exists(), "the file would do no harm, so this test shows nothing"


def change(file: Path, change_config: Callable[[Any], None]) -> None:
    """Rewrite config.json in a `.keras` file."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change_config(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(.*)*", "a*a*a*a*b"])
def test_no_pattern_is_searched_for_ever(pattern: str, tmp_path: Path) -> None:
    """A MultiOptimizer's, which Keras holds against each variable's path."""
    model = compiled([keras.layers.Dense(10, name="a" * 40)])
    chosen = keras.optimizers.OptimizerMap(keras.optimizers.SGD(), {"none": keras.optimizers.SGD()})
    model.compile(keras.optimizers.MultiOptimizer(chosen), model.loss)
    model.save(tmp_path / "a.keras")
    assert reading.load_keras(tmp_path / "a.keras").compiled

    def alter(config: Any) -> None:
        optimizer = config["compile_config"]["optimizer"]["config"]
        held = optimizer["optimizer_map"]["config"]["optimizer_map"]
        held[pattern] = held.pop("none")

    change(tmp_path / "a.keras", alter)
    with pytest.raises(UserError, match="is no pattern of variables' paths"):
        reading.load_keras(tmp_path / "a.keras")


@pytest.mark.parametrize(
    ("module", "name", "registered"),
    [
        ("os", "system", None),
        ("posix", "system", "system"),
        ("subprocess", "Popen", None),
        ("builtins", "eval", None),
        ("builtins", "exec", "exec"),
        ("training.machine.files", "write_json", None),
        ("keras.utils", "get_file", None),
        ("keras.src.utils.file_utils", "get_file", None),
        ("keras.layers", "TFSMLayer", None),
        ("keras.layers", "TorchModuleWrapper", None),
        ("keras.config", "enable_unsafe_deserialization", None),
        ("keras.config", "set_backend", None),
        ("keras.datasets.mnist", "load_data", None),
        ("builtins", "deserialize", None),
    ],
)
@pytest.mark.usefixtures("_unsafe")
def test_configuration_that_names_anything_but_a_layer_is_refused(
    module: str,
    name: str,
    registered: str | None,
    tmp_path: Path,
    marker: Path,
) -> None:
    """As an activation, and as a layer."""
    shell = f"touch {marker}"

    def as_activation(config: Any) -> None:
        config["config"]["layers"][1]["config"]["activation"] = {
            "module": module,
            "class_name": "function",
            "config": name,
            "registered_name": registered or name,
        }

    def as_layer(config: Any) -> None:
        config["config"]["layers"][1] |= {
            "module": module,
            "class_name": name,
            "registered_name": registered,
            "config": {"command": shell, "args": shell, "filepath": shell, "module": shell},
        }

    file = tmp_path / "a.keras"
    # A layer's name as an activation is a name only: nothing is made of it when it is loaded.
    for changed in [as_layer] if module == "keras.layers" else [as_activation, as_layer]:
        compiled([keras.layers.Dense(10)]).save(file)
        change(file, changed)
        with pytest.raises(UserError, match="cannot load"):
            reading.load_keras(file)
        assert not marker.exists()


@pytest.mark.parametrize(
    "name", ["../escaped", "assets/../../escaped", "/tmp/tf1keras-escaped", "assets\\..\\..\\e"]
)
def test_archive_that_would_write_outside_is_refused(
    name: str, tmp_path: Path, marker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in" / "a.keras"
    file.parent.mkdir()
    compiled([keras.layers.Dense(10)]).save(file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "escaped")
    assert "leads out of its folder" in refused(file, marker, capsys)
    assert not (tmp_path / "escaped").exists()
    assert not Path("/tmp/tf1keras-escaped").exists()


def test_npz_is_never_unpacked_to_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    monkeypatch.chdir(inside)
    np.savez("a.npz", **{key: np.zeros(3, np.uint8) for key in SPLIT[0]})
    with zipfile.ZipFile("a.npz", "a") as archive:
        archive.writestr("../escaped.npy", b"escaped")
    assert run("data", "npz:a.npz") == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.npz"]


class Evil:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (str(self.path), "w")


def test_pickle_in_an_npz_is_not_loaded(
    tmp_path: Path, marker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = {key: np.zeros(3, np.uint8) for key in SPLIT[0]}
    evil = np.empty(1, object)
    evil[0] = Evil(marker)
    np.savez(tmp_path / "a.npz", **arrays | {"x_train": evil})
    assert run("data", f"npz:{tmp_path / 'a.npz'}") == 2
    assert "pickled objects, which are never loaded" in capsys.readouterr().err
    assert not marker.exists()
    with np.load(tmp_path / "a.npz", allow_pickle=True) as careless:
        careless["x_train"]
    assert marker.exists(), "the file would do no harm, so this test shows nothing"


@pytest.mark.parametrize("how", ["external", "link", "virtual"])
def test_weights_that_point_to_another_file_are_refused(
    how: str, tmp_path: Path, marker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """HDF5 can take numbers from any file of this machine."""
    secret = tmp_path / "secret"
    secret.write_bytes(np.arange(7840, dtype=np.float32).tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["kernel"] = np.zeros((784, 10), np.float32)
    file, weights = tmp_path / "a.keras", tmp_path / "model.weights.h5"
    compiled([keras.layers.Dense(10)]).save(file)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights.write_bytes(members["model.weights.h5"])
    with h5py.File(weights, "a") as held:
        variables = held["layers/dense/vars"]
        del variables["0"]
        if how == "external":
            outside = [(str(secret), 0, h5py.h5f.UNLIMITED)]
            variables.create_dataset("0", (784, 10), np.float32, external=outside)
        elif how == "link":
            variables["0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/kernel")
        else:
            layout = h5py.VirtualLayout((784, 10), np.float32)
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "kernel", (784, 10))
            variables.create_virtual_dataset("0", layout)
    members["model.weights.h5"] = weights.read_bytes()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    refused(file, marker, capsys)


def test_commands_that_run_the_users_code_say_so(
    tmp_path: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = tmp_path / "pair.py"
    pair.write_text("")
    for command in (
        ["check", pair],
        ["migrate", article, "--to", tmp_path / "a.keras", "--pair", pair],
    ):
        assert run(*command) == 2
        assert f"running the code in {pair}" in capsys.readouterr().err
        with pytest.raises(SystemExit):
            run(command[0], "--help")
        assert "RUNS THE CODE" in capsys.readouterr().out


LISTENING = """
import sys
from pathlib import Path
from training import cli

def heard(event, arguments):
    if event == "socket.bind" and arguments[1][:2] == ("::1", 0):
        return  # urllib3 tries out at import whether there is IPv6; nobody listens
    if event in ("socket.bind", "socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(heard)
assert cli.main(["compare", "--epochs", "2", "--out", sys.argv[1]]) == 0
assert cli.main(["bench", "--rows", "20", "--rounds", "1", "--peers", "exact"]) == 0
inodes = {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
for table in ("tcp", "tcp6", "udp", "udp6"):
    for line in Path("/proc/self/net", table).read_text().splitlines()[1:]:
        assert f"socket:[{line.split()[9]}]" not in inodes, line
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="sockets are read from /proc")
def test_no_socket_is_opened(tmp_path: Path) -> None:
    """Neither by Python (its audit events) nor by TensorFlow (the process's own sockets)."""
    command = [sys.executable, "-c", LISTENING, str(tmp_path / "run")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_keras_files_of_this_project_still_load(tmp_path: Path) -> None:
    for lane in ("exact", "idiomatic"):
        keras_models.article.build(lane).save(tmp_path / f"{lane}.keras")
        assert reading.load_keras(tmp_path / f"{lane}.keras").compiled


@keras.saving.register_keras_serializable("mine")
class Odd(keras.layers.Layer):
    """A layer of the caller's, with a variable that cannot be put off."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.ones = keras.Variable(np.ones(16, np.float32))

    def call(self, x: Any) -> Any:
        return x * self.ones


@pytest.mark.parametrize("own", [False, True])
def test_models_of_any_parts_of_keras_or_the_callers_still_load(own: bool, tmp_path: Path) -> None:
    """One within another, operations on numbers, a schedule, a loss and a metric by name."""
    inner = compiled([keras.layers.Dense(16, keras.ops.tanh, kernel_regularizer="l2")])
    inputs = keras.Input([784])
    x = keras.ops.reshape(inner(inputs) * np.arange(16, dtype=np.float32), [-1, 4, 4])[:, 1:]
    x = keras.layers.Activation(keras.activations.swish)(keras.layers.LSTM(16)(x))
    model = keras.Model(inputs, Odd()(x) if own else x)
    rate = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(keras.optimizers.Adam(rate), keras.losses.mean_squared_error, ["accuracy"])
    model.save(tmp_path / "a.keras")
    rows = np.ones((2, 784), np.float32)
    assert np.array_equal(reading.load_keras(tmp_path / "a.keras")(rows), model(rows))
