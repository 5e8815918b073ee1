"""Killed at a system call: the run ends with the bits of one that nobody disturbs, or is not there.

strace counts the calls of an undisturbed run, and kills another as it makes one of them; every
other time it kills the `resume` of that, too.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from keras_models import article
from tests.conftest import ROOT
from tests.finetuning.test_saved_progress import assert_same_run
from tests.promises.faults import test_killed, test_killed_tables
from tests.promises.faults.test_killed import start
from training.machine.files import read_json
from training.runs import names, sums

CALLS = (
    "mkdir,rmdir,openat,close,write,ftruncate,fsync,flock,rename,renameat,renameat2,unlink,unlinkat"
)
STRACE = ["strace", "-f", "-qq", "-o"]
KILLS = 10
"""Of each command; five are fifty."""
KILLED = -9

Same = Callable[[Path, Path], None]


def same_files(ours: Path, theirs: Path) -> None:
    """What migrate writes: one file, or those of a checkpoint."""
    for file in theirs.parent.glob(f"{theirs.name}*"):
        assert ours.with_name(file.name).read_bytes() == file.read_bytes(), file


def same_measured(ours: Path, theirs: Path) -> None:
    """Times are never the same."""
    a, b = (read_json(folder / "bench.json")["rows"]["50"] for folder in (ours, theirs))
    assert {peer: of.keys() for peer, of in a.items()} == {
        peer: of.keys() for peer, of in b.items()
    }
    assert {path.name for path in ours.iterdir()} == {path.name for path in theirs.iterdir()}


def traced(folder: Path, words: Sequence[object], *expressions: str) -> int:
    """Run a command under strace; return its exit status, -9 where it was killed."""
    how = [word for expression in expressions for word in ("-e", expression)]
    program = [*STRACE, str(folder / "calls"), *how, sys.executable, "-m", "training"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*program, *map(str, words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in (0, KILLED, 128 + signal.SIGKILL), done.stderr
    return done.returncode


def calls(log: Path) -> list[tuple[str, int]]:
    """Return (call, its number among those of its name), from the first that a run folder is in."""
    found, counted, begun = [], Counter[str](), False
    lines = log.read_text(errors="replace").splitlines()
    process = lines[0].split()[0]
    for line in lines:
        call = re.match(rf"{process} +(\w+)\(", line)
        if call:
            counted[call[1]] += 1
            begun = begun or names.UNFINISHED in line
            if begun:
                found.append((call[1], counted[call[1]]))
    return found


def is_there(final: Path) -> bool:
    """A run folder that is done, or a checkpoint's index."""
    return final.exists() or final.with_name(f"{final.name}.index").exists()


@pytest.mark.soak
@pytest.mark.skipif(not shutil.which("strace"), reason="strace counts the calls and kills at one")
@pytest.mark.parametrize(
    ("command", "same"),
    [
        ("compare --data digits --epochs 12 --lanes tf1 numpy --save-every 1", test_killed.same),
        (
            "ablate --data digits --epochs 6 --causes epsilon --save-every 1",
            test_killed_tables.same,
        ),
        ("finetune source.keras --data digits --shots 2 --epochs 2", assert_same_run),
        ("migrate source.keras", same_files),
        ("bench --rows 50 --rounds 1 --peers numpy", same_measured),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_killed_at_any_system_call_it_ends_as_if_undisturbed(
    command: str, same: Same, tmp_path: Path
) -> None:
    article.build("exact", seed=1).save(tmp_path / "source.keras")
    option, name = ("--to", "a.ckpt") if command.startswith("migrate") else ("--out", "run")

    def words(final: Path) -> list[object]:
        """To go on with what is saved of a run, or to begin it."""
        if names.saved(names.unfinished(final)):
            return ["resume", final]
        return [*command.split(), option, final]

    whole = tmp_path / "whole" / name
    assert traced(tmp_path, words(whole), f"trace={CALLS}") == 0
    moments, possible = random.Random(7), calls(tmp_path / "calls")
    kinds = sorted({kind for kind, _ in possible})
    kills, runs = 0, 0
    while kills < KILLS:
        final, runs = tmp_path / str(runs) / name, runs + 1
        for _ in range(1 + runs % 2):
            if is_there(final):
                break
            kind = moments.choice(kinds)
            number = moments.choice([one for other, one in possible if other == kind])
            at = f"inject={kind}:signal=KILL:when={number}"
            kills += traced(tmp_path, words(final), f"trace={kind}", at) != 0
            print(f"{command.split()[0]} {kind} {number}: {kills} kills of {runs} runs", flush=True)
        if not is_there(final):
            process = start(tmp_path, *words(final))
            assert process.wait(600) == 0, process.communicate()[1]
        for state in names.saved(final):  # killed after it had its name
            if not sums.has(final, state.name):
                state.unlink()
        same(final, whole)
