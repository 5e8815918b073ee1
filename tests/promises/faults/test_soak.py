"""20,000 epochs at a stretch: no memory and no file is kept, and no bit depends on the stretch."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, run
from tests.support.losses import read_csv
from tests.support.states import held
from training.runs.state_file import STATE

EPOCHS, PARTS = 20_000, 20
OPTIONS = ["--data", "digits", "--lanes", "tf1", "exact", "idiomatic"]


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 2**10


@pytest.mark.soak
def test_twenty_thousand_epochs(tmp_path: Path) -> None:
    """Memory within 2% from a tenth of the way on, files not one more, bits those of 20 x 1,000."""
    words = ["compare", *OPTIONS, "--epochs", str(EPOCHS), "--out", "whole"]
    process = subprocess.Popen(
        [sys.executable, "-m", "training", *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    memory, files = [], []
    state = tmp_path / "whole.unfinished" / STATE
    while process.poll() is None:
        if state.exists():
            memory.append(resident_mb(process.pid))
            files.append(len(os.listdir(f"/proc/{process.pid}/fd")))
        time.sleep(1)
    assert process.returncode == 0
    ready = len(memory) // 10
    steady, steady_files = memory[ready:-5], files[ready:-5]  # at the end a page is written
    print(f"MB {min(steady):.0f} to {max(steady):.0f}, files {set(steady_files)}")
    assert len(steady) > 50
    assert max(steady) <= 1.02 * steady[0]
    half = len(steady_files) // 2
    first, second = (statistics.median(of) for of in (steady_files[:half], steady_files[half:]))
    assert first == second  # some more while it saves
    assert run("compare", *OPTIONS, "--epochs", EPOCHS // PARTS, "--out", tmp_path / "1") == 0
    for part in range(2, PARTS + 1):
        more = ["--epochs", EPOCHS // PARTS, "--out", tmp_path / str(part)]
        assert run("resume", tmp_path / str(part - 1), *OPTIONS, *more) == 0
    whole = read_csv(tmp_path / "whole" / "history.csv")
    for lane, losses in whole.items():
        parts = [
            read_csv(tmp_path / str(part) / "history.csv")[lane] for part in range(1, PARTS + 1)
        ]
        assert np.concatenate(parts).tobytes() == losses.tobytes(), lane
    one, other = held(tmp_path / "whole"), held(tmp_path / "20")
    for name in one:
        if not name.startswith(("losses", "first")):
            assert one[name] == other[name], name
