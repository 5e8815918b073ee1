"""Two processes at once: each run has a name of its own, and a lock from its begin to its end."""

import fcntl
import os
from pathlib import Path

import pytest

from training.errors import UserError
from training.runs import folders, names
from training.runs.state_file import STATE
from training.runs.sums import SUMS


def in_another_process() -> str:
    """Return the name that another process chooses for its run."""
    reading, writing = os.pipe()
    if not os.fork():
        os.write(writing, os.fsencode(names.choose("bench", None)))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        name = answer.read()
    os.wait()
    return os.fsdecode(name)


def test_two_runs_of_one_second_have_two_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = [in_another_process() for _ in range(3)]
    assert len({*chosen, str(names.choose("bench", None))}) == 4


def refused(final: Path, said: str) -> None:
    with pytest.raises(UserError, match=said), folders.begin(final):
        raise AssertionError("must not be reached")


def test_the_second_of_two_is_refused_before_it_has_done_anything(tmp_path: Path) -> None:
    """As two that are to be called the same; none is refused after it has measured for hours."""
    with folders.begin(tmp_path / "run") as folder:
        refused(tmp_path / "run", "in use by another process")
        (folder / "bench.json").write_text("measured")
    assert (tmp_path / "run" / "bench.json").read_text() == "measured"
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"bench.json", SUMS}


def test_a_run_is_locked_until_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may begin in its folder just before it gets its name, or take it just after."""
    final, rename, looked = tmp_path / "run", os.replace, []

    def looking(part: Path, path: Path) -> None:
        refused(final, "in use by another process")
        rename(part, path)
        descriptor = os.open(path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
        looked.append(path)

    monkeypatch.setattr(os, "replace", looking)
    with folders.begin(final) as folder:
        (folder / "results.json").touch()
    assert looked == [final]
    refused(final, "exists already")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_killed_run_that_has_saved_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    """Nothing can be gone on from; what has been saved, or is not ours, stays."""
    folder = tmp_path / "run.unfinished"
    folder.mkdir()
    assert names.choose("bench", tmp_path / "run") == tmp_path / "run"
    (folder / "config.json").touch()
    (folder / "bench.png").touch()
    assert names.choose("bench", tmp_path / "run") == tmp_path / "run"
    with folders.begin(tmp_path / "run"):
        assert not (folder / "bench.png").exists()
    for name in (STATE, "letters.txt"):
        folder = tmp_path / f"{name}.unfinished"
        folder.mkdir()
        (folder / name).touch()
        with pytest.raises(UserError, match="remove it"):
            names.choose("bench", tmp_path / name)


def test_a_run_folder_is_nobody_elses_where_the_umask_says_so(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with folders.begin(tmp_path / "deep" / "run") as folder:
            (folder / "results.json").touch()
    finally:
        os.umask(before)
    for path in (tmp_path / "deep").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
