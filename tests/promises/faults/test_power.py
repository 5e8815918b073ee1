"""A power failure: what a run has said to be saved, or done, is there after it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from keras_models import article
from tests.conftest import run
from tests.support.power import Disk
from tests.support.states import held
from training.runs.saver import Saver
from training.runs.state_file import Reached

COMPARE = ["compare", "--data", "digits", "--epochs", 6, "--lanes", "tf1", "numpy"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run that nothing disturbs; and what a power failure just after it leaves of its folder."""
    root = tmp_path_factory.mktemp("whole")
    disk = Disk(root)
    with disk.watched():
        assert run(*COMPARE, "--out", root / "deep" / "run") == 0
    disk.after_power_failure(root / "left")
    return root / "deep" / "run", root / "left" / "deep"


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_run_that_is_done_is_there_whole(whole: tuple[Path, Path]) -> None:
    done, left = whole
    assert [path.name for path in left.iterdir()] == ["run"]
    assert content(left / "run") == content(done)
    assert len(content(done)) > 10


@pytest.mark.parametrize("moment", ["after a save", "before the end"])
def test_a_run_that_is_not_done_goes_on_from_what_it_saved(
    moment: str, whole: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power fails after the second save, or just before the run gets its name."""
    disk = Disk(tmp_path)
    after_epoch, replace = Saver.after_epoch, os.replace

    class Failure(BaseException):
        pass

    def fail() -> None:
        disk.after_power_failure(tmp_path / "left")
        raise Failure

    def saves(saver: Saver, last: int, reached: Callable[[], Reached]) -> None:
        after_epoch(saver, last, reached)
        if last == 1 and moment == "after a save":
            fail()

    def renames(part: Path, path: Path) -> None:
        if part.is_dir():
            fail()
        replace(part, path)

    monkeypatch.setattr(Saver, "after_epoch", saves)
    monkeypatch.setattr(os, "replace", renames)
    with disk.watched(), pytest.raises(Failure):
        run(*COMPARE, "--save-every", 1, "--out", tmp_path / "run")
    monkeypatch.undo()
    left = tmp_path / "left" / "run"
    assert [path.name for path in left.parent.iterdir()] == ["run.unfinished"]
    assert run("resume", left) == 0
    assert held(left) == held(whole[0])
    for name in ("history.csv", "parity.json"):
        assert (left / name).read_bytes() == (whole[0] / name).read_bytes(), name


@pytest.mark.parametrize("to", ["a.keras", "a.ckpt"])
def test_a_migrated_model_is_there_whole(to: str, whole: tuple[Path, Path], tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    source = whole[0] / "tf1"
    if to.endswith(".ckpt"):
        source = tmp_path / "source.keras"
        article.build("exact", seed=1).save(source)
    with disk.watched():
        assert run("migrate", source, "--to", tmp_path / "deep" / to) == 0
    disk.after_power_failure(tmp_path / "left")
    left, there = content(tmp_path / "left" / "deep"), content(tmp_path / "deep")
    assert len(there) == (3 if to.endswith(".ckpt") else 1)
    assert {name: left[name] for name in there} == there
    assert all(name.startswith(".unfinished-") for name in left.keys() - there.keys())
