"""The house: imports go down, no circle, few files in a room, the same name in every room."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from training.commands import table

PACKAGES = ("tf1_compat", "keras_models", "training")


def contracts(root: Path) -> tuple[int, str]:
    """The exit status of `lint-imports` and what it says."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "turned", "broken"),
    [
        ("training/errors.py", "", None),
        ("training/parity/bits.py", "from training import cli", "go down the house"),
        ("training/lanes/loop.py", "def f():\n    import training.commands.table", "go down"),
        ("keras_models/article.py", "from training import errors", "go down the house"),
        ("training/runs/folders.py", "from training.runs import session", "No circle"),
        ("tf1_compat/state.py", "import keras", "knows neither Keras nor"),
    ],
)
def test_contract_is_kept_until_one_import_is_turned_round(
    file: str, turned: str, broken: str | None, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package)
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{turned}\n")
    status, said = contracts(tmp_path)
    assert status == (0 if broken is None else 1), said
    if broken:
        assert any(broken in line for line in said.splitlines() if line.endswith(" BROKEN"))


def tracked(folder: str) -> list[Path]:
    """The files that git knows in a folder; those of a copy without git, but for caches."""
    found = subprocess.run(
        ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        return [ROOT / line for line in found.stdout.splitlines()]
    return [path for path in (ROOT / folder).rglob("*.*") if "__pycache__" not in path.parts]


def test_no_room_is_crowded() -> None:
    for folder in (*PACKAGES, "tests", "docs"):
        rooms: dict[Path, int] = {}
        for file in tracked(folder):
            rooms[file.parent] = rooms.get(file.parent, 0) + 1
        few = {ROOT / "training": 5}
        assert {room: n for room, n in rooms.items() if n > few.get(room, 16)} == {}


def test_a_command_has_the_same_name_in_every_room() -> None:
    for name, options in table.COMMANDS.items():
        assert options.__module__ == f"training.options.{name}"
        assert (ROOT / "training" / "commands" / f"{name}.py").is_file()
    rooms = {"commands": {"finetune_study"}, "options": {"shared", "limits", "lanes"}}
    for room, others in rooms.items():
        files = {path.stem for path in (ROOT / "training" / room).glob("[!_]*.py")}
        assert files - others - {"table"} == set(table.COMMANDS)
