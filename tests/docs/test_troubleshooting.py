"""docs/do/troubleshooting.md and its Chinese twin show messages as users see them: made here."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import keras_models
from tests.command_line.test_parse import status
from tests.conftest import ROOT, tf1keras
from tests.support.docs_pages import code_blocks

PAGES = ["do/troubleshooting.md", "zh-CN/do/troubleshooting.md"]


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def shown(page: str) -> dict[str, str]:
    """The messages on the page, by name: in English on both, as the programs print them."""
    return dict(re.findall(r"<!-- message: (\w+) -->\n```text\n(.*?)```", text(page), re.DOTALL))


SHOWN = shown(PAGES[0])


def python(code: str, folder: Path, **env: str) -> str:
    """What a script leaves on standard error."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean | env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


def broken(folder: Path, package: str) -> str:
    """A folder for PYTHONPATH in which `package` is as if it were not installed."""
    text = f"raise ModuleNotFoundError(\"No module named '{package}'\")\n"
    (folder / f"{package}.py").write_text(text)
    return str(folder)


def without_an_index(folder: Path) -> str:
    options = ["--no-index", "--no-deps", "--isolated", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, "tensorflow>=2.21"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def without_a_python(folder: Path) -> str:
    command = ["make", "install", "PYTHON=", f"VENV={folder / 'venv'}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stderr


def offline(folder: Path) -> str:
    proxy = "http://127.0.0.1:9"
    env = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
    env["TFDS_DATA_DIR"] = str(folder / "tfds")
    return tf1keras("compare", "--data", "mnist", cwd=folder, env=env).stderr


ATTEMPTS = """
import traceback
import tensorflow as tf, keras
for attempt in (
    lambda: tf.placeholder(tf.float32, [None, 784]),
    lambda: tf.compat.v1.placeholder(tf.float32, [None, 784]),
    lambda: tf.compat.v1.layers.dense(tf.zeros([1, 2]), 3),
    lambda: tf.ones([2**20, 2**20]),
    lambda: keras.models.load_model("exact.keras"),
):
    try:
        attempt()
    except Exception:
        traceback.print_exc()
"""


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a user's own script leaves on standard error, in one process for all of it."""
    folder = tmp_path_factory.mktemp("attempts")
    keras_models.article.build("exact").save(folder / "exact.keras")
    return python(ATTEMPTS, folder)


IN_PROCESS = {
    "gpu": ["compare", "--device", "gpu"],
    "originals": ["compare", "--data", "mnist", "--manual-dir", "full"],
    "nan": ["compare", "--learning-rate", "1e30", "--epochs", "5"],
    "exists": ["compare", "--out", "full"],
    "jax": ["compare", "--lanes", "keras-jax"],
}
IN_ANOTHER: dict[str, Callable[[Path], str]] = {
    "python": without_a_python,
    "index": without_an_index,
    "importlib_resources": lambda folder: python(
        "import tensorflow_datasets; tensorflow_datasets.load('mnist')",
        folder,
        PYTHONPATH=broken(folder, "importlib_resources"),
        TFDS_DATA_DIR=str(folder),
    ),
    "download": offline,
}
IN_A_SCRIPT = ["placeholder", "eager", "layers", "noise", "memory", "load"]


def assert_said(name: str, produced: str) -> None:
    """Every line that is shown was said; `...` in it is whatever stood there."""
    said = produced.splitlines()
    for line in SHOWN[name].splitlines():
        pattern = ".*".join(re.escape(part.strip()) for part in line.split("..."))
        assert any(re.search(pattern, one) for one in said), (line, produced[-2000:])


@pytest.mark.usefixtures("beside_full")
@pytest.mark.parametrize("name", IN_PROCESS)
def test_our_own_message_is_as_shown(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "gpu" and tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    if name == "jax":
        monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    assert status(IN_PROCESS[name]) == 2
    assert_said(name, capsys.readouterr().err)


@pytest.mark.parametrize("name", IN_ANOTHER)
def test_message_of_another_program_is_as_shown(name: str, tmp_path: Path) -> None:
    assert_said(name, IN_ANOTHER[name](tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_A_SCRIPT)
def test_message_in_a_script_is_as_shown(name: str, attempts: str) -> None:
    if name == "noise" and tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    assert_said(name, attempts)


@pytest.mark.parametrize("page", PAGES)
def test_every_message_is_made_here(page: str) -> None:
    assert set(SHOWN) == {*IN_PROCESS, *IN_ANOTHER, *IN_A_SCRIPT}
    assert shown(page) == SHOWN
    assert text(page).count("```text\n") == len(SHOWN)


@pytest.mark.parametrize("page", PAGES)
def test_the_listing_in_a_graph_of_its_own_runs(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = code_blocks(text(page), "python")
    exec(code, {})
    assert capsys.readouterr().out == f"{np.zeros([1, 10], np.float32)}\n"
    assert tf.executing_eagerly()
