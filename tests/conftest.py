"""What tests share: digits, golden numbers, and the command line, run for real."""

import gc
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings

from training.machine import startup

startup.import_tensorflow()

from tests.support import tf115  # noqa: E402
from tf1_compat.program import Program  # noqa: E402
from training import cli, data  # noqa: E402
from training.data import Digits  # noqa: E402

settings.register_profile("any machine", deadline=None)  # a slow one is no failure
settings.load_profile("any machine")

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parent.parent
COMMAND = Path(sys.executable).with_name("tf1keras")
"""As it is installed."""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def beside_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that has a folder "full" with a file in it; return it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("kept")
    return tmp_path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, a slow test counted as forty: no worker ends long after."""
    weight: Counter[Path] = Counter()
    for item in items:
        weight[item.path] += 40 if item.get_closest_marker("slow") else 1
    items.sort(key=lambda item: -weight[item.path])  # stable: within a file the order stays


def pytest_collection_finish() -> None:
    """Look for no garbage among modules and tests, which stay: once is enough."""
    gc.collect()
    gc.freeze()


def tf1keras(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the installed command `tf1keras`, away from the sources, without TensorFlow variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    clean.pop("MNIST_DIR", None)
    return subprocess.run(
        [str(COMMAND), *arguments],
        cwd=cwd,
        env=clean | (env or {}),
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )


def python(code: str, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Run `code` in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | (env or {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def digits() -> Digits:
    return data.load("mnist_5k")


@pytest.fixture(scope="session")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of plain `tf1keras compare`: 1000 epochs, seed 1234, mnist_5k, three lanes.

    Trained once, however many workers pytest has: their own folders lie side by side in one.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "default"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "stdout").is_file():
            done = tf1keras("compare", "--out", str(folder / "run"), cwd=folder)
            assert done.returncode == 0, done.stderr
            (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    return folder / "run"


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder of the four original MNIST files; skips where MNIST_DIR does not name it."""
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("all of MNIST is not here: MNIST_DIR=DIR names the folder of its four files")
    return Path(folder).resolve()


def run(*arguments: object) -> int:
    """Run the command line in this process; return its exit status."""
    return cli.main([str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def page_run(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of five epochs on data whose name is markup, for its page."""
    here = tmp_path_factory.mktemp("page")
    data = here / "<script>alert(1)</script>.npz"  # a folder, and a file in it
    data.parent.mkdir()
    rows = [pixels for split in digits_as_bytes(digits) for pixels in split]
    np.savez(data, **dict(zip(("x_train", "y_train", "x_test", "y_test"), rows, strict=True)))
    folder = here / "run"
    assert run("compare", "--data", f"npz:{data}", "--epochs", 5, "--out", folder) == 0
    return folder


def digits_as_bytes(digits: Digits) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pixels [N, 28, 28] and labels of both splits, every fourth row."""
    return [
        (
            np.rint(split.x[::4] * 255).astype(np.uint8).reshape(-1, 28, 28),
            split.labels[::4].astype(np.uint8),
        )
        for split in (digits.train, digits.test)
    ]


@pytest.fixture(scope="session")
def article(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Saver checkpoint of the article's graph after 12 updates on all of mnist_5k."""
    program = Program(digits.train.x, digits.train.y, seed=1234)
    for _ in range(12):
        program.step()
    folder = tmp_path_factory.mktemp("article")
    program.save(folder)
    return folder / "tf1" / "model.ckpt"


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of every update rule, and where training on leads."""
    folder = tmp_path_factory.mktemp("rules")
    for rule in tf115.RULES:
        (folder / rule).mkdir()
    tf115.write_rules(str(folder))
    return folder


def write_idx(folder: Path, arrays: Sequence[Any], gz: bool = False) -> None:
    """Write train images, train labels, test images, test labels as IDX files."""
    import gzip

    names = (
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(names, arrays, strict=True):
        header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
        content = header + array.tobytes()
        if gz:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
