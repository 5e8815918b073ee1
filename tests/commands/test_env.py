"""`tf1keras env` says what is there, and what is missing, without a network and without a trace."""

import json
import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import run, tf1keras


def report(capsys: pytest.CaptureFixture[str]) -> dict:
    assert run("env", "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_report_says_what_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    monkeypatch.setenv("SOME_TOKEN", "secret")
    found = report(capsys)
    for package in ("tensorflow", "keras", "numpy", "tensorflow-datasets", "mnist-tf1-keras"):
        assert found["packages"][package] == version(package)
    assert found["cores"] == os.cpu_count()
    assert found["devices"] == [device.name for device in tf.config.list_physical_devices()]
    assert found["onednn"] is (os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1")
    assert found["variables"]["MNIST_DIR"] == str(tmp_path)
    assert "secret" not in json.dumps(found)
    data = found["data"]
    assert {"mnist_5k", "digits", "mnist", "emnist/digits", "MNIST_DIR"} <= set(data)
    for name in ("mnist_5k", "digits"):
        assert Path(data[name].removeprefix("embedded, ")).is_file()


@pytest.mark.skipif(
    not Path("/proc/cpuinfo").is_file(), reason="only Linux tells a processor's vectors"
)
def test_processors_of_one_name_are_told_apart_by_their_vectors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """NumPy asks the processor itself."""
    found = {*np.show_config(mode="dicts")["SIMD Extensions"]["found"]}
    widest = [("AVX-512", {"X86_V4", "AVX512F"}), ("AVX2", {"X86_V3", "AVX2"})]
    vectors = [name for name, of in widest if of & found][:1]
    assert report(capsys)["cpu"].split(", ")[1:] == vectors


def test_report_says_which_data_are_prepared(tmp_path: Path) -> None:
    """In a process of its own: TensorFlow Datasets reads where its folder is only once."""
    environment = {"TFDS_DATA_DIR": str(tmp_path / "tfds"), "MNIST_DIR": str(tmp_path)}
    done = tf1keras("env", "--json", cwd=tmp_path, env=environment)
    data = json.loads(done.stdout)["data"]
    assert data["mnist"] == data["emnist/digits"] == "not prepared"
    assert "missing; expected the original files" in data["MNIST_DIR"]
    assert list(tmp_path.iterdir()) == []


def test_lines_hold_what_the_json_holds(capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys)
    assert run("env") == 0
    lines = capsys.readouterr().out.splitlines()
    shown = dict(line.split("  ", 1) for line in lines)
    assert shown["packages tensorflow"].strip() == found["packages"]["tensorflow"]
    assert shown["data mnist_5k"].strip() == found["data"]["mnist_5k"]
    singles = [value for value in found.values() if not isinstance(value, dict)]
    grouped = [value for value in found.values() if isinstance(value, dict)]
    assert len(lines) == len(singles) + sum(map(len, grouped))


def test_a_broken_installation_is_reported_not_fatal(tmp_path: Path) -> None:
    """Packages that cannot be imported, such as a reader of the article may have them."""
    for package in ("tensorflow", "etils"):
        missing = f"raise ModuleNotFoundError(\"No module named '{package}'\")\n"
        (tmp_path / f"{package}.py").write_text(missing)
    done = tf1keras("env", "--json", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "No module named 'tensorflow'" in found["devices"]
    assert "No module named 'etils'" in found["data"]["mnist"]
    assert found["packages"]["tensorflow"] == version("tensorflow")
    assert done.stderr == ""
